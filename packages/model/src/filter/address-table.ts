/** A set of masked addresses: one hash table for each mask, so that a look-up costs as many probes as there are masks. */
import { big32 } from '@vde-ts/frame/checksum.js'
import { ipOctets, isIpv6, macOctets } from '../address.ts'
import type { AddressSet, Masked } from '../firewall.ts'

const KEY = 4
/** Key and a word that is 1 where the row is taken. */
const ROW = KEY + 1

/** Words of an address in text: one for IPv4, four for IPv6, two for a MAC, as {@link Packet} has them. */
export const wordsOf = (text: string, isMac: boolean): Int32Array => {
  if (isMac) {
    const octets = macOctets(text)
    return Int32Array.of((octets[0]! << 8) | octets[1]!, big32(octets, 2))
  }
  const octets = ipOctets(text)!
  return Int32Array.from({ length: octets.length / 4 }, (_, i) => big32(octets, 4 * i))
}

const hashOf = (a: number, b: number, c: number, d: number): number => {
  const mixed = Math.imul(a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca77) ^ Math.imul(d, 0xc2b2ae3d), 0x27d4eb2f)
  return mixed ^ (mixed >>> 15)
}

/** The members with one mask. */
class MaskGroup {
  readonly isIpv6: boolean
  readonly #mask = new Int32Array(KEY)
  readonly #rows: Int32Array
  readonly #last: number

  constructor (members: readonly Masked[], isMac: boolean) {
    this.isIpv6 = !isMac && isIpv6(members[0]!.mask)
    this.#mask.set(wordsOf(members[0]!.mask, isMac))
    let size = 2
    while (size < members.length * 2) size *= 2 // at least half of it is free, so every search ends
    this.#rows = new Int32Array(size * ROW)
    this.#last = size - 1
    for (const { value } of members) this.#add(wordsOf(value, isMac))
  }

  #add (value: Int32Array): void {
    const [a = 0, b = 0, c = 0, d = 0] = value
    const row = this.#find(a, b, c, d)
    this.#rows.set([a, b, c, d, 1], row)
  }

  /** Where the key is, or would be. */
  #find (a: number, b: number, c: number, d: number): number {
    const rows = this.#rows
    for (let i = hashOf(a, b, c, d) & this.#last; ; i = (i + 1) & this.#last) {
      const at = i * ROW
      if (rows[at + KEY] === 0) return at
      if (rows[at] === a && rows[at + 1] === b && rows[at + 2] === c && rows[at + 3] === d) return at
    }
  }

  has (words: Int32Array, at: number, count: number): boolean {
    const mask = this.#mask
    const a = words[at]! & mask[0]!
    const b = count > 1 ? words[at + 1]! & mask[1]! : 0
    const c = count > 2 ? words[at + 2]! & mask[2]! : 0
    const d = count > 2 ? words[at + 3]! & mask[3]! : 0
    return this.#rows[this.#find(a, b, c, d) + KEY] === 1
  }
}

/** See above. */
export class AddressTable {
  readonly isMac: boolean
  readonly #groups: readonly MaskGroup[]

  constructor ({ kind, members }: AddressSet) {
    this.isMac = kind === 'mac'
    const byMask = new Map<string, Masked[]>()
    for (const one of members) byMask.set(one.mask, [...byMask.get(one.mask) ?? [], one])
    this.#groups = [...byMask.values()].map((group) => new MaskGroup(group, this.isMac))
  }

  /** Whether the address at `words[at]` is a member. */
  has (words: Int32Array, at: number, isSix: boolean): boolean {
    const count = this.isMac ? 2 : isSix ? 4 : 1
    for (let i = 0; i < this.#groups.length; i++) {
      const group = this.#groups[i]!
      if (group.isIpv6 === isSix && group.has(words, at, count)) return true
    }
    return false
  }
}
