import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as offload from './offload.ts'
import { dei, isTagged, pcp, popTag, pushTag, setTagControl, TAG, tagControl, vid } from './vlan.ts'
import { bytesPerRun, hex, seeded } from './testing.ts'

// Slack, dst, src, tag (pcp 5, dei 1, vid 0x234), IPv4, one octet.
const TAGGED = hex('dead ffffffffffff 020000000001 8100 b234 0800 45')

const read = suite('vlan accessors')

read('every field reads at a non-zero offset', () => {
  assert.equal([tagControl(TAGGED, 2), vid(TAGGED, 2), pcp(TAGGED, 2), dei(TAGGED, 2)], [0xb234, 0x234, 5, 1])
})

for (const [len, want] of [[19, true], [18, true], [17, false], [14, false]] as const) {
  read(`isTagged of ${len} octets is ${want}`, () => { assert.is(isTagged(TAGGED, 2, len), want) })
}

read('another tag type is no tag', () => {
  const frame = new Uint8Array(TAGGED)
  frame[14] = 0x88
  frame[15] = 0xa8
  assert.not(isTagged(frame, 2, 19))
})

read('setTagControl writes 16 bits', () => {
  const frame = new Uint8Array(TAGGED)
  setTagControl(frame, 2, 0x0fff)
  assert.is(tagControl(frame, 2), 0x0fff)
})

read.run()

const change = suite('pushTag and popTag')

// An offload header (csum pending, TCPv4, headers 66, segments 1448, checksum from 34 at 16, 1 buffer), then an IPv4 frame.
const OFFLOADED = hex('01 01 4200 a805 2200 1000 0100  ffffffffffff 020000000001 0800 4500')

change('pushTag puts the tag behind the addresses and shifts csumStart and hdrLen', () => {
  const buf = new Uint8Array(32 + 16).fill(0xcc)
  buf.set(OFFLOADED, 20)
  assert.is(pushTag(buf, 32, 0x0005), 28)
  assert.equal(buf.subarray(16, 48), hex('01 01 4600 a805 2600 1000 0100  ffffffffffff 020000000001 8100 0005 0800 4500'))
  assert.equal(buf.subarray(0, 16), new Uint8Array(16).fill(0xcc))
})

change('popTag takes it out again', () => {
  const buf = new Uint8Array(32 + 16)
  buf.set(OFFLOADED, 20)
  assert.is(popTag(buf, pushTag(buf, 32, 5)), 32)
  assert.equal(buf.subarray(20), OFFLOADED)
})

change('a zero header stays zero', () => {
  const buf = new Uint8Array(64)
  const at = pushTag(buf, 32, 1)
  assert.equal(buf.subarray(at - 12, at), new Uint8Array(12))
  assert.ok(offload.isPlain(buf, at))
  popTag(buf, at)
  assert.equal(buf.subarray(20, 32), new Uint8Array(12))
})

change('both ways, both orders, leave header and frame as they were', () => {
  const random = seeded(3)
  for (let i = 0; i < 500; i++) {
    const buf = random.octets(100)
    offload.setHdrLen(buf, 32, random.pick([0, 1, 4, 54, 66, 65531, 65535, random.int(65536)]))
    offload.setCsumStart(buf, 32, random.pick([0, 3, 4, 5, 34, 38, 65532, 65533, random.int(65536)]))
    const before = new Uint8Array(buf.subarray(20))
    popTag(buf, pushTag(buf, 32, random.int(65536)))
    assert.equal(buf.subarray(20), before)
    setTagControl(buf, 32, 7)
    buf[44] = 0x81
    buf[45] = 0
    const tagged = new Uint8Array(buf.subarray(20))
    assert.is(pushTag(buf, popTag(buf, 32), 7), 32)
    assert.equal(buf.subarray(20), tagged)
  }
})

change('allocates nothing', () => {
  const buf = new Uint8Array(128)
  const used = bytesPerRun((i) => { popTag(buf, pushTag(buf, 32, i & 0xfff)) })
  assert.is(TAG, 4)
  assert.ok(used < 1, `${used} octets a run`)
})

change.run()

const header = suite('offload accessors')

header('every field reads little-endian in front of off', () => {
  const { flags, gsoType, hdrLen, gsoSize, csumStart, csumOffset } = offload
  const fields = [flags, gsoType, hdrLen, gsoSize, csumStart, csumOffset]
  assert.equal(fields.map((field) => field(OFFLOADED, 12)), [1, 1, 66, 1448, 34, 16])
})

header('the setters write it', () => {
  const buf = new Uint8Array(20)
  offload.setFlags(buf, 12, 1)
  offload.setGsoType(buf, 12, offload.GSO_TCPV4)
  offload.setHdrLen(buf, 12, 66)
  offload.setGsoSize(buf, 12, 1448)
  offload.setCsumStart(buf, 12, 34)
  offload.setCsumOffset(buf, 12, 16)
  assert.equal(buf.subarray(0, 10), OFFLOADED.subarray(0, 10))
})

for (const [octets, want] of [
  ['0000', true], ['0200', true], ['0100', false], ['0001', false], ['0081', false], ['0304', false]
] as const) {
  header(`isPlain of flags and type ${octets} is ${want}`, () => {
    const buf = new Uint8Array(14)
    buf.set(hex(octets), 1)
    assert.is(offload.isPlain(buf, 13), want)
  })
}

header('clearOffload clears 12 octets', () => {
  const buf = new Uint8Array(20).fill(9)
  offload.clearOffload(buf, 14)
  assert.equal([...buf], [9, 9, ...new Array(12).fill(0), 9, 9, 9, 9, 9, 9])
})

header.run()
