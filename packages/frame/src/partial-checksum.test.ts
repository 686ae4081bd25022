import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { big16, fold } from './checksum.ts'
import { OFFLOAD } from './offload.ts'
import { finishPartial } from './partial-checksum.ts'
import { Segmenter } from './segment.ts'
import { superFrame, type SuperFrameSpec } from './testing-super-frame.ts'
import { bytesPerRun, hex, seeded } from './testing.ts'

const partial = suite('finishPartial')

/** A frame as the kernel leaves it to a device, and as it should be. */
const frames = (spec: Partial<SuperFrameSpec>): { left: Uint8Array, right: Uint8Array } => {
  const frame = superFrame({ version: 4, payload: seeded(2).octets(301), ...spec })
  const segmenter = new Segmenter()
  assert.is(segmenter.cut(frame, OFFLOAD, frame.length - OFFLOAD), 1)
  return {
    left: new Uint8Array(frame.subarray(OFFLOAD)),
    right: new Uint8Array(segmenter.buf.subarray(segmenter.at(0), segmenter.at(0) + segmenter.len(0)))
  }
}

for (const [name, spec] of [
  ['TCP over IPv4', {}], ['TCP over IPv6', { version: 6 }], ['UDP over IPv4', { protocol: 'udp' }], ['UDP over IPv6', { version: 6, protocol: 'udp' }],
  ['with options', { ipOptions: '01010101', tcpOptions: '01010101' }], ['behind a tag', { tags: ['8100 0005'] }],
  ['behind two', { tags: ['88a8 0005', '8100 0006'], version: 6 }]
] as ReadonlyArray<readonly [string, Partial<SuperFrameSpec>]>) {
  partial(`${name}: completed, and right ones are left`, () => {
    const { left, right } = frames(spec)
    const lent = new Uint8Array(left.length + 10)
    lent.set(left, 4)
    assert.is(finishPartial(lent, 4, left.length), true)
    assert.equal(lent.subarray(4, 4 + left.length), right)
    assert.is(finishPartial(lent, 4, left.length), false)
    assert.equal(lent.subarray(4, 4 + left.length), right)
  })
}

partial('a right checksum that happens to be the sum of its pseudo header is left', () => {
  // ~(pseudo + rest + x) is pseudo for this x, where ~(pseudo + rest) is the checksum of a payload of zero.
  const zero = frames({ payload: new Uint8Array(2) })
  const x = fold((~big16(zero.left, 50) & 0xffff) + big16(zero.right, 50))
  const { left, right } = frames({ payload: Uint8Array.of(x >> 8, x) })
  assert.is(big16(left, 50), big16(right, 50))
  assert.is(finishPartial(left, 0, left.length), false)
})

partial('a wrong checksum stays wrong, fragments and others are left, nothing is read or written outside', () => {
  const { right } = frames({})
  right[50]! ^= 0x55
  const wrong = new Uint8Array(right)
  assert.is(finishPartial(right, 0, right.length), false)
  assert.equal(right, wrong)
  const random = seeded(8)
  for (let i = 0; i < 20_000; i++) {
    const { left } = i % 100 === 0 ? frames({ version: random.pick([4, 6]) }) : { left: random.octets(17 + random.int(80)) }
    left.set(random.pick([hex('0800 45'), hex('86dd 60'), hex('8100')]), 12)
    const len = Math.min(left.length, 14 + random.int(90))
    const around = new Uint8Array(left.length + 200).fill(0xa5)
    around.set(left.subarray(0, len), 100)
    finishPartial(around, 100, len)
    const outside = [...around.subarray(0, 100), ...around.subarray(100 + len)]
    assert.ok(outside.every((octet) => octet === 0xa5))
  }
})

partial('allocates nothing', () => {
  const { left, right } = frames({})
  const buf = new Uint8Array(left.length)
  assert.ok(bytesPerRun(() => {
    for (let i = 0; i < left.length; i++) buf[i] = left[i]!
    finishPartial(buf, 0, buf.length)
    finishPartial(right, 0, right.length)
  }) < 1)
})

partial.run()
