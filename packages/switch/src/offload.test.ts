/** Frames with an offload header through the switch: whole to links that take it, as segments to the others. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isPlain, OFFLOAD, setGsoSize } from '@vde-ts/frame/offload.js'
import { Segmenter } from '@vde-ts/frame/segment.js'
import { superFrame, type SuperFrameSpec } from '@vde-ts/frame/testing-super-frame.js'
import { bytesPerRun, seeded } from '@vde-ts/frame/testing.js'
import { HEADROOM } from '@vde-ts/link/link.js'
import { FrameQueue, QueueBudget } from './queue.ts'
import { FakeLink, makeSwitch, plug, type Plugged } from './testing.ts'
import type { Switch } from './switch.ts'

const SPEC: SuperFrameSpec = { version: 4, dst: 'ffffffffffff', src: '02000000000a', payload: seeded(1).octets(3000), gsoSize: 1448 }
const HEADERS = 54
const WIRE_OCTETS = 3000 + 3 * HEADERS

/** The frame in a buffer with headroom. */
const laid = (octets: Uint8Array): Uint8Array => {
  const buf = new Uint8Array(HEADROOM - OFFLOAD + octets.length)
  buf.set(octets, HEADROOM - OFFLOAD)
  return buf
}

/** Gives a super-frame, and checks that it comes back as it was. */
const giveSuper = (from: Plugged, octets: Uint8Array): void => {
  const buf = laid(octets)
  const before = buf.slice(HEADROOM - OFFLOAD) // what lies in front may be written to
  from.endpoint.onFrame(buf, HEADROOM, octets.length - OFFLOAD)
  assert.ok(Buffer.from(before).equals(buf.subarray(HEADROOM - OFFLOAD)), 'restored')
}

const segmentsOf = (octets: Uint8Array): string[] => {
  const segmenter = new Segmenter()
  const count = segmenter.cut(laid(octets), HEADROOM, octets.length - OFFLOAD)
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(segmenter.buf.subarray(segmenter.at(i), segmenter.at(i) + segmenter.len(i))).toString('hex'))
}
const wholeOf = (octets: Uint8Array): string => Buffer.from(octets.subarray(OFFLOAD)).toString('hex')

/** `count` ports, those listed with offload. */
const ports = (sw: Switch, count: number, offload: readonly number[]): Plugged[] =>
  Array.from({ length: count }, (_, i) => {
    const plugged = plug(sw, i + 1)
    plugged.link.offload = offload.includes(i + 1)
    return plugged
  })

const super_ = suite('a super-frame')

super_('goes whole to links with offload, in segments to the others', () => {
  const [a, b, c, d] = ports(makeSwitch(), 4, [1, 2])
  giveSuper(a, superFrame(SPEC))
  assert.equal(b.link.sent, [wholeOf(superFrame(SPEC))])
  assert.equal(c.link.sent, segmentsOf(superFrame(SPEC)))
  assert.equal(d.link.sent, c.link.sent)
  assert.equal(a.link.sent, [])
})

super_('counts as its segments, in and out, whatever the link takes', () => {
  const sw = makeSwitch()
  const [a] = ports(sw, 3, [1, 2])
  giveSuper(a, superFrame(SPEC))
  assert.equal([sw.port(1).inFrames, sw.port(1).inBytes], [3, WIRE_OCTETS])
  for (const number of [2, 3]) {
    assert.equal([sw.port(number).outFrames, sw.port(number).outBytes], [3, WIRE_OCTETS])
  }
})

super_('keeps its offload header for links that take it, and segments have none', () => {
  const [a, b, c] = ports(makeSwitch(), 3, [1, 2])
  const octets = superFrame(SPEC)
  b.link.onSend = (buf, off) => { assert.equal(buf.slice(off - OFFLOAD, off), octets.slice(0, OFFLOAD)) }
  c.link.onSend = (buf, off) => { assert.ok(off >= HEADROOM && isPlain(buf, off)) }
  giveSuper(a, octets)
  assert.equal([b.link.count, c.link.count], [1, 3])
})

super_('is cut with the tag for tagged ports and without for the others', () => {
  const sw = makeSwitch()
  const [a, b, c, d] = ports(sw, 4, [3])
  sw.vlan.create(5)
  sw.vlan.setUntagged(1, 5)
  sw.vlan.setUntagged(4, 5)
  sw.vlan.addPort(5, 2)
  sw.vlan.addPort(5, 3)
  giveSuper(a, superFrame(SPEC))
  const tagged = superFrame({ ...SPEC, tags: ['8100 0005'] })
  assert.equal(b.link.sent, segmentsOf(tagged))
  assert.equal(c.link.sent, [wholeOf(tagged)])
  assert.equal(d.link.sent, segmentsOf(superFrame(SPEC)))
  for (const link of [b.link, c.link, d.link]) link.sent = []
  giveSuper(b, tagged)
  assert.equal(a.link.sent, segmentsOf(superFrame(SPEC)))
  assert.equal(c.link.sent, [wholeOf(tagged)])
  assert.equal(sw.port(3).outBytes, 2 * (WIRE_OCTETS + 3 * 4))
})

super_('another one at the same place is cut anew', () => {
  const [a, b] = ports(makeSwitch(), 2, [1])
  const buf = laid(superFrame(SPEC))
  a.endpoint.onFrame(buf, HEADROOM, buf.length - HEADROOM)
  const other = superFrame({ ...SPEC, payload: seeded(2).octets(3000) })
  buf.set(other, HEADROOM - OFFLOAD)
  a.endpoint.onFrame(buf, HEADROOM, buf.length - HEADROOM)
  assert.equal(b.link.sent, [...segmentsOf(superFrame(SPEC)), ...segmentsOf(other)])
})

super_('another one that comes in while segments are sent does not disturb them', () => {
  const [a, b, c] = ports(makeSwitch(), 3, [1])
  const other = superFrame({ ...SPEC, src: '02000000000b', payload: seeded(3).octets(9000), gsoSize: 700 })
  let isFirst = true
  b.link.onSend = () => {
    if (!isFirst) return
    isFirst = false
    giveSuper(b, other)
  }
  giveSuper(a, superFrame(SPEC))
  assert.equal(b.link.sent, segmentsOf(superFrame(SPEC)))
  // The inner one reaches c first, whole in itself.
  assert.equal(c.link.sent, [...segmentsOf(other), ...segmentsOf(superFrame(SPEC))])
})

super_('to a link that closes in between stops there, and the others get it', () => {
  const [a, b, c] = ports(makeSwitch(), 3, [1])
  b.link.onSend = () => { b.endpoint.close() }
  giveSuper(a, superFrame(SPEC))
  assert.equal([b.link.count, c.link.count], [1, 3])
})

super_('in a hub is cut too', () => {
  const [a, b, c] = ports(makeSwitch({ isHub: true }), 3, [2])
  giveSuper(a, superFrame(SPEC))
  assert.equal([b.link.count, c.link.count], [1, 3])
})

super_('with a checksum to complete only is completed', () => {
  const [a, b, c] = ports(makeSwitch(), 3, [2])
  const octets = superFrame({ ...SPEC, gsoSize: 0, payload: seeded(4).octets(100) })
  giveSuper(a, octets)
  assert.equal(b.link.sent, [wholeOf(octets)])
  assert.equal(c.link.sent, segmentsOf(octets))
  assert.is.not(b.link.sent[0], c.link.sent[0])
})

super_('to a DHCP client is completed for links with offload as well', () => {
  const [a, b] = ports(makeSwitch(), 2, [1, 2])
  const octets = superFrame({ ...SPEC, protocol: 'udp', ports: [67, 68], gsoSize: 0, payload: seeded(4).octets(300) })
  b.link.onSend = (buf, off) => { assert.ok(isPlain(buf, off)) }
  giveSuper(a, octets)
  assert.equal(b.link.sent, segmentsOf(octets))
})

super_.run()

const lost = suite('a super-frame lost')

lost('a lying header is dropped on the way in, counted and not learnt', () => {
  const sw = makeSwitch()
  const [a, b, c] = ports(sw, 3, [1, 2])
  const octets = superFrame(SPEC)
  setGsoSize(octets, OFFLOAD, 0)
  giveSuper(a, octets)
  assert.equal([b.link.count, c.link.count, sw.port(1).drops.malformed, sw.port(1).inFrames, sw.hash.count], [0, 0, 1, 1, 0])
})

lost('more than 128 segments are dropped for links without offload only', () => {
  const sw = makeSwitch()
  const [a, b, c] = ports(sw, 3, [1, 2])
  giveSuper(a, superFrame({ ...SPEC, gsoSize: 20 }))
  assert.equal([b.link.count, c.link.count], [1, 0])
  assert.equal([sw.port(2).drops.tooManySegments, sw.port(3).drops.tooManySegments], [0, 150])
})

lost('maxFrame is for the segments: of 1502 octets 1502 are taken, 1501 not', () => {
  const sw = makeSwitch()
  const [a, ...others] = ports(sw, 5, [2, 3])
  for (const [i, most] of [1502, 1501, 1502, 1501].entries()) others[i].link.maxFrame = most
  giveSuper(a, superFrame(SPEC))
  assert.equal(others.map(({ link }) => link.count), [1, 0, 3, 0])
  assert.equal([2, 3, 4, 5].map((number) => sw.port(number).drops.oversize), [0, 3, 0, 3])
})

lost('full links queue it whole or in segments, by wire frames and octets, and get it later', () => {
  const sw = makeSwitch()
  const [a, b, c] = ports(sw, 3, [2])
  for (const { link } of [b, c]) link.isFull = true
  giveSuper(a, superFrame(SPEC))
  for (const { endpoint } of [b, c]) assert.equal([endpoint.queue.frames, endpoint.queue.octets], [3, WIRE_OCTETS])
  b.link.onSend = (buf, off) => { assert.equal(buf.slice(off - OFFLOAD, off), superFrame(SPEC).slice(0, OFFLOAD)) }
  for (const { link, endpoint } of [b, c]) {
    link.isFull = false
    endpoint.onWritable()
    assert.equal([endpoint.queue.frames, endpoint.queue.octets], [0, 0])
  }
  assert.equal(b.link.sent, [wholeOf(superFrame(SPEC))])
  assert.equal(c.link.sent, segmentsOf(superFrame(SPEC)))
})

lost('what the queue does not take counts by wire frames', () => {
  const sw = makeSwitch()
  sw.setDefaultQueueLength(2)
  const [a, b, c] = ports(sw, 3, [2])
  for (const { link } of [b, c]) link.isFull = true
  giveSuper(a, superFrame(SPEC))
  giveSuper(a, superFrame(SPEC))
  // With offload one super-frame fits while there is room for a frame; without, two segments.
  assert.equal([b.endpoint.queue.frames, b.endpoint.queueDrops, sw.port(2).drops.queueFull], [3, 3, 3])
  assert.equal([c.endpoint.queue.frames, c.endpoint.queueDrops, sw.port(3).drops.queueFull], [2, 4, 4])
})

lost('losses on the way in count by wire frames', () => {
  const sw = makeSwitch()
  const [a] = ports(sw, 2, [1])
  giveSuper(a, superFrame({ ...SPEC, tags: ['8100 0009'] }))
  giveSuper(a, superFrame({ ...SPEC, dst: '02000000000a', src: '02000000000c' }))
  giveSuper(a, superFrame({ ...SPEC, dst: '02000000000c' }))
  assert.equal([sw.port(1).drops.vlan, sw.port(1).drops.filtered], [3, 3])
})

lost('a queue counts back what it counted', () => {
  const queue = new FrameQueue(new QueueBudget(), 100_000)
  const buf = new Uint8Array(HEADROOM + 5000)
  queue.push(buf, HEADROOM, 5000, 4946, 54)
  queue.push(buf, HEADROOM, 60)
  assert.equal([queue.frames, queue.octets], [4947, 5000 + 4945 * 54 + 60])
  queue.drain(new FakeLink())
  assert.equal([queue.frames, queue.octets], [0, 0])
})

lost.run()

const cost = suite('a super-frame costs')

cost('no heap octets, flooded tagged and untagged, whole and cut', () => {
  const sw = makeSwitch()
  const [a, ...others] = ports(sw, 5, [1, 2, 4])
  for (const { link } of others) link.isMute = true
  sw.vlan.create(5)
  sw.vlan.setUntagged(1, 5)
  for (const number of [2, 3]) sw.vlan.setUntagged(number, 5)
  for (const number of [4, 5]) sw.vlan.addPort(5, number)
  const buf = laid(superFrame({ ...SPEC, payload: seeded(5).octets(600), gsoSize: 200 }))
  const used = bytesPerRun(() => { a.endpoint.onFrame(buf, HEADROOM, buf.length - HEADROOM) }, 100_000)
  assert.is(others[1].link.count, others[3].link.count)
  assert.is(others[1].link.count, 3 * others[0].link.count)
  assert.ok(used < 1, `${used} octets a frame`)
})

cost.run()
