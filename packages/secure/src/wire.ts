/**
 * Datagrams of the cable. Numbers are big-endian.
 *
 *     0      1        4           8          12
 *     | 0x11 | index  | stamp                | Noise message 1                           | check 16 |   initiation
 *     | 0x12 | index  | Noise message 2, its text: the sender's index, 3 octets          | check 16 |   response
 *     | 0x13 | index  | counter   | frame, or one octet of control, sealed                 tag 16 |   data
 *
 * The first octet is version and type. `index` is the sender's in an initiation, else the receiver's: a number that it
 * drew for the session. `stamp` is the initiator's clock, in microseconds, and greater each time. `check` is a MAC under
 * a key that only peers have (keys.ts): what strangers send is told from it before anything costs more.
 */

export const INITIATION = 0x11
export const RESPONSE = 0x12
export const DATA = 0x13

/** Octets in front of Noise message 1; its prologue. */
export const INITIATION_HEADER = 12
/** In front of message 2. */
export const RESPONSE_HEADER = 4
/** In front of what is sealed. */
export const DATA_HEADER = 8
/** Of ChaCha20-Poly1305, behind it. */
export const TAG = 16
/** MAC of an initiation or a response. */
export const CHECK = 16
/** An index, as text of message 2. */
export const INDEX = 3

/** Control, the one octet of a data message that carries no frame. A ping is answered at once; a bye ends the session. */
export const PING = 1
export const PONG = 2
export const BYE = 3

/** The index of a datagram at `at`, which has four octets. */
export const indexOf = (buf: Uint8Array, at: number): number => (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!

/** Writes type and index. */
export const writeHead = (buf: Uint8Array, at: number, type: number, index: number): void => {
  buf[at] = type
  buf[at + 1] = index >> 16
  buf[at + 2] = index >> 8
  buf[at + 3] = index
}

/** The counter of a data message, from 0 to 2^32 - 1. */
export const counterOf = (buf: Uint8Array, at: number): number =>
  ((buf[at + 4]! << 24) | (buf[at + 5]! << 16) | (buf[at + 6]! << 8) | buf[at + 7]!) >>> 0

/** Writes it. */
export const writeCounter = (buf: Uint8Array, at: number, counter: number): void => {
  buf[at + 4] = counter >> 24
  buf[at + 5] = counter >> 16
  buf[at + 6] = counter >> 8
  buf[at + 7] = counter
}

const WORD = 2 ** 32

/** The stamp of an initiation; above 2^53 it is not exact, and such a clock is refused. */
export const stampOf = (buf: Uint8Array, at: number): number => {
  const view = new DataView(buf.buffer, buf.byteOffset + at + 4, 8)
  return view.getUint32(0) * WORD + view.getUint32(4)
}

/** Writes it. */
export const writeStamp = (buf: Uint8Array, at: number, stamp: number): void => {
  const view = new DataView(buf.buffer, buf.byteOffset + at + 4, 8)
  view.setUint32(0, Math.floor(stamp / WORD))
  view.setUint32(4, stamp % WORD)
}
