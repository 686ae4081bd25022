import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Segmenter } from '@vde-ts/frame/segment.js'
import { HEADROOM, OFFLOAD, isPlain } from '@vde-ts/frame/offload.js'
import { superFrame, type SuperFrameSpec } from '@vde-ts/frame/testing-super-frame.js'
import { bytesPerRun, seeded, testFrame } from '@vde-ts/frame/testing.js'
import { lentCopy } from '@vde-ts/link/testing.js'
import { TapMerger, type MergeOutput } from './tap-merger.ts'

const merging = suite('TapMerger')

/** Keeps what is written, with its offload header. */
class Written implements MergeOutput {
  takesTrains = true
  readonly frames: Uint8Array[] = []
  write (buf: Uint8Array, off: number, len: number): void { this.frames.push(buf.slice(off - OFFLOAD, off + len)) }
  get wires (): Uint8Array[] { return this.frames.flatMap((frame) => wiresOf(frame)) }
}

const wiresOf = (frame: Uint8Array): Uint8Array[] => {
  if (isPlain(frame, OFFLOAD)) return [frame.slice(OFFLOAD)]
  const segmenter = new Segmenter()
  const count = segmenter.cut(frame, OFFLOAD, frame.length - OFFLOAD)
  return Array.from({ length: count }, (_, i) => segmenter.buf.slice(segmenter.at(i), segmenter.at(i) + segmenter.len(i)))
}

const segments = (payload: number, spec: Partial<SuperFrameSpec> = {}): Uint8Array[] =>
  wiresOf(superFrame({ version: 4, payload: seeded(payload).octets(payload), gsoSize: 1448, ...spec }))

/** Sends frames as a port does: what is not taken is written at once. */
const sendAll = (merger: TapMerger, to: Written, frames: readonly Uint8Array[]): void => {
  for (const frame of frames) {
    const lent = lentCopy(frame)
    if (!merger.take(to, lent, HEADROOM, frame.length)) to.write(lent, HEADROOM, frame.length)
    lent.fill(0xee) // the sender's again
  }
}

for (const version of [4, 6] as const) {
  merging(`a burst of IPv${version} is written as one frame, which is cut into the same segments`, () => {
    const [merger, to, frames] = [new TapMerger(), new Written(), segments(40_000, { version })]
    sendAll(merger, to, frames)
    merger.flush(to)
    assert.is(to.frames.length, 1)
    assert.equal(to.wires, frames)
    merger.flush(to)
    assert.is(to.frames.length, 1, 'nothing is held any more')
  })
}

merging('what is no bulk data goes past, and what is held before it', () => {
  const [merger, to, frames, other] = [new TapMerger(), new Written(), segments(6000), testFrame(1400, 7)]
  const small = segments(100)[0]!
  const all = [...frames.slice(0, 2), small, ...frames.slice(2, 4), other, frames[4]!]
  sendAll(merger, to, all)
  merger.flush(to)
  assert.equal(to.wires, all)
  assert.is(to.frames.length, 5)
})

/** Datagrams of one flow, as they are on the wire. */
const datagrams = (count: number, spec: Partial<SuperFrameSpec> = {}): Uint8Array[] =>
  segments(count * 100, { protocol: 'udp', gsoSize: 100, ...spec })

merging('a burst of datagrams is written as one frame, where the kernel knows of it', () => {
  const [merger, to, frames] = [new TapMerger(), new Written(), datagrams(20)]
  sendAll(merger, to, frames)
  merger.flush(to)
  assert.is(to.frames.length, 1)
  assert.equal(to.wires, frames)
  to.frames.length = 0
  to.takesTrains = false
  sendAll(merger, to, frames)
  assert.equal(to.wires, frames)
  assert.is(to.frames.length, frames.length)
})

merging('segments and datagrams that take turns stay in order, whatever is held', () => {
  const [merger, to, other] = [new TapMerger(), new Written(), new Written()]
  const [tcp, udp] = [segments(8 * 1448), datagrams(8)]
  const all = [tcp.slice(0, 3), udp.slice(0, 3), tcp.slice(3, 6), udp.slice(3), tcp.slice(6)].flat()
  sendAll(merger, to, all)
  sendAll(merger, other, udp)
  assert.equal(to.wires, all, 'written before those of another TAP')
  merger.flush(other)
  assert.equal(other.wires, udp)
  assert.equal([to.frames.length, other.frames.length], [5, 1])
})

merging('a super-frame is not taken', () => {
  const whole = superFrame({ version: 4, payload: seeded(1).octets(5000), gsoSize: 1448 })
  assert.not(new TapMerger().take(new Written(), whole, OFFLOAD, whole.length - OFFLOAD))
})

merging('another TAP: what the first has waited for is written first', () => {
  const [merger, a, b, frames] = [new TapMerger(), new Written(), new Written(), segments(6000)]
  sendAll(merger, a, frames.slice(0, 3))
  assert.is(a.frames.length, 0)
  sendAll(merger, b, frames)
  assert.equal(a.wires, frames.slice(0, 3))
  assert.equal(b.wires, frames, 'the last segment is short, and what was held went before it')
  assert.equal([a.frames.length, b.frames.length], [1, 2])
})

merging('streams that take turns stay in order, however many', () => {
  const [merger, to, random] = [new TapMerger(), new Written(), seeded(9)]
  const streams = [1, 2, 3].map((id) => segments(60_000, { id: id * 1000, tcpOptions: `0101080a 0000000${id} 00000000` }))
  const all: Uint8Array[] = []
  while (streams.some((left) => left.length > 0)) {
    const left = streams[random.int(3)]!
    all.push(...left.splice(0, random.int(5)))
  }
  sendAll(merger, to, all)
  merger.flush(to)
  assert.equal(to.wires, all)
  assert.ok(to.frames.length < all.length)
})

merging('ten thousand segments that follow none: memory is used again', () => {
  const [merger, to, frame] = [new TapMerger(), new Written(), segments(1448)[0]!]
  sendAll(merger, to, Array.from({ length: 10_000 }, () => frame))
  merger.flush(to)
  assert.is(to.frames.length, 10_000)
  assert.equal(to.wires.at(-1), frame)
})

merging('allocates nothing', () => {
  const merger = new TapMerger()
  const to: MergeOutput = { takesTrains: true, write: () => {} }
  const slab = new Uint8Array(2048) // as the slab of the TAPs: always the same memory
  const frames = segments(27 * 1448)
  const used = bytesPerRun((i) => {
    const frame = frames[i % frames.length]!
    slab.set(frame, HEADROOM)
    merger.take(to, slab, HEADROOM, frame.length)
  })
  assert.ok(used < 1, `${used} octets a segment`)
})

merging.run()
