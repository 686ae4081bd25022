import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cleanHeader } from './received-header.ts'

const LEN = 100
const OFF = 16

/** Twelve octets of header as hex, in front of a frame of LEN octets. */
const framed = (header: string): Uint8Array => {
  const buf = new Uint8Array(OFF + LEN)
  buf.set(Buffer.from(header.replace(/\s/g, ''), 'hex'), OFF - 12)
  return buf
}

const header = suite('cleanHeader')

// flags, type, hdrLen, gsoSize, csumStart, csumOffset, numBuffers
for (const [what, text, want] of [
  ['an ordinary frame', '00 00 0000 0000 0000 0000 0000', true],
  ['a valid checksum as ordinary', '02 00 0000 0000 0000 0000 0000', true],
  ['a pending checksum', '01 00 0000 0000 2200 1000 0000', true],
  ['a checksum at the very end', '01 00 0000 0000 2200 4000 0000', true],
  ['TCP over IPv4', '01 01 4200 a805 2200 1000 0000', true],
  ['TCP over IPv6 with ECN', '01 84 4200 a805 3600 1000 0000', true],
  ['UDP', '01 05 4200 a805 2200 0600 0000', true],
  ['no checksum behind the end', '01 00 0000 0000 2200 4100 0000', false],
  ['no checksum that starts in the Ethernet header', '01 00 0000 0000 0d00 1000 0000', false],
  ['no segments without a checksum', '00 01 4200 a805 2200 1000 0000', false],
  ['no segments of nothing', '01 01 4200 0000 2200 1000 0000', false],
  ['no fragments', '01 03 4200 a805 2200 1000 0000', false],
  ['no unknown kind', '01 07 4200 a805 2200 1000 0000', false],
  ['no ECN alone', '01 80 4200 a805 2200 1000 0000', false],
  ['no other octet order', '01 01 0042 05a8 0022 0010 0000', false]
] as const) {
  header(`takes ${what}`, () => { assert.is(cleanHeader(framed(text), OFF, LEN), want) })
}

header('clears undefined flags and numBuffers, nothing else', () => {
  const buf = framed('ff 01 4200 a805 2200 1000 ffff')
  assert.ok(cleanHeader(buf, OFF, LEN))
  assert.equal(buf, framed('01 01 4200 a805 2200 1000 0000'))
})

header.run()
