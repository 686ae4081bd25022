import { constants } from 'node:os'
import { createCipheriv } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, type Cipher } from './index.ts'
import { bytesPerRun } from './testing.ts'

const KEY = Uint8Array.from(Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex'))
const IV = Uint8Array.from(Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'))
const PLAIN = Uint8Array.from({ length: 64 }, (_, i) => i * 5)

const open = (isChained: boolean, isEncryption: boolean): Cipher => {
  const cipher = native.cipherOpen(isChained, isEncryption, KEY)
  assert.type(cipher, 'object')
  return cipher as Cipher
}

const test = suite('native ciphers')

for (const [name, isChained] of [['aes-128-ecb', false], ['aes-128-cbc', true]] as const) {
  test(`${name} is what node:crypto makes of it, and comes back`, () => {
    const theirs = createCipheriv(name, KEY, isChained ? IV : null).setAutoPadding(false)
    const wanted = Uint8Array.from(Buffer.concat([theirs.update(PLAIN), theirs.final()]))
    const out = new Uint8Array(70)
    const [there, back] = [open(isChained, true), open(isChained, false)]
    for (let again = 0; again < 2; again++) {
      assert.is(native.cipherRun(there, IV, PLAIN, 0, 64, out, 3), 64)
      assert.equal(out.subarray(3, 67), wanted)
      assert.is(native.cipherRun(back, IV, out, 3, 64, out, 3), 64, 'in place')
      assert.equal(out.subarray(3, 67), PLAIN)
    }
  })
}

test('no blocks are no work, a part of one is refused', () => {
  const cipher = open(true, true)
  assert.is(native.cipherRun(cipher, IV, PLAIN, 0, 0, PLAIN, 0), 0)
  assert.is(native.cipherRun(cipher, IV, PLAIN, 0, 15, new Uint8Array(64), 0), -constants.errno.EINVAL)
})

test('a key of another length is refused', () => {
  assert.is(native.cipherOpen(true, true, KEY.subarray(1)), -constants.errno.EINVAL)
})

test('spans outside of their buffers, and what is no cipher, are programmer mistakes', () => {
  const cipher = open(true, true)
  assert.throws(() => native.cipherRun(cipher, IV, PLAIN, 1, 64, new Uint8Array(64), 0), RangeError)
  assert.throws(() => native.cipherRun(cipher, IV, PLAIN, 0, 64, new Uint8Array(63), 0), RangeError)
  assert.throws(() => native.cipherRun(cipher, IV.subarray(1), PLAIN, 0, 64, new Uint8Array(64), 0), RangeError)
  assert.throws(() => native.cipherRun({} as unknown as Cipher, IV, PLAIN, 0, 64, new Uint8Array(64), 0), TypeError)
})

test('a run allocates nothing', () => {
  const cipher = open(true, true)
  const out = new Uint8Array(64)
  assert.ok(bytesPerRun(() => { native.cipherRun(cipher, IV, PLAIN, 0, 64, out, 0) }) < 1)
})

test.run()
