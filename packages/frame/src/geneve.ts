/**
 * The header of a Geneve datagram [RFC 8926 3.4]:
 *
 *     0            1            2 .. 3        4 .. 6   7          8               8 + 4 * n
 *     | 0 ver | n  | O | C | 0  | 0x6558      | VNI    | reserved | options       | Ethernet frame
 *      2 bits, 6                  Ethernet
 *
 * O: a control message, no frame. C: options that whoever does not know them must not ignore [RFC 8926 3.5]. None is known
 * here: others are skipped by their length. Reserved bits are zero when sent and ignored when received.
 */
import { big16 } from './checksum.ts'

/** Octets of the header without options. */
export const GENEVE_HEADER = 8

const ETHERNET = 0x6558
const VERSION = 0xc0
const OPTION_WORDS = 0x3f
const CONTROL = 0x80
const CRITICAL = 0x40

/** Writes a header without options at `at`. */
export const writeGeneve = (buf: Uint8Array, at: number, vni: number): void => {
  buf[at] = 0
  buf[at + 1] = 0
  buf[at + 2] = ETHERNET >> 8
  buf[at + 3] = ETHERNET & 0xff
  buf[at + 4] = vni >> 16
  buf[at + 5] = vni >> 8
  buf[at + 6] = vni
  buf[at + 7] = 0
}

/** Network of the datagram at `at`, of at least GENEVE_HEADER octets. */
export const readGeneveVni = (buf: Uint8Array, at: number): number => (buf[at + 4] << 16) | (buf[at + 5] << 8) | buf[at + 6]

/** True when it has options that are not known and must not be ignored. */
export const hasCriticalOption = (buf: Uint8Array, at: number): boolean => (buf[at + 1] & CRITICAL) !== 0

/** Octets in front of the frame, options included; -1: another version, a control message, no Ethernet, or cut. */
export const geneveHeaderLen = (buf: Uint8Array, at: number, len: number): number => {
  const header = GENEVE_HEADER + (buf[at] & OPTION_WORDS) * 4
  const isData = (buf[at] & VERSION) === 0 && (buf[at + 1] & CONTROL) === 0
  return isData && big16(buf, at + 2) === ETHERNET && header <= len ? header : -1
}
