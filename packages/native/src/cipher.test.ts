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

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i)
const NONCE = Uint8Array.from(Buffer.from('070000004041424344454647', 'hex'))

const aead = (isEncryption: boolean): Cipher => {
  const cipher = native.aeadOpen(isEncryption, SECRET)
  assert.type(cipher, 'object')
  return cipher as Cipher
}

test('chacha20-poly1305 is what node:crypto makes of it, and comes back in place', () => {
  const theirs = createCipheriv('chacha20-poly1305', SECRET, NONCE, { authTagLength: 16 })
  const wanted = Uint8Array.from(Buffer.concat([theirs.update(PLAIN), theirs.final(), theirs.getAuthTag()]))
  const [there, back] = [aead(true), aead(false)]
  const text = new Uint8Array(90)
  for (let again = 0; again < 2; again++) {
    text.set(PLAIN, 3)
    assert.is(native.aeadRun(there, NONCE, text, 3, 80), 64)
    assert.equal(text.subarray(3, 83), wanted)
    assert.is(native.aeadRun(back, NONCE, text, 3, 80), 64)
    assert.equal(text.subarray(3, 67), PLAIN)
  }
})

test('a sealed text that was changed anywhere is refused, an empty one is a tag', () => {
  const [there, back] = [aead(true), aead(false)]
  const sealed = new Uint8Array(40)
  native.aeadRun(there, NONCE, sealed, 0, 40)
  for (let i = 0; i < 40; i++) {
    const text = new Uint8Array(sealed)
    text[i]! ^= 1
    assert.is(native.aeadRun(back, NONCE, text, 0, 40), -constants.errno.EBADMSG)
  }
  assert.is(native.aeadRun(back, IV, sealed, 0, 40), -constants.errno.EBADMSG, 'another nonce')
  const empty = new Uint8Array(16)
  assert.is(native.aeadRun(there, NONCE, empty, 0, 16), 0)
  assert.is(native.aeadRun(back, NONCE, empty, 0, 16), 0)
})

test('what cannot be an AEAD call is refused', () => {
  const EINVAL = -constants.errno.EINVAL
  assert.is(native.aeadOpen(true, KEY), EINVAL)
  assert.is(native.aeadRun(aead(true), NONCE, new Uint8Array(40), 0, 15), EINVAL, 'no room for a tag')
  assert.is(native.aeadRun(open(true, true), NONCE, new Uint8Array(40), 0, 40), EINVAL, 'a cipher of the other kind')
  assert.is(native.cipherRun(aead(true), IV, PLAIN, 0, 64, new Uint8Array(64), 0), EINVAL)
  assert.throws(() => native.aeadRun(aead(true), NONCE, new Uint8Array(40), 1, 40), RangeError)
  assert.throws(() => native.aeadRun(aead(true), NONCE.subarray(1), new Uint8Array(40), 0, 40), RangeError)
  assert.throws(() => native.aeadRun(7 as unknown as Cipher, NONCE, new Uint8Array(40), 0, 40), TypeError)
})

test('sealing and opening allocate nothing', () => {
  const [there, back] = [aead(true), aead(false)]
  const text = new Uint8Array(80)
  assert.ok(bytesPerRun(() => { native.aeadRun(there, NONCE, text, 0, 80); native.aeadRun(back, NONCE, text, 0, 80) }) < 1)
})

test.run()
