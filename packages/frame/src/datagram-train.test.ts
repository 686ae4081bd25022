import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DatagramTrain } from './datagram-train.ts'
import { HEADROOM, OFFLOAD, gsoSize, gsoType } from './offload.ts'
import { Segmenter } from './segment.ts'
import { superFrame, type SuperFrameSpec } from './testing-super-frame.ts'
import { bytesPerRun, seeded } from './testing.ts'

const training = suite('DatagramTrain')
const SIZE = 40

const partsOf = (frame: Uint8Array, off: number, len: number): Uint8Array[] => {
  const segmenter = new Segmenter()
  const count = segmenter.cut(frame, off, len)
  return Array.from({ length: count }, (_, i) =>
    new Uint8Array(segmenter.buf.subarray(segmenter.at(i) - OFFLOAD, segmenter.at(i) + segmenter.len(i))))
}

/** Datagrams of one flow behind their offload headers, all checksums right. */
const flow = (spec: Partial<SuperFrameSpec> = {}): Uint8Array[] => {
  const whole = superFrame({ version: 4, protocol: 'udp', payload: seeded(3).octets(4 * SIZE + 7), gsoSize: SIZE, ...spec })
  return partsOf(whole, OFFLOAD, whole.length - OFFLOAD)
}

/** One datagram whose checksum is left to do. */
const pending = (payload: Uint8Array, id: number, spec: Partial<SuperFrameSpec> = {}): Uint8Array =>
  superFrame({ version: 4, protocol: 'udp', payload, id, ...spec })

/** Puts the frames together until one is none of them. @returns how many went in, and the octets of the whole */
const together = (frames: readonly Uint8Array[]): { readonly taken: number, readonly train: DatagramTrain } => {
  const train = new DatagramTrain()
  let taken = 0
  for (const frame of frames) {
    const lent = new Uint8Array(HEADROOM - OFFLOAD + frame.length)
    lent.set(frame, HEADROOM - OFFLOAD)
    const len = frame.length - OFFLOAD
    if (!train.reads(lent, HEADROOM, len)) break
    if (!(taken === 0 ? train.begin(lent, HEADROOM, len) : !train.isFull && train.joins(lent, HEADROOM))) break
    lent.fill(0xee) // the sender's again
    taken++
  }
  train.finish()
  return { taken, train }
}

const plain = (frame: Uint8Array): Uint8Array => frame.subarray(OFFLOAD)

const KINDS: ReadonlyArray<readonly [name: string, spec: Partial<SuperFrameSpec>]> = [
  ['IPv4', {}], ['IPv6', { version: 6 }], ['identifications that wrap', { id: 0xfffe }],
  ['full ones only', { payload: seeded(4).octets(5 * SIZE) }], ['an octet each', { payload: seeded(5).octets(32), gsoSize: 1 }]
]
for (const [name, spec] of KINDS) {
  training(`${name}: datagrams become one frame, which is cut into the same datagrams`, () => {
    const frames = flow(spec)
    const { taken, train } = together(frames)
    assert.is(taken, frames.length)
    assert.equal([gsoType(train.buf, HEADROOM), gsoSize(train.buf, HEADROOM)], [5, spec.gsoSize ?? SIZE])
    assert.equal(partsOf(train.buf, HEADROOM, train.len).map(plain), frames.map(plain))
  })
}

training('checksums that are left to do are not looked for in the payload', () => {
  const payload = seeded(6).octets(3 * SIZE)
  const frames = [0, 1, 2].map((i) => pending(payload.subarray(i * SIZE, (i + 1) * SIZE), 0x1234 + i))
  const { taken, train } = together(frames)
  assert.is(taken, 3)
  assert.equal(partsOf(train.buf, HEADROOM, train.len).map(plain), flow({ payload }).map(plain))
})

training('one alone stays as it came', () => {
  for (const frame of [flow()[0]!, pending(seeded(1).octets(20), 7)]) {
    const { taken, train } = together([frame])
    assert.is(taken, 1)
    assert.equal(train.buf.subarray(HEADROOM - OFFLOAD, HEADROOM + train.len), frame)
  }
})

/** Each changes the third datagram, which ends the train there. */
const ODD: ReadonlyArray<readonly [name: string, change: (frame: Uint8Array) => void]> = [
  ['a wrong checksum', (frame) => { frame[40]! ^= 1 }],
  ['a wrong payload', (frame) => { frame[50]! ^= 1 }],
  ['no checksum', (frame) => { frame.fill(0, 40, 42) }],
  ['a wrong IPv4 checksum', (frame) => { frame[24]! ^= 1 }],
  ['another source', (frame) => { frame[11]! ^= 1 }],
  ['a group', (frame) => { frame[0]! |= 1 }],
  ['a fragment', (frame) => { frame[20] = 0x20 }],
  ['another length of IP', (frame) => { frame[17]! ^= 1 }],
  ['another length of UDP', (frame) => { frame[39]! ^= 1 }],
  ['TCP', (frame) => { frame[23] = 6 }],
  ['IPv4 options', (frame) => { frame[14] = 0x46 }],
  ['a tag', (frame) => { frame[12] = 0x81 }]
]
for (const [name, change] of ODD) {
  training(`${name}: not part of a train`, () => {
    const frames = flow()
    change(plain(frames[2]!))
    const { taken, train } = together(frames)
    assert.is(taken, 2)
    assert.equal(partsOf(train.buf, HEADROOM, train.len).map(plain), frames.slice(0, 2).map(plain))
  })
}

const OTHER: ReadonlyArray<readonly [name: string, spec: Partial<SuperFrameSpec>]> = [
  ['another port', { ports: [40001, 5001] }], ['a longer one', { payload: seeded(9).octets(SIZE + 1), gsoSize: SIZE + 1 }],
  ['IPv6 behind IPv4', { version: 6 }], ['another station', { src: '020000000009' }]
]
for (const [name, spec] of OTHER) {
  training(`${name}: begins anew`, () => {
    assert.is(together([...flow().slice(0, 2), flow({ id: 0x1236, ...spec })[0]!]).taken, 2)
  })
}

training('a shorter one is the last', () => {
  assert.is(together([...flow(), flow({ id: 0x1239 })[0]!]).taken, 5)
})

training('identifications: counted on where fragments may be made, free where not', () => {
  const allow = (frame: Uint8Array): Uint8Array => {
    const copy = frame.slice()
    copy[OFFLOAD + 20] = 0 // may be fragmented
    const sum = (copy[OFFLOAD + 24]! << 8 | copy[OFFLOAD + 25]!) + 0x4000
    copy[OFFLOAD + 24] = (sum + (sum >> 16)) >> 8
    copy[OFFLOAD + 25] = sum + (sum >> 16)
    return copy
  }
  const [a, b, c] = flow()
  assert.is(together([a!, c!]).taken, 2)
  assert.is(together([allow(a!), allow(c!)]).taken, 1)
  assert.is(together([allow(a!), allow(b!), allow(c!)]).taken, 3)
})

training('DHCP and empty datagrams are left alone', () => {
  for (const port of [67, 68]) assert.is(together(flow({ ports: [port === 67 ? 68 : 67, port] })).taken, 0)
  assert.is(together([pending(new Uint8Array(0), 1)]).taken, 0)
})

training('a checksum said to lie elsewhere, and a pseudo header that is wrong, are left alone', () => {
  const elsewhere = pending(seeded(1).octets(20), 7)
  elsewhere[6]! += 2 // csum_start
  const wrong = pending(seeded(1).octets(20), 7)
  plain(wrong)[40]! ^= 1
  assert.equal([elsewhere, wrong].map((frame) => together([frame]).taken), [0, 0])
})

training('never longer than a packet may be, nor more than a kernel cuts at once', () => {
  const long = Array.from({ length: 9 }, (_, i) => pending(new Uint8Array(9000), 0x1234 + i))
  assert.is(together(long).taken, 7)
  assert.is(together(Array.from({ length: 60 }, (_, i) => pending(new Uint8Array(10), 0x1234 + i))).taken, 32)
})

training('truncated anywhere: read as nothing, or whole', () => {
  for (const version of [4, 6] as const) {
    const frame = flow({ version })[0]!
    const train = new DatagramTrain()
    for (let len = 14; len < frame.length - OFFLOAD; len++) {
      const cut = new Uint8Array(HEADROOM + len)
      cut.set(frame.subarray(0, OFFLOAD + len), HEADROOM - OFFLOAD)
      assert.not(train.reads(cut, HEADROOM, len), `${len} octets of IPv${version}`)
    }
  }
})

training('allocates nothing', () => {
  const train = new DatagramTrain()
  const lent = new Uint8Array(HEADROOM + 2000)
  const frames = flow({ payload: new Uint8Array(30 * 100), gsoSize: 100 })
  const used = bytesPerRun((i) => {
    const frame = frames[i % frames.length]!
    lent.set(frame, HEADROOM - OFFLOAD)
    if (!train.reads(lent, HEADROOM, frame.length - OFFLOAD)) throw new Error('not read')
    if (train.count === 0 || train.isFull || !train.joins(lent, HEADROOM)) {
      train.finish()
      train.begin(lent, HEADROOM, frame.length - OFFLOAD)
    }
  })
  assert.ok(used < 1, `${used} octets a datagram`)
})

training.run()
