import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  big16, checksum, completeChecksum, copySum, fold, pseudoIpv4, pseudoIpv6, setBig16, sumOctets, sumWords, updateChecksum
} from './checksum.ts'
import { slowSum } from './testing-super-frame.ts'
import { bytesPerRun, hex, seeded } from './testing.ts'

const sums = suite('checksum')

sums('sumOctets of the example of RFC 1071 is ddf2', () => {
  assert.is(sumOctets(hex('ff 0001 f203 f4f5 f6f7'), 1, 8), 0xddf2)
})

sums('an odd last octet is the high half of a word', () => {
  assert.is(sumOctets(hex('0001 f203 f4'), 0, 5), 0x0001 + 0xf203 + 0xf400 - 0xffff)
})

sums('checksum of a known IPv4 header is b861, and 0 over the header with it', () => {
  const header = hex('4500 0073 0000 4000 4011 0000 c0a80001 c0a800c7')
  assert.is(checksum(header, 0, 20), 0xb861)
  setBig16(header, 10, 0xb861)
  assert.is(checksum(header, 0, 20), 0)
})

for (const [sum, want] of [[0, 0], [0xffff, 0xffff], [0x10000, 1], [0xffffffff, 0xffff], [0xfffeffff, 0xfffe]] as const) {
  sums(`fold of ${sum.toString(16)} is ${want.toString(16)}`, () => { assert.is(fold(sum), want) })
}

sums('65 536 octets of ff do not overflow', () => {
  assert.is(sumOctets(new Uint8Array(65536).fill(0xff), 0, 65536), 0xffff)
})

sums('updateChecksum equals a checksum made anew, also where RFC 1141 went wrong', () => {
  const random = seeded(11)
  for (let i = 0; i < 2000; i++) {
    const octets = random.octets(20)
    if (i === 0) octets.set(hex('ffff ffff'), 0)
    const before = checksum(octets, 0, 20)
    const old = big16(octets, 4)
    const to = random.pick([0, 0xffff, random.int(65536)])
    setBig16(octets, 4, to)
    assert.is(updateChecksum(before, old, to), checksum(octets, 0, 20))
  }
  assert.is(updateChecksum(0xdd2f, 0x5555, 0x3285), 0x0000) // [RFC 1624 4]
})

sums('the pseudo headers hold addresses, protocol and length', () => {
  const v4 = hex('aa 4500 0028 0000 4000 4006 0000 0a000001 0a000002')
  assert.is(pseudoIpv4(v4, 1, 6, 20), slowSum(hex('0a000001 0a000002 0006 0014')))
  const v6 = new Uint8Array([...hex('aa 60000000 0014 06 40'), ...seeded(4).octets(32)])
  assert.is(pseudoIpv6(v6, 1, 6, 20), slowSum([...v6.subarray(9), 0, 6, 0, 20]))
})

sums('completeChecksum sums from start to end, field included', () => {
  const buf = hex('ff 1234 5678 0003 9a')
  completeChecksum(buf, 1, 5, 8)
  assert.is(big16(buf, 5), ~slowSum(hex('1234 5678 0003 9a')) & 0xffff)
})

sums('completeChecksum writes ffff in place of 0', () => {
  const buf = hex('ffff 0000')
  completeChecksum(buf, 0, 2, 4)
  assert.is(big16(buf, 2), 0xffff)
})

sums('copySum copies any length from any place, sums it, and clears to the end of the word', () => {
  const random = seeded(5)
  for (let i = 0; i < 1000; i++) {
    const from = random.octets(300)
    const at = random.int(20)
    const len = random.int(280)
    const to = new Uint8Array(400).fill(0xaa)
    const sum = copySum(new Uint32Array(to.buffer), 3, new DataView(from.buffer), at, len)
    assert.equal(to.subarray(12, 12 + len), from.subarray(at, at + len))
    const end = 12 + ((len + 3) & ~3)
    assert.equal([...to.subarray(12 + len, end)], new Array(end - 12 - len).fill(0))
    assert.is(to[end], 0xaa)
    assert.is(sum, slowSum(from.subarray(at, at + len)))
  }
})

sums('sumWords takes the largest sum there can be', () => {
  const words = new Uint32Array(16_400).fill(0xffffffff)
  assert.is(sumWords(words, 0, words.length), 0xffff)
})

sums('allocates nothing', () => {
  const from = seeded(6).octets(1500)
  const view = new DataView(from.buffer)
  const words = new Uint32Array(400)
  let sum = 0
  const used = bytesPerRun((i) => { sum ^= copySum(words, 0, view, i & 15, 300) ^ sumOctets(from, i & 15, 60) }, 400_000)
  assert.ok(used < 1, `${used} octets a run (${sum})`)
})

sums.run()
