/**
 * Who the two ends of a cable are to each other, and the keys that follow from it.
 *
 *     static keys     Noise_IK_25519_ChaChaPoly_BLAKE2b; secret of the gate: X25519(own static, peer's static)
 *     shared secret   Noise_NNpsk0_25519_ChaChaPoly_BLAKE2b; psk and secret of the gate: each by HKDF from it
 *
 * The gate is the MAC over handshake messages. Noise authenticates them too, but for an elliptic curve operation or two;
 * under the gate's key, which both ends have from the start, whoever has neither end's secret is told apart for the price
 * of a hash. (WireGuard's first MAC is under a key that follows from the public key: it hides the listener from those who
 * do not know that, and does not spare it the curve.)
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import Noise, { type KeyPair } from 'noise-handshake'
import { VdeError } from '@vde-ts/link'
import { agree, publicKeyOf, readCableKey } from '@vde-ts/schemes/cable-key.js'
import { readSharedSecret } from '@vde-ts/schemes/secret-file.js'
import type { Keys } from './options.ts'
import { CHECK, INITIATION } from './wire.ts'

const LABEL = 'vde-ts secure cable 1'
/** Octets of Noise's messages without text, by pattern: keys in clear and sealed, and tags. */
const MESSAGE_1 = { IK: 32 + 48 + 16, NNpsk0: 32 + 16 } as const
const MESSAGE_2 = 32 + 16

type Pattern = keyof typeof MESSAGE_1

/** See above; made once for each end. */
export class Credentials {
  /** Octets of both messages, without text. */
  readonly message1: number
  readonly message2: number = MESSAGE_2
  readonly #pattern: Pattern
  readonly #own: KeyPair | null
  readonly #peer: Uint8Array | null
  readonly #psk: Uint8Array
  readonly #initiationKey: Uint8Array
  readonly #responseKey: Uint8Array

  private constructor (pattern: Pattern, own: KeyPair | null, peer: Uint8Array | null, secret: Uint8Array) {
    this.#pattern = pattern
    this.#own = own
    this.#peer = peer
    this.#psk = derive(secret, 'psk')
    this.#initiationKey = derive(secret, 'gate of initiations')
    this.#responseKey = derive(secret, 'gate of responses')
    this.message1 = MESSAGE_1[pattern]
  }

  /** @throws {VdeError} EINVAL the peer's key is no public key */
  static ofKeys (secretKey: Uint8Array, peer: Uint8Array, action: string): Credentials {
    const own = { secretKey, publicKey: publicKeyOf(secretKey) }
    try {
      return new Credentials('IK', own, peer, agree(secretKey, peer))
    } catch (cause) {
      throw new VdeError('EINVAL', action, 'peer is no public key, the one that vde_keygen prints at the other end is wanted', { cause })
    }
  }

  static ofSecret (secret: Uint8Array): Credentials { return new Credentials('NNpsk0', null, null, secret) }

  /** One side of one handshake. @param header of the initiation, which both sides have in the hash of all messages */
  noise (isInitiator: boolean, header: Uint8Array): Noise {
    // A key pair that is absent would be made anew.
    const noise = new Noise(this.#pattern, isInitiator, this.#own ?? NOBODY, { psk: this.#psk })
    noise.initialise(Buffer.concat([Buffer.from(LABEL), header]), ...(isInitiator && this.#peer !== null ? [this.#peer] : []))
    return noise
  }

  /** Whether the peer has shown the static key that is his. Where there are none the shared secret was proof. */
  isPeer ({ rs }: Noise): boolean { return this.#peer === null || (rs !== null && timingSafeEqual(rs, this.#peer)) }

  /** The MAC of a message. */
  check (message: Uint8Array): Uint8Array {
    const key = message[0] === INITIATION ? this.#initiationKey : this.#responseKey
    return createHmac('sha256', key).update(message).digest().subarray(0, CHECK)
  }

  /** Whether a message ends with its MAC. */
  isGenuine (datagram: Uint8Array): boolean {
    const end = datagram.length - CHECK
    return timingSafeEqual(this.check(datagram.subarray(0, end)), datagram.subarray(end))
  }
}

const NOBODY: KeyPair = { publicKey: new Uint8Array(32), secretKey: new Uint8Array(32) }

const derive = (secret: Uint8Array, purpose: string): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, '', `${LABEL}, ${purpose}`, 32))

/** The secret files, read. @throws {VdeError} ENOENT, EACCES, EPERM, EINVAL a file; EINVAL a public key that is none */
export const readCredentials = (keys: Keys, action: string): Credentials => keys.kind === 'shared'
  ? Credentials.ofSecret(readSharedSecret(keys.secretFile, action))
  : Credentials.ofKeys(readCableKey(keys.keyFile, action), keys.peer, action)
