/**
 * Ethernet II frames: accessors over borrowed octets. Pure, no allocation.
 *
 *     0        6        12     14          len
 *     | dst    | src    | type | payload   |      no preamble, no FCS
 *
 * Callers hold `isFrame(len)` before using any accessor of a frame: after it returns true none reads outside
 * [off, off + len). All fields are big-endian. A MAC is two numbers, macHi and macLo: never a string or BigInt, which
 * cost 40 to 276 ns as a key where these cost 4.
 */

/** Octets of the untagged header. */
export const HEADER = 14

/** Octets of a MAC address. */
export const MAC = 6

/** Largest frame the suite carries (a super-frame of 64 KiB with tag), in octets, header included, FCS excluded. */
export const MAX_FRAME = 65557

/** Least octets of a frame on a real wire, FCS excluded. Nothing here insists on it. */
export const MIN_WIRE_FRAME = 60

export const ARP = 0x0806
export const IPV4 = 0x0800
export const IPV6 = 0x86dd

export const isFrame = (len: number): boolean => len >= HEADER && len <= MAX_FRAME

/** First 16 bits of the MAC at `at`, 0..0xffff. With {@link macLo}, a map key that never allocates. */
export const macHi = (b: Uint8Array, at: number): number => (b[at] << 8) | b[at + 1]

/** Last 32 bits of the MAC at `at`, as a signed int32. */
export const macLo = (b: Uint8Array, at: number): number =>
  (b[at + 2] << 24) | (b[at + 3] << 16) | (b[at + 4] << 8) | b[at + 5]

/** Writes the MAC of the halves `hi` and `lo` at `at`. */
export const setMac = (b: Uint8Array, at: number, hi: number, lo: number): void => {
  b[at] = hi >> 8
  b[at + 1] = hi
  b[at + 2] = lo >> 24
  b[at + 3] = lo >> 16
  b[at + 4] = lo >> 8
  b[at + 5] = lo
}

/** Copies the MAC at `fromAt` to `toAt`. */
export const copyMac = (to: Uint8Array, toAt: number, from: Uint8Array, fromAt: number): void => {
  for (let i = 0; i < MAC; i++) to[toAt + i] = from[fromAt + i]
}

/** True when both places hold the same MAC. */
export const sameMac = (a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean =>
  macLo(a, aAt) === macLo(b, bAt) && macHi(a, aAt) === macHi(b, bAt)

/** True when the group bit is set: multicast or broadcast. */
export const isGroup = (b: Uint8Array, at: number): boolean => (b[at] & 1) === 1

/** The same of an address whose {@link macHi} is at hand. */
export const isGroupHi = (hi: number): boolean => (hi & 0x100) !== 0

/** True for ff:ff:ff:ff:ff:ff. */
export const isBroadcast = (b: Uint8Array, at: number): boolean => macLo(b, at) === -1 && macHi(b, at) === 0xffff

export const etherType = (b: Uint8Array, off: number): number => (b[off + 12] << 8) | b[off + 13]

export const setEtherType = (b: Uint8Array, off: number, type: number): void => {
  b[off + 12] = type >> 8
  b[off + 13] = type
}
