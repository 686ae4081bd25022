import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Coalescer } from './coalesce.ts'
import { gsoSize, gsoType, HEADROOM, isPlain, OFFLOAD } from './offload.ts'
import { Segmenter } from './segment.ts'
import { superFrame, type SuperFrameSpec } from './testing-super-frame.ts'
import { bytesPerRun, seeded } from './testing.ts'

const coalescing = suite('Coalescer')
const SIZE = 1000
/** Octets between two segments: the header of another protocol, shorter than an offload header. */
const GAP = 8

interface Delivered { readonly frame: Uint8Array, readonly type: number, readonly size: number }

/** Wire frames of a super-frame. */
const segmentsOf = (spec: Partial<SuperFrameSpec>): Uint8Array[] => {
  const frame = superFrame({ version: 4, payload: seeded(3).octets(4500), gsoSize: SIZE, ...spec })
  const segmenter = new Segmenter()
  const count = segmenter.cut(frame, OFFLOAD, frame.length - OFFLOAD)
  return Array.from({ length: count }, (_, i) => segmentOf(segmenter, i))
}

const segmentOf = (segmenter: Segmenter, i: number): Uint8Array =>
  new Uint8Array(segmenter.buf.subarray(segmenter.at(i), segmenter.at(i) + segmenter.len(i)))

/** What comes out when these lie behind each other in one buffer. */
const through = (frames: readonly Uint8Array[]): Delivered[] => {
  const buf = new Uint8Array(HEADROOM + frames.reduce((sum, frame) => sum + frame.length + GAP, 0))
  const out: Delivered[] = []
  const coalescer = new Coalescer((from, off, len) => {
    const isWhole = isPlain(from, off)
    const frame = new Uint8Array(from.subarray(off - OFFLOAD, off + len))
    out.push({ frame, type: isWhole ? 0 : gsoType(from, off), size: isWhole ? 0 : gsoSize(from, off) })
  })
  let at = HEADROOM
  const places = frames.map((frame) => {
    buf.set(frame, at)
    at += frame.length + GAP
    return at - frame.length - GAP
  })
  frames.forEach((frame, i) => { coalescer.push(buf, places[i]!, frame.length) })
  coalescer.flush()
  assert.equal(buf.subarray(0, HEADROOM), new Uint8Array(HEADROOM), 'the headroom is clear afterwards')
  return out
}

const flat = (delivered: readonly Delivered[]): Uint8Array[] => {
  const segmenter = new Segmenter()
  return delivered.flatMap(({ frame }) => {
    const count = segmenter.cut(frame, OFFLOAD, frame.length - OFFLOAD)
    assert.ok(count > 0, 'what comes out can be cut')
    return Array.from({ length: count }, (_, i) => segmentOf(segmenter, i))
  })
}

const KINDS: ReadonlyArray<readonly [name: string, spec: Partial<SuperFrameSpec>]> = [
  ['IPv4', {}], ['IPv6', { version: 6 }], ['TCP options', { tcpOptions: '0101080a 01020304 05060708' }],
  ['IPv6 with options and PSH', { version: 6, tcpOptions: '0101080a 01020304 05060708', flags: 0x18 }],
  ['full segments only', { payload: seeded(4).octets(4000) }], ['identifications that wrap', { id: 0xfffe }],
  ['sequence numbers that wrap', { seq: 0xfffffa00 }]
]
for (const [name, spec] of KINDS) {
  coalescing(`${name}: segments become one super-frame, which is cut into the same segments`, () => {
    const segments = segmentsOf(spec)
    const out = through(segments)
    assert.equal(out.map(({ type, size }) => [type, size]), [[spec.version === 6 ? 4 : 1, SIZE]])
    assert.equal(flat(out), segments)
  })
}

/** Each changes the second of five segments; what comes out when cut must be what went in. */
const ODD: ReadonlyArray<readonly [name: string, change: (frame: Uint8Array) => void]> = [
  ['a wrong TCP checksum', (frame) => { frame[50]! ^= 1 }],
  ['a wrong payload', (frame) => { frame[200]! ^= 1 }],
  ['a wrong IPv4 checksum', (frame) => { frame[24]! ^= 1 }],
  ['another source', (frame) => { frame[11]! ^= 1 }],
  ['a fragment', (frame) => { frame[20] = 0x20 }],
  ['a total length that is wrong', (frame) => { frame[17]! ^= 1 }],
  ['no TCP', (frame) => { frame[23] = 17 }]
]
for (const [name, change] of ODD) {
  coalescing(`${name}: that segment is passed on as it is, in its place`, () => {
    const segments = segmentsOf({})
    change(segments[1]!)
    const out = through(segments)
    const same = out.findIndex(({ frame }) => Buffer.compare(frame.subarray(OFFLOAD), segments[1]!) === 0)
    assert.is(same, 1)
    assert.ok(out.length >= 3)
  })
}

for (const [name, flags] of [['SYN', 0x12], ['FIN', 0x11], ['RST', 0x14], ['URG', 0x30], ['ECE', 0x50], ['CWR', 0x90], ['no ACK', 0x00]] as const) {
  coalescing(`${name}: never put together`, () => {
    const first = segmentsOf({ payload: new Uint8Array(SIZE), gsoSize: 0, flags })
    const second = segmentsOf({ payload: new Uint8Array(SIZE), gsoSize: 0, flags, seq: 1000 + SIZE, id: 0x1235 })
    assert.equal(through([...first, ...second]).map(({ type }) => type), [0, 0])
  })
}

coalescing('a gap, an overlap and an older segment begin anew', () => {
  const [a, b, c] = segmentsOf({})
  assert.is(through([a!, c!]).length, 2)
  assert.is(through([b!, a!]).length, 2)
  assert.is(through([a!, a!]).length, 2)
})

coalescing('two streams that take turns are left alone, in order', () => {
  const one = segmentsOf({})
  const other = segmentsOf({ ports: [1, 2] })
  const mixed = one.flatMap((frame, i) => [frame, other[i]!])
  assert.equal(through(mixed).map(({ frame }) => frame.subarray(OFFLOAD)), mixed)
})

coalescing('a short segment and PSH end a super-frame', () => {
  const first = segmentsOf({ payload: new Uint8Array(2500) })
  const second = segmentsOf({ payload: new Uint8Array(2000), seq: 3500, id: 0x1237, flags: 0x18 })
  const third = segmentsOf({ payload: new Uint8Array(2000), seq: 5500, id: 0x1239 })
  assert.is(through([...first, ...second, ...third]).length, 3)
})

coalescing('never longer than a packet may be, and what is over follows', () => {
  const payload = new Uint8Array(65_000)
  const first = segmentsOf({ payload, gsoSize: 1400 })
  const second = segmentsOf({ payload, gsoSize: 1400, seq: 1000 + 65_000, id: 0x1234 + first.length })
  const out = through([...first, ...second])
  assert.ok(out.every(({ frame }) => frame.length - OFFLOAD - 14 <= 65_535))
  assert.equal(flat(out), [...first, ...second])
})

coalescing('frames at random, true ones among them: all come out as they went in', () => {
  const random = seeded(9)
  for (let round = 0; round < 300; round++) {
    const frames = segmentsOf({ version: random.pick([4, 6]) })
    for (let i = 0; i < 4; i++) {
      const frame = random.octets(14 + random.int(90))
      frame.set(random.pick([[8, 0], [0x86, 0xdd], [0x81, 0]]), 12)
      frames.splice(random.int(frames.length), 0, frame)
    }
    const broken = random.pick(frames)
    broken[random.int(broken.length)]! ^= 1 << random.int(8)
    const out = through(frames)
    assert.ok(out.length <= frames.length)
    const whole = out.flatMap((one) => one.type === 0 ? [one.frame.subarray(OFFLOAD)] : flat([one]))
    assert.equal(whole, frames)
  }
})

coalescing('allocates nothing', () => {
  const segments = segmentsOf({})
  const buf = new Uint8Array(HEADROOM + 6000)
  const coalescer = new Coalescer(() => {})
  const places: number[] = []
  let at = HEADROOM
  for (const segment of segments) {
    places.push(at)
    at += segment.length + GAP
  }
  const fill = (): void => {
    for (let i = 0; i < segments.length; i++) for (let j = 0; j < segments[i]!.length; j++) buf[places[i]! + j] = segments[i]![j]!
  }
  assert.ok(bytesPerRun(() => {
    fill()
    for (let i = 0; i < segments.length; i++) coalescer.push(buf, places[i]!, segments[i]!.length)
    coalescer.flush()
  }, 3000) < 1)
})

coalescing.run()
