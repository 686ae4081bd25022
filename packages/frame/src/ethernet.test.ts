import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  copyMac, etherType, isBroadcast, isFrame, isGroup, macHi, macLo, sameMac, setEtherType, setMac
} from './ethernet.ts'
import { formatHalves, formatMac, parseMac, randomMac } from './mac.ts'
import { bytesPerRun, hex, seeded } from './testing.ts'

// dst broadcast, src 02:00:00:00:00:01, ARP; two octets of slack in front so an accessor that forgets `off` fails here.
const FRAME = hex('dead ffffffffffff 020000000001 0806 0001')

const read = suite('ethernet accessors')

read('every field reads at a non-zero offset', () => {
  assert.is(etherType(FRAME, 2), 0x0806)
  assert.equal([isGroup(FRAME, 2), isGroup(FRAME, 8)], [true, false])
  assert.equal([isBroadcast(FRAME, 2), isBroadcast(FRAME, 8)], [true, false])
  assert.equal([macHi(FRAME, 8), macLo(FRAME, 8)], [0x0200, 1])
})

read('macLo is signed, so ff:ff:ff:ff is -1', () => { assert.is(macLo(FRAME, 2), -1) })

read('33:33 multicast is group, not broadcast', () => {
  const mac = hex('00 33330000fffe')
  assert.equal([isGroup(mac, 1), isBroadcast(mac, 1)], [true, false])
})

for (const [len, want] of [[0, false], [13, false], [14, true], [65557, true], [65558, false], [-1, false]] as const) {
  read(`isFrame(${len}) is ${want}`, () => { assert.is(isFrame(len), want) })
}

read('setMac, copyMac and sameMac agree with the halves', () => {
  const random = seeded(1)
  for (let i = 0; i < 1000; i++) {
    const mac = random.octets(9)
    const out = new Uint8Array(12)
    setMac(out, 1, macHi(mac, 2), macLo(mac, 2))
    assert.equal(out.subarray(1, 7), mac.subarray(2, 8))
    assert.equal([out[0], out[7]], [0, 0])
    copyMac(out, 5, mac, 2)
    assert.ok(sameMac(out, 5, mac, 2))
    out[5 + random.int(6)] ^= 1 << random.int(8)
    assert.not(sameMac(out, 5, mac, 2))
  }
})

read('setEtherType writes two octets', () => {
  const frame = new Uint8Array(20)
  setEtherType(frame, 2, 0x86dd)
  assert.equal([etherType(frame, 2), frame[13], frame[16]], [0x86dd, 0, 0])
})

read('accessors allocate nothing', () => {
  let sum = 0
  const used = bytesPerRun(() => { sum = (sum + macHi(FRAME, 2) + macLo(FRAME, 8) + etherType(FRAME, 2)) | 0 })
  assert.ok(used < 1, `${used} octets a run`)
})

read.run()

const mac = suite('mac')

for (const [text, octets] of [
  ['02:00:00:00:00:01', '020000000001'], ['2:0:0:0:0:1', '020000000001'], ['FF.ee.Dd.0.1.2', 'ffeedd000102']
] as const) {
  mac(`parseMac reads ${text}`, () => { assert.equal(parseMac(text), hex(octets)) })
}

for (const text of [
  '', '02:00:00:00:00', '02:00:00:00:00:01:02', '0200.0000.0001', '02:00:00.00:00:01', '02-00-00-00-00-01', '002:0:0:0:0:1',
  'g2:0:0:0:0:1', ' 2:0:0:0:0:1', '2:0:0:0:0:1\n', '2::0:0:0:1', '020000000001'
]) {
  mac(`parseMac refuses ${JSON.stringify(text)}`, () => { assert.is(parseMac(text), null) })
}

mac('formatMac and formatHalves write it back', () => {
  const random = seeded(2)
  for (let i = 0; i < 200; i++) {
    const octets = random.octets(8)
    const text = formatMac(octets, 1)
    assert.equal(parseMac(text), new Uint8Array(octets.subarray(1, 7)))
    assert.is(formatHalves(macHi(octets, 1), macLo(octets, 1)), text)
  }
})

mac('randomMac is unicast and locally administered', () => {
  for (const octet of [0, 0xff, 0x5a]) assert.is(randomMac(() => octet)[0] & 3, 2)
})

mac.run()
