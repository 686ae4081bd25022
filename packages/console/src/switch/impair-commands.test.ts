import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { VirtualWorld } from '@vde-ts/impair/testing.js'
import { HEADROOM } from '@vde-ts/link'
import { memoryPair } from '@vde-ts/link/memory.js'
import { Recorder, lentFrame } from '@vde-ts/link/testing.js'
import { Switch, type Endpoint } from '@vde-ts/switch'
import { switchConsole } from './switch-console.ts'

const test = suite('port/impair')
const MS = 1e6

/** A hub in virtual time, and stations on it. */
const hub = () => {
  const world = new VirtualWorld()
  const sw = new Switch({ seed: 1, macHi: 2, macLo: 1, numPorts: 8, isHub: true })
  const facts = { controlDir: '/x', controlMode: 0o600, uptimeSec: () => 1, engine: () => world.engine }
  const { console } = switchConsole(sw, facts)
  const { impairments } = console.context
  const say = (line: string): string => [...console.execute(line, null)].join('')
  const plug = (port: number): { endpoint: Endpoint, far: Recorder, send (): void } => {
    const far = new Recorder()
    const endpoint = sw.attach({ port, owner: { uid: 0, gid: 0, groups: [] }, module: 'test', description: '' })
    const [link, other] = memoryPair(endpoint, far)
    endpoint.connect(link)
    other.resume()
    return { endpoint, far, send () { other.send(lentFrame(60), HEADROOM, 60) } }
  }
  return { world, sw, impairments, say, plug }
}

test('frames from and to the port take their time, on endpoints that were there and that come', () => {
  const { world, say, plug } = hub()
  const [a, b] = [plug(1), plug(2)]
  assert.is(say('port/impair 2 out delay=5ms'), '1000 Success\n')
  assert.is(say('port/impair 2 in delay=1ms'), '1000 Success\n')
  const c = plug(2)
  a.send()
  assert.equal([b.far.frames.length, c.far.frames.length], [0, 0])
  world.runUntil(5 * MS)
  assert.equal([b.far.frames.length, c.far.frames.length], [1, 1])
  b.send()
  assert.is(a.far.frames.length, 0)
  world.runUntil(6 * MS)
  assert.is(a.far.frames.length, 1)
  assert.match(say('port/impaired 2'), /\nin inFrames 1 [^]*\nout inFrames 1 /)
})

test('off lets frames pass at once; frames on their way still arrive', () => {
  const { world, say, plug } = hub()
  const [a, b] = [plug(1), plug(2)]
  say('port/impair 2 delay=5ms')
  a.send()
  say('port/impair 2 off')
  world.runUntil(5 * MS)
  a.send()
  assert.is(b.far.frames.length, 2)
})

test('down is the port down, also for the station', () => {
  const { say, plug } = hub()
  const b = plug(2)
  say('port/impair 2 down')
  assert.equal([b.endpoint.isUp, b.far.downs], [false, 1])
  say('port/impair 2 down=off')
  assert.equal([b.endpoint.isUp, b.far.ups], [true, 1])
})

test('closing the endpoint closes the link behind, and the far end hears it; the end of the far end closes the endpoint', () => {
  const { say, plug, world } = hub()
  const [a, b] = [plug(1), plug(2)]
  say('port/impair 2 delay=5ms')
  a.send()
  b.endpoint.close()
  assert.equal([b.far.closes, world.engine.nodes, say('port/impaired 2').includes('link')], [1, 0, false])
})

test('what is set goes on in another process, as JSON', () => {
  const before = hub()
  before.plug(2)
  for (const words of ['out delay=5ms loss-frames=2,4-5', 'in gilbert=1%,2%,3%,4%', 'down', 'down=off', 'in down', 'fifo=off']) {
    assert.is(before.say(`port/impair 2 ${words}`), '1000 Success\n', words)
  }
  const travelling = JSON.parse(JSON.stringify(before.impairments.snapshot(() => true)))
  const after = hub()
  const [a] = [after.plug(1), after.plug(2)]
  after.impairments.restore(travelling, (number) => after.sw.port(number))
  assert.equal(after.impairments.snapshot(() => true), before.impairments.snapshot(() => true))
  assert.equal(before.impairments.snapshot(() => false), [])
  const [link] = after.impairments.linksOf(after.sw.port(2))
  assert.equal([link!.in.isUp, link!.out.isUp, link!.out.isFifo], [false, true, false])
  for (let i = 0; i < 5; i++) a.send()
  assert.equal([link!.out.counters.drops.loss, link!.out.waiting], [3, 2])
})

test('a rate is the cost of the port in the spanning tree', () => {
  const { sw, say, plug } = hub()
  plug(2)
  sw.setHub(false)
  sw.tree.setEnabled(true)
  let now = 0
  const shown = (): string => {
    sw.tick(++now)
    return /portcost=\d+|cost=(?!\d)\w+/g[Symbol.match](say('fstp/print'))!.join(' ')
  }
  assert.is(shown(), 'portcost=20000 cost=default')
  say('port/impair 2 out.rate=10mbit in.rate=100kbit')
  assert.is(shown(), 'portcost=200000000 cost=rate')
  say('port/impair 2 in.rate=20mbit')
  assert.is(shown(), 'portcost=2000000 cost=rate')
  assert.match(say('fstp/print --json'), /"cost":2000000,.*"costFrom":"rate","bitsPerSec":10000000/)
  say('fstp/port 2 cost 5')
  assert.is(shown(), 'portcost=5 cost=command')
  say('fstp/port 2 cost auto')
  say('port/impair 2 off')
  assert.is(shown(), 'portcost=20000 cost=default')
})

for (const line of ['port/impair 2', 'port/impair 2 in', 'port/impair 2 delay=5', 'port/impair 2 table=/etc/passwd', 'port/impair 99 delay=1ms']) {
  test(`${line} is refused`, () => {
    const { say, plug } = hub()
    plug(2)
    assert.match(say(line), /^1(022|001|006) /)
  })
}

test.run()
