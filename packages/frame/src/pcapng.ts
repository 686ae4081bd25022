/**
 * Blocks of a capture file, pcapng (draft-ietf-opsawg-pcapng), written into a caller's buffer. Little-endian, times in
 * microseconds.
 *
 *     section header | interface description ... | enhanced packet ... | interface statistics ...
 *
 *     block:   | type, 4 | total length, 4 | body ... , filled up to a multiple of four | total length, 4 |
 *     packet:  | interface, 4 | time, high 4, low 4 | captured, 4 | on the wire, 4 | octets ... | flags option | end |
 *
 * Interfaces are numbered in the order their descriptions stand in the file; one may stand anywhere before its packets.
 */
import { copyOctets } from './octets.ts'

const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const STATISTICS = 5
const PACKET = 6
const MAGIC = 0x1a2b3c4d
const ETHERNET = 1

const IF_NAME = 2
const IF_DESCRIPTION = 3
const IF_FILTER = 11
const USER_APPLICATION = 4
const ISB_RECEIVED = 4
const ISB_DROPPED = 5
const PACKET_FLAGS = 2
const INBOUND = 1
const OUTBOUND = 2

/** Octets of a packet block besides the frame and its filling. */
const PACKET_OVERHEAD = 8 + 20 + 8 + 4 + 4

/** What an interface is called, for those who look at the file. */
export interface CaptureInterface {
  readonly name: string
  readonly description: string
  /** Octets kept of a frame at most. */
  readonly snapLen: number
  /** What was captured, as people wrote it; empty: everything. */
  readonly filter: string
}

/** Octets of a packet block with `captured` octets of frame. */
export const packetBlockSize = (captured: number): number => PACKET_OVERHEAD + padded(captured)

/**
 * Writes a packet block at `at`, where {@link packetBlockSize} octets are free. The first number of `time` is microseconds
 * since 1970: as an argument of its own it would be an object per frame.
 */
export const writePacketBlock = (
  to: Uint8Array, at: number, id: number, time: Float64Array, isIn: boolean,
  buf: Uint8Array, off: number, len: number, captured: number
): void => {
  const size = packetBlockSize(captured)
  const data = at + 28
  const end = data + padded(captured)
  set32(to, at, PACKET)
  set32(to, at + 4, size)
  set32(to, at + 8, id)
  writeTime(to, at + 12, time)
  set32(to, at + 20, captured)
  set32(to, at + 24, len)
  copyOctets(to, data, buf, off, captured)
  for (let i = data + captured; i < end; i++) to[i] = 0
  set16(to, end, PACKET_FLAGS)
  set16(to, end + 2, 4)
  set32(to, end + 4, isIn ? INBOUND : OUTBOUND)
  set32(to, end + 8, 0)
  set32(to, at + size - 4, size)
}

/** The block a file begins with. */
export const sectionBlock = (application: string): Uint8Array => {
  const body = new Uint8Array(16)
  set32(body, 0, MAGIC)
  set16(body, 4, 1)
  body.fill(0xff, 8) // the length of the section is not known
  return block(SECTION, body, [textOption(USER_APPLICATION, application)])
}

/** The block that describes the next interface. */
export const interfaceBlock = ({ name, description, snapLen, filter }: CaptureInterface): Uint8Array => {
  const body = new Uint8Array(8)
  set16(body, 0, ETHERNET)
  set32(body, 4, snapLen)
  const options = [textOption(IF_NAME, name)]
  if (description !== '') options.push(textOption(IF_DESCRIPTION, description))
  // The first octet says that text follows, as a filter of libpcap.
  if (filter !== '') options.push(textOption(IF_FILTER, `\0${filter}`))
  return block(INTERFACE, body, options)
}

/** What interface `id` saw and lost, for the end of a file. */
export const statisticsBlock = (id: number, time: Float64Array, received: number, dropped: number): Uint8Array => {
  const body = new Uint8Array(12)
  set32(body, 0, id)
  writeTime(body, 4, time)
  return block(STATISTICS, body, [countOption(ISB_RECEIVED, received), countOption(ISB_DROPPED, dropped)])
}

const padded = (len: number): number => (len + 3) & ~3

const block = (type: number, body: Uint8Array, options: readonly Uint8Array[]): Uint8Array => {
  const size = 8 + body.length + options.reduce((sum, one) => sum + one.length, 0) + 4 + 4
  const out = new Uint8Array(size)
  set32(out, 0, type)
  set32(out, 4, size)
  let at = 8
  for (const part of [body, ...options]) {
    out.set(part, at)
    at += part.length
  }
  set32(out, size - 4, size)
  return out
}

const option = (code: number, value: Uint8Array): Uint8Array => {
  const out = new Uint8Array(4 + padded(value.length))
  set16(out, 0, code)
  set16(out, 2, value.length)
  out.set(value, 4)
  return out
}

const textOption = (code: number, text: string): Uint8Array => option(code, new TextEncoder().encode(text.slice(0, 4096)))

const countOption = (code: number, count: number): Uint8Array => {
  const value = new Uint8Array(8)
  set32(value, 0, count)
  set32(value, 4, Math.floor(count / 0x1_0000_0000))
  return option(code, value)
}

const writeTime = (to: Uint8Array, at: number, time: Float64Array): void => {
  set32(to, at, (time[0] / 0x1_0000_0000) | 0)
  set32(to, at + 4, time[0] | 0)
}

const set16 = (to: Uint8Array, at: number, value: number): void => {
  to[at] = value
  to[at + 1] = value >> 8
}

const set32 = (to: Uint8Array, at: number, value: number): void => {
  to[at] = value
  to[at + 1] = value >> 8
  to[at + 2] = value >> 16
  to[at + 3] = value >> 24
}
