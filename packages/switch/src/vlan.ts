/**
 * VLANs and who belongs to them.
 *
 * Membership is two bitmaps over port numbers. A port is an untagged member of one VLAN at most, nearly
 * always its PVID, and a tagged member of any number of others. A flood walks arrays of ports made from the bitmaps when
 * they change: those that take the frame without a tag, and those that take it with one, by type of tag.
 */
import { TPID } from '@vde-ts/frame/vlan.js'
import type { Port } from './port.ts'
import type { Snooping } from './snooping.ts'

/** PVID of a port that takes no untagged frames. */
export const NO_VLAN = 4095
/** The VLAN every new switch has, and every new port is in. */
export const DEFAULT_VLAN = 0

/** A set of port numbers as a bitmap that is as long as its highest member needs. */
export class PortSet {
  #words: Uint32Array = new Uint32Array(1)

  has (port: number): boolean {
    const word = port >>> 5
    return word < this.#words.length && (this.#words[word] >>> (port & 31) & 1) === 1
  }

  add (port: number): void {
    const word = port >>> 5
    if (word >= this.#words.length) {
      const wider = new Uint32Array(Math.max(word + 1, this.#words.length * 2))
      wider.set(this.#words)
      this.#words = wider
    }
    this.#words[word] |= 1 << (port & 31)
  }

  delete (port: number): void {
    if (this.has(port)) this.#words[port >>> 5] &= ~(1 << (port & 31))
  }

  get isEmpty (): boolean { return this.#words.every((word) => word === 0) }

  /** The bitmap as octets, port 0 in the lowest bit of the first. */
  snapshot (): Uint8Array {
    const octets: number[] = []
    for (const word of this.#words) octets.push(word & 255, word >>> 8 & 255, word >>> 16 & 255, word >>> 24)
    return Uint8Array.from(octets)
  }

  static from (octets: Uint8Array): PortSet {
    const made = new PortSet()
    octets.forEach((octet, at) => {
      for (let bit = 0; bit < 8; bit++) if ((octet >>> bit & 1) === 1) made.add(at * 8 + bit)
    })
    return made
  }

  /** Members in rising order. */
  * [Symbol.iterator] (): Iterator<number> {
    for (let word = 0; word < this.#words.length; word++) {
      for (let bits = this.#words[word]; bits !== 0; bits = (bits & (bits - 1)) >>> 0) {
        yield word * 32 + 31 - Math.clz32(bits & -bits)
      }
    }
  }
}

/** Spanning-tree state of a port in a VLAN: whether it learns, whether it forwards. */
export type PortState = 'Discarding' | 'Learning' | 'Forwarding'

const EMPTY: readonly Port[] = []

/** Where a flood goes, by the form it leaves in. */
export class Flood {
  readonly untagged: readonly Port[]
  readonly tagged: readonly Port[]
  /** With a service tag. */
  readonly service: readonly Port[]
  /** No port takes it with a tag. */
  readonly isBare: boolean

  constructor (untagged: readonly Port[], tagged: readonly Port[], service: readonly Port[]) {
    this.untagged = untagged
    this.tagged = tagged
    this.service = service
    this.isBare = tagged.length === 0 && service.length === 0
  }
}

/** A VLAN as it travels: bitmaps of its members, see {@link PortSet.snapshot}; null: every member may forward. */
export interface VlanSnapshot {
  readonly id: number
  readonly untagged: Uint8Array
  readonly tagged: Uint8Array
  readonly blocked: Uint8Array | null
  readonly learning: Uint8Array | null
}

/** One VLAN: its members, in which form they take it, and who of them may forward. */
export class Vlan {
  readonly id: number
  readonly untagged: PortSet
  readonly tagged: PortSet
  /** Active, forwarding members. Made new on change, so a flood under way keeps its own. */
  flood: Flood = new Flood(EMPTY, EMPTY, EMPTY)
  /** Looks at what is said of multicast groups; null: nobody does. */
  snooping: Snooping | null = null
  /** {@link flood} is out of date. */
  isStale = true

  /** Members that must not forward; null when all may, which is always so without a spanning tree. */
  #blocked: PortSet | null = null
  /** Those of them that learn. */
  #learning: PortSet | null = null

  constructor (id: number, untagged: PortSet = new PortSet(), tagged: PortSet = new PortSet()) {
    this.id = id
    this.untagged = untagged
    this.tagged = tagged
  }

  snapshot (): VlanSnapshot {
    const [blocked, learning] = [this.#blocked?.snapshot() ?? null, this.#learning?.snapshot() ?? null]
    return { id: this.id, untagged: this.untagged.snapshot(), tagged: this.tagged.snapshot(), blocked, learning }
  }

  static from ({ id, untagged, tagged, blocked, learning }: VlanSnapshot): Vlan {
    const made = new Vlan(id, PortSet.from(untagged), PortSet.from(tagged))
    if (blocked !== null) made.#blocked = PortSet.from(blocked)
    if (learning !== null) made.#learning = PortSet.from(learning)
    return made
  }

  isMember (port: number): boolean { return this.untagged.has(port) || this.tagged.has(port) }
  get isEmpty (): boolean { return this.untagged.isEmpty && this.tagged.isEmpty }

  mayForward (port: number): boolean { return this.#blocked === null || !this.#blocked.has(port) }
  mayLearn (port: number): boolean { return this.mayForward(port) || this.#learning!.has(port) }

  stateOf (port: number): PortState {
    if (this.mayForward(port)) return 'Forwarding'
    return this.mayLearn(port) ? 'Learning' : 'Discarding'
  }

  setState (port: number, state: PortState): void {
    this.isStale = true
    if (state === 'Forwarding') {
      this.#blocked?.delete(port)
      this.#learning?.delete(port)
      if (this.#blocked?.isEmpty === true) this.#blocked = this.#learning = null
      return
    }
    this.#blocked ??= new PortSet()
    this.#learning ??= new PortSet()
    this.#blocked.add(port)
    if (state === 'Learning') this.#learning.add(port)
    else this.#learning.delete(port)
  }

  /** Ends the membership of a port, in both forms, and its state. */
  drop (port: number): void {
    this.untagged.delete(port)
    this.tagged.delete(port)
    this.setState(port, 'Forwarding')
  }

  /** Brings {@link flood} up to date, and whatever was made of it. */
  refresh (ports: ReadonlyArray<Port | null>): void {
    const tagged = this.#targets(this.tagged, ports)
    this.flood = new Flood(
      this.#targets(this.untagged, ports), tagged.filter(({ tpid }) => tpid === TPID), tagged.filter(({ tpid }) => tpid !== TPID))
    this.snooping?.forgetFloods()
    this.isStale = false
  }

  /** The part of {@link flood} whose ports are wanted. */
  floodOf (isWanted: (port: number) => boolean): Flood {
    const chosen = (ports: readonly Port[]): readonly Port[] => ports.filter(({ number }) => isWanted(number))
    return new Flood(chosen(this.flood.untagged), chosen(this.flood.tagged), chosen(this.flood.service))
  }

  #targets (members: PortSet, ports: ReadonlyArray<Port | null>): Port[] {
    const targets: Port[] = []
    for (const number of members) {
      const port = ports[number]
      if (port !== null && port.isActive && !port.isMirror && this.mayForward(number)) targets.push(port)
    }
    return targets
  }
}
