/**
 * What the console shows of the forwarding table. The order of `hash/print` is that of the original's hash buckets, which
 * scripts have seen for years: it is computed here, for display only, and says nothing about where {@link Fdb} keeps a row.
 */
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

const WORD = 0xffffffffffffffffn

/** The original's bucket of an address in a table of `size` buckets, a power of two. Slow: BigInt. */
export const displayBucket = (macHi: number, macLo: number, vlan: number, size: number): number => {
  const octets = [macHi >>> 8, macHi & 0xff, macLo >>> 24, (macLo >>> 16) & 0xff, (macLo >>> 8) & 0xff, macLo & 0xff]
  let key = BigInt(vlan) << 48n
  octets.forEach((octet, i) => { key |= BigInt(octet) << BigInt(8 * i) })
  key ^= key >> 33n
  key = (key * 0xff51afd7ed558ccdn) & WORD
  key ^= key >> 33n
  key = (key * 0xc4ceb9fe1a85ec53n) & WORD
  return Number(key & BigInt(size - 1))
}

/** Entries in the order of the console: by bucket, the youngest first within one. */
export const inDisplayOrder = (entries: readonly FdbEntry[], size: number): FdbListing[] =>
  entries.map((entry) => ({ ...entry, bucket: displayBucket(entry.macHi, entry.macLo, entry.vlan, size) }))
    .sort((a, b) => a.bucket - b.bucket || a.ageSec - b.ageSec || a.vlan - b.vlan || a.macHi - b.macHi || a.macLo - b.macLo)
