/**
 * Which IP addresses were seen behind which ports: (VLAN, address) -> port, bounded, in chains of a Map by a secret hash,
 * so that a look-up allocates nothing and strangers cannot make chains long.
 */
import { randomInt } from 'node:crypto'
import { hashIp } from '@vde-ts/switch/ip-address.js'

/** Addresses remembered at most; more are not logged, and counted. */
export const MOST_ADDRESSES = 65_536

/** One address in one VLAN, four words as the guards of ports have them. */
export interface IpEntry {
  readonly words: readonly [number, number, number, number]
  readonly vlan: number
  port: number
  mac: string
  seenSec: number
}

interface Chained { readonly entry: IpEntry, next: Chained | null }

/** @see MOST_ADDRESSES */
export class IpTable {
  /** Sightings of addresses that found no room. */
  refused = 0
  readonly #chains = new Map<number, Chained>()
  readonly #key: number = randomInt(2 ** 31) | 1
  #size = 0

  /** The entry, null when it is not known. */
  find (vlan: number, a: number, b: number, c: number, d: number): IpEntry | null {
    for (let one = this.#chains.get(hashIp(this.#key, a, b, c, d ^ vlan)) ?? null; one !== null; one = one.next) {
      const { words } = one.entry
      if (words[3] === d && words[2] === c && words[1] === b && words[0] === a && one.entry.vlan === vlan) return one.entry
    }
    return null
  }

  /** Adds one that is not there. False: there is no room. */
  add (entry: IpEntry): boolean {
    if (this.#size >= MOST_ADDRESSES) {
      this.refused++
      return false
    }
    const [a, b, c, d] = entry.words
    const hash = hashIp(this.#key, a, b, c, d ^ entry.vlan)
    this.#chains.set(hash, { entry, next: this.#chains.get(hash) ?? null })
    this.#size++
    return true
  }

  /** Forgets those that `isGone` says. */
  forget (isGone: (entry: IpEntry) => boolean): void {
    const kept = [...this.list()].filter((entry) => !isGone(entry))
    if (kept.length === this.#size) return
    this.#chains.clear()
    this.#size = 0
    for (const entry of kept) this.add(entry)
  }

  * list (): Generator<IpEntry> {
    for (const first of this.#chains.values()) for (let one: Chained | null = first; one !== null; one = one.next) yield one.entry
  }
}
