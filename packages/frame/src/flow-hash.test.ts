import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { OFFLOAD } from './offload.ts'
import { flowHash } from './flow-hash.ts'
import { superFrame, type SuperFrameSpec } from './testing-super-frame.ts'
import { bytesPerRun, seeded, testFrame } from './testing.ts'

const flows = suite('flowHash')
const payload = new Uint8Array(40)

const hashOf = (spec: Partial<SuperFrameSpec>): number => {
  const frame = superFrame({ version: 4, payload, ...spec })
  return flowHash(frame, OFFLOAD, frame.length - OFFLOAD, 7)
}

for (const version of [4, 6] as const) {
  flows(`IPv${version}: of one flow the same, whatever else differs`, () => {
    assert.is(hashOf({ version }), hashOf({ version, id: 77, seq: 5000, flags: 0x18, payload: new Uint8Array(900) }))
  })
  flows(`IPv${version}: ports spread over 16 ways evenly`, () => {
    const ways = new Int32Array(16)
    for (let port = 0; port < 1600; port++) ways[hashOf({ version, ports: [1024 + port, 5201] }) % 16]!++
    assert.ok(ways.every((count) => count > 50 && count < 160), [...ways].join())
  })
}

flows('fragments go the way of their hosts', () => {
  const one = superFrame({ version: 4, payload, ports: [1, 2] })
  const two = superFrame({ version: 4, payload, ports: [3, 4] })
  for (const frame of [one, two]) frame[OFFLOAD + 14 + 6] = 0x20
  assert.is(flowHash(one, OFFLOAD, one.length - OFFLOAD, 7), flowHash(two, OFFLOAD, two.length - OFFLOAD, 7))
})

flows('of other frames the addresses count', () => {
  const one = flowHash(testFrame(60, 1, 1), 0, 60, 7)
  assert.is(flowHash(testFrame(60, 9, 1), 0, 60, 7), one)
  assert.is.not(flowHash(testFrame(60, 1, 2), 0, 60, 7), one)
})

flows('no frame is read beyond its end', () => {
  const random = seeded(5)
  for (let i = 0; i < 2000; i++) {
    const len = 14 + random.int(50)
    const frame = random.octets(len + 60)
    frame.set(random.pick([[8, 0], [0x86, 0xdd]]), 12)
    frame[14 + 9] = 6
    const before = flowHash(frame, 0, len, 1)
    frame.fill(0x55, len)
    assert.is(flowHash(frame, 0, len, 1), before)
  }
})

flows('allocates nothing', () => {
  const frame = superFrame({ version: 4, payload })
  let sum = 0
  assert.ok(bytesPerRun(() => { sum = (sum + flowHash(frame, OFFLOAD, frame.length - OFFLOAD, 7)) & 0xff }) < 1)
})

flows.run()
