/** The handshake library against vectors that other implementations publish (noise-c, cacophony), messages behind it included. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import Noise, { type KeyPair } from 'noise-handshake'
import { native, type Cipher } from '@vde-ts/native'
import { hex } from '@vde-ts/link/testing.js'
import { publicKeyOf } from '@vde-ts/schemes/cable-key.js'

/** The ephemeral keys of all vectors. */
const EPHEMERAL = [
  '893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a',
  'bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b'
] as const

const STATIC = [
  'e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1',
  '4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893'
] as const

interface Vector {
  readonly pattern: 'IK' | 'NNpsk0'
  readonly prologue: string
  readonly psk?: string
  readonly hash: string
  /** Text and message, from either end in turn; the first two are the handshake. */
  readonly messages: ReadonlyArray<readonly [text: string, message: string]>
}

const VECTORS: readonly Vector[] = [{
  pattern: 'IK',
  prologue: '50726f6c6f677565313233',
  hash: '00e51d2aac81a9b8ebe441d6af3e1c8efc0f030cc608332edcb42588ff6a0ce26415ddc106e95277a5e6d54132f1e5245976b89caf96d262f1fe5a7f0c55c078',
  messages: [
    ['4c756477696720766f6e204d69736573', `ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944
      ba83a447b38c83e327ad936929812f624884847b7831e95e197b2f797088efdd232fe541af156ec6d0657602902a8c3e
      e64e470f4b6fcd9298ce0b56fe20f86e60d9d933ec6e103ffb09e6001d6abb64`],
    ['4d757272617920526f746862617264', `95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843
      9f069b267a06b3de3ecb1043bcb09807c6cd101f3826192a65f11ef3fe4317`],
    ['462e20412e20486179656b', 'cd54383060e7a28434cca27fb1cc524cfbabeb18181589df219d07'],
    ['4361726c204d656e676572', 'a856d3bf0246bfc476c655009cd1ed677b8dcc5b349ae8ef2a05f2'],
    ['4a65616e2d426170746973746520536179', '49063084b2c51f098337cb8a13739ac848f907e67cfb2cc8a8b60586467aa02fc7']
  ]
}, {
  pattern: 'NNpsk0',
  prologue: '4a6f686e2047616c74',
  psk: '54686973206973206d7920417573747269616e20706572737065637469766521',
  hash: 'ed5e9692d0ab507b6c2beec3f584fd5b127817a9d20b26cd50aa72c507260fa31aa7d88dd3723316338af37ce0b4cfb2923aeb848bbf2b934911306f01ffc963',
  messages: [
    ['4c756477696720766f6e204d69736573', `ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944
      ed63df2f5a12aee1185ee9c50305f2ecf12421dcb53c047a63b784cf7c54a105`],
    ['4d757272617920526f746862617264', `95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843
      0e0fe7d5c0c9b92f7478716c8852f1b4f389edb75e3ebe546fafafd5b6f0f7`],
    ['462e20412e20486179656b', '0fe04b26dcfbb69f8a6a94c61f1a26ef88769218d32f5d17c068a6'],
    ['4361726c204d656e676572', '2239e0c540c01f09eb1f4cc5258fd5acfefff18a5a3773f21b7bfe'],
    ['4a65616e2d426170746973746520536179', 'f216cb03d30fb8af1e561fe02a07552d09b416e27a75e62c77d193718b0bdaae9f']
  ]
}]

const pairOf = (secret: string): KeyPair => ({ secretKey: Buffer.from(hex(secret)), publicKey: publicKeyOf(hex(secret)) })

const endOf = (vector: Vector, isInitiator: boolean): Noise => {
  const [own, ephemeral] = [STATIC, EPHEMERAL].map((keys) => pairOf(keys[isInitiator ? 0 : 1])) as [KeyPair, KeyPair]
  const noise = new Noise(vector.pattern, isInitiator, own, ...(vector.psk === undefined ? [] : [{ psk: hex(vector.psk) }]))
  noise.initialise(hex(vector.prologue), isInitiator ? pairOf(STATIC[1]).publicKey : undefined)
  noise.e = ephemeral
  return noise
}

const test = suite('Noise')

for (const vector of VECTORS) {
  test(`${vector.pattern}: messages, hash and keys are those of the vector`, () => {
    const ends = [endOf(vector, true), endOf(vector, false)] as const
    vector.messages.slice(0, 2).forEach(([text, message], i) => {
      const sent = ends[i]!.send(hex(text))
      assert.equal(new Uint8Array(sent), hex(message))
      assert.equal(new Uint8Array(ends[1 - i]!.recv(Buffer.from(sent))), hex(text))
    })
    for (const end of ends) assert.equal(new Uint8Array(end.hash), hex(vector.hash))
    vector.messages.slice(2).forEach(([text, message], i) => {
      const sealed = new Uint8Array([...hex(text), ...new Uint8Array(16)])
      const nonce = new Uint8Array(12)
      nonce[4] = i >> 1
      native.aeadRun(native.aeadOpen(true, ends[i % 2]!.tx) as Cipher, nonce, sealed, 0, sealed.length)
      assert.equal(sealed, hex(message))
    })
  })
}

test.run()
