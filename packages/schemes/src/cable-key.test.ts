import { chmodSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { agree, newCableKey, parsePublicKey, publicKeyOf, readCableKey } from './cable-key.ts'
import { readSharedSecret } from './secret-file.ts'
import { scratch } from './testing.ts'

const octets = (text: string): Buffer => Buffer.from(text, 'hex')

// RFC 7748 6.1: Bob's keys, Alice's public one, what they share.
const BOB = octets('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')
const BOB_PUBLIC = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'
const ALICE_PUBLIC = octets('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
const SHARED = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'

const keys = suite('cable keys')

keys('public keys and agreements are those of RFC 7748', () => {
  assert.is(publicKeyOf(BOB).toString('hex'), BOB_PUBLIC)
  assert.is(agree(BOB, ALICE_PUBLIC).toString('hex'), SHARED)
})

keys('a new key is another one each time, and agrees with others', () => {
  const [a, b] = [newCableKey(), newCableKey()]
  assert.not.equal(a, b)
  assert.equal(agree(a, publicKeyOf(b)), agree(b, publicKeyOf(a)))
})

keys('a point of small order gives no secret', () => {
  assert.throws(() => agree(BOB, new Uint8Array(32)))
  assert.throws(() => agree(BOB, Uint8Array.of(1, ...new Uint8Array(31))))
})

for (const text of ['', 'abc', `${BOB_PUBLIC}0`, BOB_PUBLIC.replace('d', 'g')]) {
  keys(`"${text}" is no public key`, () => { assert.throws(() => parsePublicKey(text, 'peer', 'test'), /^Cannot test: peer is ".*", 64 hex/) })
}

keys.run()

const files = suite('files with secrets')

files('are read by their owner, with a line end or without, and refused when others may use them', () => {
  const dir = scratch()
  const file = `${dir.path}/key`
  writeFileSync(file, `${BOB.toString('hex')}\n`, { mode: 0o600 })
  assert.equal(readCableKey(file, 'test'), BOB)
  assert.equal(readSharedSecret(file, 'test'), BOB)
  for (const mode of [0o604, 0o640, 0o602, 0o620, 0o666]) {
    chmodSync(file, mode)
    assert.throws(() => readCableKey(file, 'test'), new RegExp(`others may use ".*key" \\(mode ${mode.toString(8)}\\), 0600 is wanted`))
  }
  dir.remove()
})

files('that hold none, or much more, say so', () => {
  const dir = scratch()
  const file = `${dir.path}/key`
  for (const [content, key, secret] of [
    ['', /holds no key, 64 hex/, /holds no secret, 32 hex/],
    ['ab'.repeat(15), /holds no key/, /holds no secret/],
    ['ab'.repeat(33), /holds no key/, null],
    ['x'.repeat(70_000), /is too long/, /is too long/]
  ] as const) {
    writeFileSync(file, content, { mode: 0o600 })
    assert.throws(() => readCableKey(file, 'test'), key)
    if (secret !== null) assert.throws(() => readSharedSecret(file, 'test'), secret)
  }
  assert.throws(() => readCableKey(`${dir.path}/none`, 'test'), /no such file or directory/)
  assert.throws(() => readCableKey(dir.path, 'test'))
  dir.remove()
})

files.run()
