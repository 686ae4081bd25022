/** What the console shows of the forwarding table, one address at a time; many of them in fdb-listing.ts. */
/** Told of each row that comes and goes, once. A move is a removal and an addition. */
export interface FdbWatcher {
  hashAdded (macHi: number, macLo: number, vlan: number, port: number): void
  hashRemoved (macHi: number, macLo: number, vlan: number, port: number): void
}

/** One address, as the console shows it. */
export interface FdbEntry {
  readonly macHi: number
  readonly macLo: number
  readonly vlan: number
  readonly port: number
  readonly ageSec: number
  readonly isStatic: boolean
}

/** An entry with the bucket the original would keep it in. */
export interface FdbListing extends FdbEntry {
  readonly bucket: number
}

/**
 * The original's bucket of an address in a table of `size` buckets, a power of two: 64-bit arithmetic modulo 2^64 on the
 * octets as a little-endian number with the VLAN above. In halves of 32 bits, since a listing of 65 536 took 0.5 s in BigInt.
 */
export const displayBucket = (macHi: number, macLo: number, vlan: number, size: number): number => {
  let low = (macHi >>> 8) | (macHi & 0xff) << 8 | (macLo >>> 24) << 16 | (macLo >>> 16 & 0xff) << 24
  let high = (macLo >>> 8 & 0xff) | (macLo & 0xff) << 8 | vlan << 16
  low ^= high >>> 1
  high = (multiplyHigh(low, 0xed558ccd) + Math.imul(high, 0xed558ccd) + Math.imul(low, 0xff51afd7)) | 0
  low = Math.imul(low, 0xed558ccd)
  low ^= high >>> 1
  return Math.imul(low, 0x1a85ec53) & (size - 1)
}

/** Upper 32 of the 64 bits of the product of two unsigned words. */
const multiplyHigh = (a: number, b: number): number => {
  const middle = (a >>> 16) * (b & 0xffff) + (((a & 0xffff) * (b & 0xffff)) >>> 16)
  const other = (a & 0xffff) * (b >>> 16) + middle % 0x10000
  return (a >>> 16) * (b >>> 16) + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)
}
