import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MS, SECOND } from './limits.ts'
import { Markov } from './markov.ts'
import { ScheduleRun, parseSchedule } from './schedule.ts'
import { change } from './settings.ts'
import { Numbered, bench, chiSquareZ } from './testing.ts'
import { fixed } from './value.ts'

const isRange = (error: unknown): boolean => error instanceof RangeError

const markov = suite('Markov states')

markov('each state has its settings, for both directions, and a change of the current one counts at once', () => {
  const { world, link } = bench({ loss: fixed(1) })
  const states = new Markov(world.engine, link)
  states.setCount(2)
  states.change(1, 'out', (s) => change(s, { delay: fixed(MS) }))
  assert.equal([link.out.settings.loss.base, link.out.settings.delay.base], [1, 0])
  states.goTo(1)
  assert.equal([link.out.settings.loss.base, link.out.settings.delay.base, link.in.settings.delay.base], [0, MS, 0])
  states.change(1, 'both', (s) => change(s, { mtu: fixed(100) }))
  assert.equal([link.out.settings.mtu.base, link.out.settings.delay.base], [100, MS])
  states.goTo(0)
  assert.is(link.out.settings.loss.base, 1)
})

markov('weights: what is left of 100 stays; removed states give theirs back; the current one is never beyond the last', () => {
  const { world, link } = bench()
  const states = new Markov(world.engine, link)
  states.setCount(3)
  states.setEdge(0, 1, 30)
  states.setEdge(0, 2, 60)
  assert.equal([states.weight(0, 0), states.weight(0, 1), states.weight(0, 2), states.weight(1, 1)], [10, 30, 60, 100])
  assert.throws(() => { states.setEdge(0, 1, 41) }, isRange)
  assert.throws(() => { states.setEdge(0, 1, -1) }, isRange)
  assert.throws(() => { states.setEdge(0, 3, 1) }, isRange)
  assert.throws(() => { states.setEdge(0, 1, NaN) }, isRange)
  states.goTo(2)
  states.setCount(2)
  assert.equal([states.weight(0, 0), states.current], [70, 0])
  for (const wrong of [0, -1, 1.5, 1e9]) assert.throws(() => { states.setCount(wrong) }, isRange)
})

markov('steps come every period, lead where the weights say, and repeat with the seed', () => {
  const visits = (seed: number): number[] => {
    const { world, link } = bench({}, { seed })
    const states = new Markov(world.engine, link)
    const seen: number[] = []
    states.setCount(3)
    states.period = 10 * MS
    for (let from = 0; from < 3; from++) for (let to = 0; to < 3; to++) states.setEdge(from, to, 10 * (to + 1))
    for (let i = 1; i <= 10_000; i++) {
      world.runUntil(i * 10 * MS)
      seen.push(states.current)
    }
    states.close()
    assert.is(world.due, Infinity)
    return seen
  }
  const seen = visits(1)
  assert.equal(seen, visits(1))
  const counts = [0, 0, 0]
  seen.forEach((to, i) => { if (i > 0 && seen[i - 1] === 0) counts[to]!++ })
  const all = counts[0]! + counts[1]! + counts[2]!
  assert.ok(Math.abs(chiSquareZ(counts, (to) => all * [0.5, 0.2, 0.3][to]!)) < 3.7)
})

markov('loss by state: the share is that of the time in it', () => {
  const { world, link, arrivals } = bench()
  const states = new Markov(world.engine, link)
  states.setCount(2)
  states.setEdge(0, 1, 10)
  states.setEdge(1, 0, 30)
  states.period = MS
  states.change(1, 'out', (s) => change(s, { loss: fixed(100) }))
  const frame = new Numbered(60)
  for (let i = 0; i < 50_000; i++) {
    world.runUntil(i * MS + 1)
    frame.send(link, i)
  }
  const lost = 1 - arrivals.serials.length / 50_000
  // 0.25, with a chain whose neighbours correlate by 0.6.
  assert.ok(Math.abs(lost - 0.25) < 3.7 * Math.sqrt(0.25 * 0.75 * 4 / 50_000), `${lost}`)
})

markov.run()

const schedule = suite('schedule')
const FILES = { readFile: () => '' }

schedule('what holds from the start holds at once, later lines at their time, and it begins again', () => {
  const { world, link } = bench()
  const run = new ScheduleRun(world.engine, link, parseSchedule('# test\n0 delay=5ms\n1.5 delay=10ms out.mtu=100B\n\nloop 4\n', FILES))
  const seen: number[] = []
  for (const second of [0, 1.49, 1.51, 3.9, 4.1, 5.6]) {
    world.runUntil(second * SECOND)
    seen.push(link.out.settings.delay.base / MS)
  }
  assert.equal(seen, [5, 5, 10, 10, 5, 10])
  run.close()
  assert.equal([world.due, world.engine.nodes], [Infinity, 0])
})

schedule('without a loop it ends by itself', () => {
  const { world, link } = bench()
  const run = new ScheduleRun(world.engine, link, parseSchedule('1 down\n2 down=off\n', FILES))
  world.runUntil(1.5 * SECOND)
  assert.is(link.isUp, false)
  world.runUntil(3 * SECOND)
  assert.equal([link.isUp, world.engine.nodes], [true, 0])
  run.close()
})

for (const text of ['', '# only\n', 'x delay=1ms', '1', '2 delay=1ms\n1 delay=2ms', '1 delay=1', '3 delay=1ms\nloop 3', 'loop 2']) {
  schedule(`"${text.replaceAll('\n', '|')}" is refused`, () => { assert.throws(() => parseSchedule(text, FILES), /Cannot read/) })
}

schedule.run()
