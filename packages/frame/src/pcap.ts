/**
 * The file format of libpcap before pcapng, little-endian, microseconds:
 *
 *     d4c3b2a1 0002 0004 zone 0  accuracy 0  snaplen  1 (Ethernet)
 *     | sec | usec | octets here | octets on the wire | frame ...   again and again
 */
import { copyOctets } from './octets.ts'

/** Octets in front of each frame. */
export const PCAP_RECORD = 16
const HEADER = 24
const MICRO = 1e6

/** What a file begins with. @param snapLen octets of the longest frame in it */
export const pcapHeader = (snapLen: number): Uint8Array => {
  const header = new Uint8Array(HEADER)
  const view = new DataView(header.buffer)
  view.setUint32(0, 0xa1b2c3d4, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, snapLen, true)
  view.setUint32(20, 1, true)
  return header
}

/** Whether a file that begins with `head` is of this kind, whatever it says of its longest frame. */
export const isPcap = (head: Uint8Array): boolean => {
  const wanted = pcapHeader(0)
  return head.length === wanted.length && wanted.every((octet, at) => octet === head[at] || (at >= 16 && at < 20))
}

/**
 * Writes one frame whole at `at` of `to`, where {@link PCAP_RECORD} + len octets are free.
 * @param time microseconds since 1970 in its first place: a number that was passed could be an object
 */
export const writePcapRecord = (
  to: Uint8Array, at: number, time: Float64Array, buf: Uint8Array, off: number, len: number
): void => {
  const seconds = Math.floor(time[0] / MICRO)
  write32(to, at, seconds)
  write32(to, at + 4, time[0] - seconds * MICRO)
  write32(to, at + 8, len)
  write32(to, at + 12, len)
  copyOctets(to, at + PCAP_RECORD, buf, off, len)
}

/** Octets of `written` up to the end of its last whole frame; `isBegin`: it begins with the header, else with a record. */
export const wholeRecords = (written: Uint8Array, isBegin: boolean): number => {
  let at = isBegin ? HEADER : 0
  if (at > written.length) return 0
  for (let end = at; end <= written.length; end = at + PCAP_RECORD + read32(written, at + 8)) {
    at = end
    if (at + PCAP_RECORD > written.length) break
  }
  return at
}

const read32 = (from: Uint8Array, at: number): number =>
  (from[at] | (from[at + 1] << 8) | (from[at + 2] << 16) | (from[at + 3] << 24)) >>> 0

const write32 = (to: Uint8Array, at: number, value: number): void => {
  to[at] = value
  to[at + 1] = value >>> 8
  to[at + 2] = value >>> 16
  to[at + 3] = value >>> 24
}
