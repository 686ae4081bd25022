import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BPDU_FRAME, bridgeId, readBpdu, TCN, writeBpdu, type Bpdu } from './bpdu.ts'
import { hex, seeded } from './testing.ts'

const HEAD = '0180c2000000 02000000000a'
const FIELDS = '8000 02000000000a 00004e20 8000 02000000000b 8014 0100 1400 0200 0f00'
const VECTORS: ReadonlyArray<readonly [string, string, Partial<Bpdu> | null]> = [
  ['an RST BPDU', `${HEAD} 0027 424203 0000 02 02 7c ${FIELDS} 00`, {
    kind: 'rst',
    version: 2,
    flags: 0x7c,
    rootId: '800002000000000a',
    rootPathCost: 20_000,
    bridgeId: '800002000000000b',
    portId: 0x8014,
    messageAge: 1,
    maxAge: 20,
    helloTime: 2,
    forwardDelay: 15
  }],
  ['a Configuration BPDU', `${HEAD} 0026 424203 0000 00 00 81 ${FIELDS}`, { kind: 'config', version: 0, flags: 0x81 }],
  ['a TCN BPDU', `${HEAD} 0007 424203 0000 00 80`, { kind: 'tcn' }],
  ['an RST BPDU of a later version, longer', `${HEAD} 0069 424203 0000 03 02 7c ${FIELDS} 00 0040 ${'00'.repeat(64)}`, { kind: 'rst', version: 3 }],
  ['padding behind', `${HEAD} 0007 424203 0000 00 80 ${'00'.repeat(39)}`, { kind: 'tcn' }],
  ['an RST BPDU of version 0', `${HEAD} 0027 424203 0000 00 02 7c ${FIELDS} 00`, null],
  ['an RST BPDU one octet short', `${HEAD} 0026 424203 0000 02 02 7c ${FIELDS}`, null],
  ['a length beyond the frame', `${HEAD} 0027 424203 0000 02 02 7c ${FIELDS}`, null],
  ['another protocol', `${HEAD} 0007 424203 0001 00 80`, null],
  ['another SAP', `${HEAD} 0007 424003 0000 00 80`, null],
  ['another type', `${HEAD} 0007 424203 0000 00 81`, null],
  ['a Configuration BPDU as old as it may not be', `${HEAD} 0026 424203 0000 00 00 00 8000 02000000000a 00004e20 8000 02000000000b 8014 1400 1400 0200 0f00`, null]
]

const codec = suite('BPDU codec')

for (const [name, text, wanted] of VECTORS) {
  codec(`readBpdu of ${name}`, () => {
    const frame = hex(`dead ${text}`)
    const got = readBpdu(frame, 2, frame.length - 2)
    if (wanted === null) assert.is(got, null)
    else for (const [key, value] of Object.entries(wanted)) assert.is(got?.[key as keyof Bpdu], value, key)
  })
}

codec('writeBpdu writes what readBpdu reads, padded', () => {
  for (const [, text, wanted] of VECTORS) {
    if (wanted === null || text.includes('0069')) continue
    const frame = hex(text)
    const bpdu = readBpdu(frame, 0, frame.length)!
    const buf = new Uint8Array(4 + BPDU_FRAME + 4).fill(0xee)
    writeBpdu(buf, 4, bpdu, 0x0200, 10)
    assert.equal(buf.subarray(4, 4 + frame.length), frame)
    assert.is(buf[3], 0xee)
    assert.is(buf[4 + BPDU_FRAME], 0xee)
    assert.equal(readBpdu(buf, 4, BPDU_FRAME), bpdu)
  }
})

codec('readBpdu is null for every truncation', () => {
  const frame = hex(VECTORS[0]![1])
  for (let len = 0; len < frame.length; len++) assert.is(readBpdu(frame, 0, len), null)
})

codec('readBpdu takes any octets', () => {
  const random = seeded(7)
  for (let i = 0; i < 2000; i++) {
    const frame = random.octets(random.int(80))
    if (i % 2 === 0) frame.set(hex('0027 424203 0000 02 02').subarray(0, Math.max(0, frame.length - 12)), Math.min(12, frame.length))
    const got = readBpdu(frame, 0, frame.length)
    if (got !== null) assert.ok(got.portId <= 0xffff && got.rootPathCost >= 0)
  }
})

codec('bridgeId orders as numbers do', () => {
  const ids = [
    bridgeId(0, 0xffff, -1), bridgeId(0x1000, 0, 1), bridgeId(0x1000, 0, 0x7fffffff), bridgeId(0x1000, 0, -1),
    bridgeId(0x8000, 0x0200, 10)
  ]
  assert.equal([...ids].reverse().sort(), ids)
  assert.is(ids[4], '800002000000000a')
  assert.is(TCN.rootPathCost, 0)
})

codec.run()
