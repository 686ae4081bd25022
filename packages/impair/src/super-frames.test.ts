/** What becomes of super-frames: whole where all of one meets the same, else what they are on the wire. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM, OFFLOAD, clearOffload } from '@vde-ts/frame/offload.js'
import { seeded } from '@vde-ts/frame/testing.js'
import { slowSum, superFrame } from '@vde-ts/frame/testing-super-frame.js'
import { MS } from './limits.ts'
import { VirtualWorld, bench } from './testing.ts'
import type { Settings } from './settings.ts'
import { fixed } from './value.ts'

const test = suite('super-frames')
const SEGMENTS = 3
const MSS = 1448
const HEADERS = 54
const made = superFrame({ version: 4, payload: seeded(1).octets(SEGMENTS * MSS), gsoSize: MSS })
const LEN = made.length - OFFLOAD

/** A link that takes super-frames, whose inner end notes the lengths and the octets of what it is sent. */
const offloaded = (settings: Partial<Settings>) => {
  const world = new VirtualWorld()
  const { link } = bench(settings, {}, world)
  const lens: number[] = []
  const frames: Uint8Array[] = []
  const send = (buf: Uint8Array, off: number, len: number): boolean => {
    lens.push(len)
    frames.push(new Uint8Array(buf.subarray(off, off + len)))
    return true
  }
  link.connect({ offload: true, maxFrame: 65557, label: '', send, pause () {}, resume () {}, close () {} })
  const offer = (): void => {
    const buf = new Uint8Array(HEADROOM + LEN)
    buf.set(made, HEADROOM - OFFLOAD)
    assert.ok(link.send(buf, HEADROOM, LEN))
  }
  return { world, link, lens, frames, offer }
}

test('whole with nothing and with one fixed delay; counted as on the wire', () => {
  const { world, link, lens, offer } = offloaded({})
  offer()
  assert.equal(lens, [LEN])
  link.out.settings = { ...link.out.settings, delay: fixed(5 * MS) }
  offer()
  assert.equal([lens.length, link.out.waiting], [1, 1])
  world.drain()
  assert.equal([lens, world.time, link.out.counters.inFrames], [[LEN, LEN], 5 * MS, 2 * SEGMENTS])
})

for (const [what, settings] of [
  ['loss', { lossFrames: Float64Array.of(99, 99) }], ['a rate', { rate: fixed(1e9) }],
  ['jitter', { delay: { ...fixed(MS), spread: 1, scale: 1 } }], ['noise', { corrupt: 1e-9 }], ['an MTU', { mtu: fixed(1514) }]
] as const) {
  test(`cut where there is ${what}`, () => {
    const { world, lens, offer } = offloaded(settings)
    offer()
    world.drain()
    assert.equal(lens, Array.from({ length: SEGMENTS }, () => HEADERS + MSS))
  })
}

test('cut where somebody is told of each frame', () => {
  const { link, lens, offer } = offloaded({})
  const told: number[] = []
  link.out.onDelivered = (len) => { told.push(len) }
  offer()
  assert.equal([told, lens], [lens, Array.from({ length: SEGMENTS }, () => HEADERS + MSS)])
  link.out.onDelivered = null
  const judged: number[] = []
  link.out.recorder = { onJudged (index) { judged.push(index) }, onDropped () {} }
  offer()
  assert.equal(judged, [SEGMENTS, SEGMENTS + 1, SEGMENTS + 2])
})

test('checksums are complete before a bit is flipped, so that the receiver sees it', () => {
  const { world, frames, offer } = offloaded({ corrupt: 100, corruptBits: 1 })
  offer()
  world.drain()
  assert.is(frames.length, SEGMENTS)
  const pseudo = (frame: Uint8Array): number[] => [...frame.subarray(26, 34), 0, 6, ...numberOf(frame.length - 34)]
  const sums = frames.map((frame) => slowSum([...pseudo(frame), ...frame.subarray(34)]))
  const ip = frames.map((frame) => slowSum(frame.subarray(14, 34)))
  const isWrong = frames.map((frame, i) => sums[i] !== 0xffff || ip[i] !== 0xffff || isHeaderHit(frame))
  assert.equal(isWrong, [true, true, true])
})

const numberOf = (value: number): number[] => [value >> 8, value & 0xff]

/** The flipped bit lies in the Ethernet header, which no checksum covers. */
const isHeaderHit = (frame: Uint8Array): boolean => {
  const plain = made.subarray(OFFLOAD, OFFLOAD + 14)
  return frame.subarray(0, 14).some((octet, i) => octet !== plain[i])
}

test('what does not agree with its header is dropped and counted', () => {
  const { link, lens } = offloaded({ delay: fixed(MS) })
  const buf = new Uint8Array(HEADROOM + LEN)
  buf.set(made, HEADROOM - OFFLOAD)
  link.send(buf, HEADROOM, 40)
  assert.equal([lens, link.out.counters.drops.malformed], [[], 1])
  clearOffload(buf, HEADROOM)
  link.send(buf, HEADROOM, 60)
  assert.is(link.out.waiting, 1)
})

test.run()
