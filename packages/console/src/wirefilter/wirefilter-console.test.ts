import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Markov } from '@vde-ts/impair'
import { bench } from '@vde-ts/impair/testing.js'
import type { PublishedEvent, Subscriber } from '../events.ts'
import { eventLine } from '../events.ts'
import type { WirefilterContext } from './context.ts'
import { wirefilterConsole } from './wirefilter-console.ts'

const test = suite('wirefilter console')

/** A console for a filter between memory; what its commands say. */
const talk = (more: Partial<WirefilterContext> = {}) => {
  const { world, link } = bench({}, { seed: 7, added: 2 })
  const states = new Markov(world.engine, link)
  const records = { path: null, start () {}, stop () {}, replay () {} }
  const context: WirefilterContext = {
    engine: world.engine, link, states, isOneWay: false, hasBits: false, blink: null, records, files: { readFile: () => '' }, ...more
  }
  const console = wirefilterConsole(context)
  const events: string[] = []
  const subscriber: Subscriber = { onEvent (event: PublishedEvent) { events.push(eventLine(event)) } }
  return { world, link, states, events, say: (line: string) => [...console.execute(line, subscriber)].join('') }
}

test('monodirectional showinfo, and values that reach one direction only', () => {
  const { say, link } = talk({ isOneWay: true })
  say('delay 5')
  say('loss RL7')
  assert.equal(say('showinfo').split('\n').slice(1, 15), [
    'WireFilter: monodirectional', 'Loss   0+0U', 'Lburst 0+0U', 'Delay  5+0U', 'Dup    0+0U', 'Bandw  0+0U', 'Speed  0+0U',
    'Noise  0+0U', 'MTU    0', 'Cap.   0+0U', 'Current Delay Queue size:   0', 'Fifoness TRUE', 'Waiting packets in delay queues 0', 'Seed 7'
  ])
  assert.equal([link.out.settings.delay.base, link.in.settings.delay.base, link.in.settings.loss.base], [5e6, 0, 0])
})

test('the start of a line chooses the command: delay100, but never a longer name cut short', () => {
  const { say, link } = talk()
  assert.is(say('delay100'), '1000 Success\n')
  assert.is(link.out.settings.delay.base, 100e6)
  assert.is(say('show --json').startsWith("0000 DATA END WITH '.'\n{"), true)
  assert.match(say('del'), /^1038 /)
})

test('set takes all words or none, in the current state', () => {
  const { say, link, states } = talk()
  assert.match(say('set delay=5ms rate=fast'), /^1022 /)
  assert.is(link.out.settings.delay.base, 0)
  assert.match(say('set delay=5ms out.loss=1% in.fifo=off'), /^1000 /)
  assert.equal([states.state(0).out.loss.base, link.in.settings.loss.base, link.in.isFifo], [1, 0, false])
})

test('changes of state are told to who asked, in the original form', () => {
  const { say, events } = talk()
  for (const line of ['markov-numnodes 2', 'markov-name 0,good', 'markov-name 1,bad', 'markov-setnode 1']) say(line)
  say('markov-debug 1')
  say('markov-setnode 0')
  say('markov-debug 0')
  say('markov-setnode 1')
  assert.equal(events, ['3800 Node 1 "bad" -> 0 "good"\n'])
})

for (const [line, code] of [
  ['delay 1e9', 1000], ['delay 1e10', 1022], ['delay 9e8+2e8', 1022], ['bandwidth 1e308g', 1022], ['loss 200', 1000],
  ['loss', 1022], ['loss garbage', 1022], ['markov-time 0', 1022], ['setedge 0,1', 1022], ['setedge 0,5,1', 1022], ['delay 3[9]', 1022],
  ['markov-name 0', 1022], ['RED 5,3,10,0', 1022], ['fifo', 1022], ['showinfo 9', 1022], ['setedge 0,0,50', 1000], ['record', 1022]
] as const) {
  test(`${line}: ${code}`, () => { assert.match(talk().say(line), new RegExp(`(^|\n)${code} `)) })
}

test('as vde-netemu values may be in bits', () => {
  const { say, link } = talk({ hasBits: true })
  say('bandwidth 8mb')
  assert.is(link.out.settings.rate.base, 1e6)
  assert.match(talk().say('bandwidth 8mb'), /^1022 /)
})

test.run()
