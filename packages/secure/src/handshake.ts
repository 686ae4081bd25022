/** The two messages of a handshake, as datagrams: made and read. Whoever reads one has let it pass the gate (credentials.ts). */
import { randomInt } from 'node:crypto'
import type Noise from 'noise-handshake'
import type { Credentials } from './credentials.ts'
import {
  CHECK, INDEX, INITIATION, INITIATION_HEADER, RESPONSE, RESPONSE_HEADER, indexOf, writeHead, writeStamp
} from './wire.ts'

/** What both ends have after it. The keys are the holder's to wipe. */
export interface Agreement {
  readonly localIndex: number
  readonly remoteIndex: number
  readonly sendKey: Uint8Array
  readonly receiveKey: Uint8Array
}

/** An initiation that is waiting for its response. */
export interface Initiated {
  readonly datagram: Uint8Array
  readonly localIndex: number
  readonly noise: Noise
}

/** A number for a session: strangers have to guess it. */
export const newIndex = (): number => randomInt(2 ** 24)

export const initiationLength = ({ message1 }: Credentials): number => INITIATION_HEADER + message1 + CHECK
export const responseLength = ({ message2 }: Credentials): number => RESPONSE_HEADER + message2 + INDEX + CHECK

/** Makes an initiation. */
export const initiate = (credentials: Credentials, localIndex: number, stamp: number): Initiated => {
  const datagram = new Uint8Array(initiationLength(credentials))
  writeHead(datagram, 0, INITIATION, localIndex)
  writeStamp(datagram, 0, stamp)
  const noise = credentials.noise(true, datagram.subarray(0, INITIATION_HEADER))
  datagram.set(noise.send(), INITIATION_HEADER)
  seal(credentials, datagram)
  return { datagram, localIndex, noise }
}

/**
 * Answers an initiation that has passed the gate. Null: it is not the peer's.
 * @param initiation owned by the call
 */
export const respond = (
  credentials: Credentials, initiation: Uint8Array, localIndex: number
): { readonly datagram: Uint8Array, readonly agreement: Agreement } | null => {
  const noise = credentials.noise(false, new Uint8Array(initiation.subarray(0, INITIATION_HEADER)))
  if (!heard(noise, initiation.subarray(INITIATION_HEADER, -CHECK)) || !credentials.isPeer(noise)) return null
  const remoteIndex = indexOf(initiation, 0)
  const datagram = new Uint8Array(responseLength(credentials))
  writeHead(datagram, 0, RESPONSE, remoteIndex)
  datagram.set(noise.send(Uint8Array.of(localIndex >> 16, localIndex >> 8, localIndex)), RESPONSE_HEADER)
  seal(credentials, datagram)
  return { datagram, agreement: { localIndex, remoteIndex, sendKey: noise.tx, receiveKey: noise.rx } }
}

/**
 * Reads the response to `initiated`, when it has passed the gate. Null: it is not the peer's.
 * @param response owned by the call
 */
export const conclude = ({ noise, localIndex }: Initiated, response: Uint8Array): Agreement | null => {
  const text = new Uint8Array(INDEX)
  if (!heard(noise, response.subarray(RESPONSE_HEADER, -CHECK), text)) return null
  const remoteIndex = (text[0]! << 16) | (text[1]! << 8) | text[2]!
  return { localIndex, remoteIndex, sendKey: noise.tx, receiveKey: noise.rx }
}

/** Gives a message to Noise, and its text to `text`. False: it is not authentic. */
const heard = (noise: Noise, message: Uint8Array, text?: Uint8Array): boolean => {
  try {
    const got = noise.recv(Buffer.from(message))
    text?.set(got)
    return true
  } catch {
    return false
  }
}

const seal = (credentials: Credentials, datagram: Uint8Array): void => {
  const end = datagram.length - CHECK
  datagram.set(credentials.check(datagram.subarray(0, end)), end)
}
