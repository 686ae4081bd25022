/**
 * Reports each source IP address once, per VLAN, from the frames it is shown.
 *
 * The table is bounded: it is emptied when full, so that a sender of invented addresses has them reported again and again
 * (the system log has a limit of its own) but neither memory nor a real address is lost.
 *
 *     row = [ family << 16 | vlan, four words of the address ]      family 0 marks a free row
 */
import { IPV4, IPV6, HEADER, etherType } from '@vde-ts/frame/ethernet.js'
import { formatIpv6 } from '@vde-ts/frame/describe.js'
import { TAG, isTagged, vid } from '@vde-ts/frame/vlan.js'

const ROWS = 8192
const WORDS = 5
/** Addresses kept: half of the rows, so that a search ends soon. */
export const MOST_ADDRESSES: number = ROWS / 2

/** Hears of an address that was not seen before on that VLAN (0: untagged). */
export type OnAddress = (family: 4 | 6, address: string, vlan: number) => void

/** The table of one plug. */
export class AddressLog {
  readonly #onAddress: OnAddress
  readonly #rows = new Int32Array(ROWS * WORDS)
  readonly #seed: number
  #count = 0

  /** @param seed a random number, so that nobody can choose addresses that collide */
  constructor (seed: number, onAddress: OnAddress) {
    this.#seed = seed | 0
    this.#onAddress = onAddress
  }

  /** Looks at one frame of any content. Allocates for an address it has not seen only. */
  look (buf: Uint8Array, off: number, len: number): void {
    const tagged = isTagged(buf, off, len)
    const at = off + HEADER + (tagged ? TAG : 0)
    const end = off + len
    if (at >= end) return
    const type = etherType(buf, tagged ? off + TAG : off)
    const vlan = tagged ? vid(buf, off) : 0
    if (type === IPV4 && buf[at]! >> 4 === 4 && at + 20 <= end) {
      if (this.#isNew(4 << 16 | vlan, word(buf, at + 12), 0, 0, 0)) {
        this.#onAddress(4, `${buf[at + 12]}.${buf[at + 13]}.${buf[at + 14]}.${buf[at + 15]}`, vlan)
      }
    } else if (type === IPV6 && buf[at]! >> 4 === 6 && at + 40 <= end) {
      const a = at + 8
      if (this.#isNew(6 << 16 | vlan, word(buf, a), word(buf, a + 4), word(buf, a + 8), word(buf, a + 12))) {
        this.#onAddress(6, formatIpv6(buf, a), vlan)
      }
    }
  }

  #isNew (key: number, a: number, b: number, c: number, d: number): boolean {
    const rows = this.#rows
    let row = hash(this.#seed, key, a, b, c, d) & (ROWS - 1)
    for (; rows[row * WORDS] !== 0; row = (row + 1) & (ROWS - 1)) {
      const at = row * WORDS
      if (rows[at] === key && rows[at + 1] === a && rows[at + 2] === b && rows[at + 3] === c && rows[at + 4] === d) return false
    }
    if (this.#count === MOST_ADDRESSES) {
      rows.fill(0)
      this.#count = 0
    }
    const at = row * WORDS
    rows[at] = key
    rows[at + 1] = a
    rows[at + 2] = b
    rows[at + 3] = c
    rows[at + 4] = d
    this.#count++
    return true
  }
}

const word = (buf: Uint8Array, at: number): number =>
  (buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!

const hash = (seed: number, key: number, a: number, b: number, c: number, d: number): number => {
  let h = mix(seed ^ key)
  h = mix(h ^ a)
  h = mix(h ^ b)
  h = mix(h ^ c)
  return mix(h ^ d)
}

const mix = (value: number): number => {
  let h = Math.imul(value ^ (value >>> 16), 0x45d9f3b)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return h ^ (h >>> 16)
}
