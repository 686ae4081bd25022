/** What a frame costs in octets of heap: a file of its own, so that the optimiser has seen nothing else, see tools/test.mjs. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun } from '@vde-ts/frame/testing.js'
import { MS, SECOND } from './limits.ts'
import { Numbered, VirtualWorld, bench } from './testing.ts'
import { fixed, type Value } from './value.ts'

const uniform = (base: number, spread: number): Value => ({ base, spread, law: 'uniform', scale: spread, table: null })

const cost = suite('cost')

for (const [what, settings] of [
  ['nothing', {}], ['delay', { delay: fixed(MS) }], ['rate, delay and jitter', { rate: fixed(SECOND), delay: uniform(MS, MS / 2) }],
  ['loss, noise, MTU, capacity', { loss: fixed(10), lossCorrelation: 0.2, noise: fixed(10), mtu: uniform(1500, 100), capacity: fixed(1e6) }],
  ['correlated jitter', { delay: uniform(MS, MS / 5), delayCorrelation: 0.5 }],
  ['correlated Pareto jitter', { delay: { ...uniform(MS, MS / 5), law: 'pareto' as const }, delayCorrelation: 0.5 }],
  ['normal jitter', { delay: { ...uniform(MS, MS / 5), law: 'normal' as const } }],
  ['CoDel', { rate: fixed(SECOND / 10), discipline: 'codel' as const }]
] as const) {
  cost(`${what}: nothing is allocated per frame but the view of a copy`, () => {
    const world = new VirtualWorld()
    const { link } = bench(settings, {}, world)
    const sunk = { deliver: () => true, onRoom () {} }
    const frame = new Numbered(20) // short enough to be copied without a view
    link.connect({ offload: false, maxFrame: 9000, label: '', send: sunk.deliver, pause () {}, resume () {}, close () {} })
    const octets = bytesPerRun(() => {
      world.clock[0] += 30
      frame.send(link, 0)
      world.engine.run()
    }, 100_000)
    assert.ok(octets < 1, `${octets} octets`)
  })
}

cost.run()
