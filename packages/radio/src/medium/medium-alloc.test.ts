import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun } from '@vde-ts/frame/testing.js'
import { HEADROOM } from '@vde-ts/impair/limits.js'
import { VirtualWorld } from '@vde-ts/impair/testing.js'
import { qualityOf } from '../quality.ts'
import { Medium } from './medium.ts'

const cost = suite('cost of a medium')

for (const words of ['', 'loss=5% delay=1ms jitter=0.1ms']) {
  cost(`a frame allocates nothing, however many hear it: "${words}"`, () => {
    const world = new VirtualWorld()
    const medium = new Medium(world.engine, { seed: 1 })
    const link = { offload: true, maxFrame: 65557, label: '', send: () => true, pause () {}, resume () {}, close () {} }
    const [sender, ...others] = ['a', 'b', 'c', 'd'].map((name) => medium.add(name).connect(link))
    medium.apply(others.map(({ name }) => ({ action: 'open' as const, from: 'a', to: name, quality: qualityOf(words) })))
    const frame = new Uint8Array(HEADROOM + 20) // short enough to be copied without a view
    const octets = bytesPerRun(() => {
      world.clock[0] += 10_000
      sender!.onFrame(frame, HEADROOM, 20)
      world.engine.run()
    })
    assert.ok(octets < 1, `${octets} octets for three copies`)
  })
}

cost.run()
