/**
 * The keys of one handshake in use: seals what leaves, opens what arrives, in place and by number.
 *
 * Nonces are Noise's: four zeros, and the counter as 64 bits, little-endian. A counter never comes twice under a key: it
 * ends at 2^31, far beyond what fits into a session's time, and what arrives twice is refused (replay-window.ts).
 */
import { native, type Cipher } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link'
import type { Agreement } from './handshake.ts'
import { ReplayWindow } from './replay-window.ts'
import { DATA, DATA_HEADER, TAG, counterOf, writeCounter, writeHead } from './wire.ts'

/** Messages of one session: the last ones are kept for control. */
export const MAX_MESSAGES: number = 2 ** 31 - 1
const FRAMES: number = MAX_MESSAGES - 10_000

const NONCE = 12

/** Answers of {@link Session.open} that are no length. */
export const REPLAYED = -1
export const FORGED = -2

/** See above. */
export class Session {
  readonly localIndex: number
  readonly remoteIndex: number
  readonly bornMs: number
  /** Messages sealed. */
  sent = 0
  readonly #window = new ReplayWindow()
  readonly #sealer: Cipher
  readonly #opener: Cipher
  readonly #nonce = new Uint8Array(NONCE)
  #lastCounter = 0

  /** Wipes the keys of `agreement`. @throws {VdeError} ENOSYS, ENOMEM */
  constructor (agreement: Agreement, bornMs: number) {
    this.localIndex = agreement.localIndex
    this.remoteIndex = agreement.remoteIndex
    this.bornMs = bornMs
    this.#sealer = cipher(true, agreement.sendKey)
    this.#opener = cipher(false, agreement.receiveKey)
  }

  /** Whether frames may still be sent by it. */
  get hasRoom (): boolean { return this.sent < FRAMES }

  /** Whether the message that was opened last is the newest of all. */
  get isNewest (): boolean { return this.#lastCounter === this.#window.greatest }

  /** Writes the header of the next message at `at`; {@link seal} finishes it. */
  write (buf: Uint8Array, at: number): void {
    writeHead(buf, at, DATA, this.remoteIndex)
    writeCounter(buf, at, this.sent++)
  }

  /** Seals the `len` octets behind the header at `at`; room for the tag follows them. */
  seal (buf: Uint8Array, at: number, len: number): void {
    this.#setNonce(counterOf(buf, at))
    native.aeadRun(this.#sealer, this.#nonce, buf, at + DATA_HEADER, len + TAG)
  }

  /** Opens the message `buf[at, at + size)`. @returns octets of its text, REPLAYED or FORGED */
  open (buf: Uint8Array, at: number, size: number): number {
    const counter = counterOf(buf, at)
    if (counter > MAX_MESSAGES || size < DATA_HEADER + TAG) return FORGED
    if (!this.#window.isFresh(counter)) return REPLAYED
    this.#setNonce(counter)
    const len = native.aeadRun(this.#opener, this.#nonce, buf, at + DATA_HEADER, size - DATA_HEADER)
    if (len < 0) return FORGED
    this.#window.note(counter)
    this.#lastCounter = counter
    return len
  }

  #setNonce (counter: number): void {
    const nonce = this.#nonce
    nonce[4] = counter
    nonce[5] = counter >> 8
    nonce[6] = counter >> 16
    nonce[7] = counter >> 24
  }
}

const cipher = (isEncryption: boolean, key: Uint8Array): Cipher => {
  const made = native.aeadOpen(isEncryption, key)
  key.fill(0)
  if (typeof made !== 'number') return made
  throw new VdeError('ENOSYS', 'encrypt', 'this Node does not export the OpenSSL inside it')
}
