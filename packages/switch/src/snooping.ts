/**
 * IGMP and MLD snooping of one VLAN [RFC 4541]: which ports want which groups, and where routers are.
 *
 *     no querier of that family ............................ everybody
 *     224.0.0.0/24, ff02::1, solicited-node, no IP ......... everybody
 *     what hosts say of their groups ....................... routers and queriers
 *     a group somebody joined .............................. its ports and routers
 *     a group nobody joined ................................ everybody, or (`isStrict`) routers
 *
 * A querier is what keeps memberships alive: without one they would expire while hosts still listen. A new one is waited for
 * until hosts had time to answer it. Everything here is bounded: a group that finds no room floods as before, and a port holds
 * no more memberships than it leaves to others.
 */
import {
  DEFAULT_INTERVAL_SEC, DEFAULT_RESPONSE_SEC, EVERYBODY, FOR_GROUP, destination, readGroups, type GroupListener
} from './group-messages.ts'
import { hashIp, MAPPED } from './ip-address.ts'
import type { Port } from './port.ts'
import type { Flood, Vlan } from './vlan.ts'

/** Memberships (a group at a port) of one VLAN at most. */
export const MOST_MEMBERSHIPS = 4096
/** Answers and queries may be lost: so many times [RFC 3376 8.1]. */
const ROBUSTNESS = 2
const NEVER = -1

/** What a port says of itself, whatever is heard. */
export interface MulticastPortSettings {
  /** A router is there: as heard, always, never. */
  readonly router: 'auto' | 'always' | 'never'
  /** One leave ends the membership at once: there is one host. */
  readonly isFastLeave: boolean
  /** Gets every group. */
  readonly isFlooded: boolean
}

/** Those of a new port. */
export const DEFAULT_MULTICAST_PORT: MulticastPortSettings = { router: 'auto', isFastLeave: false, isFlooded: false }

/** A group and its ports, to be shown and kept: seconds are what is left. */
export interface GroupState {
  readonly words: readonly number[]
  readonly ports: ReadonlyArray<readonly [port: number, sec: number]>
}

/** A VLAN's snooping, to be shown and kept. */
export interface SnoopingState {
  readonly vlan: number
  readonly isStrict: boolean
  /** Seconds until a querier counts as gone, and until hosts have answered a new one, of IPv4 and IPv6; -1: there is none. */
  readonly queriers: ReadonlyArray<readonly [leftSec: number, answeredSec: number]>
  /** Ports with a router, and those with a proxy that only asks. */
  readonly routers: ReadonlyArray<readonly [port: number, sec: number]>
  readonly proxies: ReadonlyArray<readonly [port: number, sec: number]>
  readonly groups: readonly GroupState[]
  /** Memberships that found no room. */
  readonly refused: number
}

class Group {
  readonly words: readonly number[]
  next: Group | null
  /** Until when, by port. */
  readonly ports = new Map<number, number>()
  flood: Flood | null = null

  constructor (words: readonly number[], next: Group | null) {
    this.words = words
    this.next = next
  }
}

class Querier {
  untilSec = NEVER
  answeredSec = 0
}

/** Made while a VLAN is looked at. */
export class Snooping implements GroupListener {
  isStrict = false
  refused = 0
  readonly #vlan: Vlan
  /** Settings of ports that have some. */
  readonly #settings: ReadonlyMap<number, MulticastPortSettings>
  readonly #key: number
  readonly #chains = new Map<number, Group>()
  readonly #queriers: readonly [Querier, Querier] = [new Querier(), new Querier()]
  readonly #routers = new Map<number, number>()
  readonly #proxies = new Map<number, number>()
  readonly #held = new Map<number, number>()
  #memberships = 0
  #intervalSec = DEFAULT_INTERVAL_SEC
  #nowSec = 0
  /** The port whose frame is in hand. */
  #from = 0
  /** Made when next needed. */
  #routerFlood: Flood | null = null
  #reportFlood: Flood | null = null

  /** @param key keeps strangers from making long chains */
  constructor (vlan: Vlan, settings: ReadonlyMap<number, MulticastPortSettings>, key: number, nowSec: number) {
    this.#vlan = vlan
    this.#settings = settings
    this.#key = key | 1
    this.#nowSec = nowSec
  }

  /** Who gets a frame to a group address that came in on `from`; the packet of `type` begins at `at`. */
  choose (from: Port, type: number, buf: Uint8Array, at: number, end: number): Flood {
    this.#from = from.number
    const kind = readGroups(type, buf, at, end, this)
    if (kind === EVERYBODY) return this.#vlan.flood
    const querier = this.#queriers[destination[2] === MAPPED && destination[0] === 0 ? 0 : 1]
    if (querier.untilSec < this.#nowSec || this.#nowSec < querier.answeredSec) return this.#vlan.flood
    if (kind !== FOR_GROUP) return this.#reportFlood ?? this.#makeReportFlood()
    const group = this.#find(destination[0], destination[1], destination[2], destination[3])
    if (group !== null) return group.flood ?? this.#makeGroupFlood(group)
    if (!this.isStrict || this.refused > 0) return this.#vlan.flood
    return this.#routerFlood ?? this.#makeRouterFlood()
  }

  // Apart: a function that holds a closure makes its context with each call.
  #makeReportFlood (): Flood {
    return (this.#reportFlood = this.#vlan.floodOf((port) => this.#isRouter(port) || this.#proxies.has(port)))
  }

  #makeGroupFlood (group: Group): Flood {
    return (group.flood = this.#vlan.floodOf((port) => group.ports.has(port) || this.#isRouter(port)))
  }

  #makeRouterFlood (): Flood { return (this.#routerFlood = this.#vlan.floodOf((port) => this.#isRouter(port))) }

  #isRouter (port: number): boolean {
    const { router, isFlooded } = this.#settings.get(port) ?? DEFAULT_MULTICAST_PORT
    return isFlooded || router === 'always' || (router === 'auto' && this.#routers.has(port))
  }

  joined (a: number, b: number, c: number, d: number): void {
    const group = this.#find(a, b, c, d)
    const isNew = group?.ports.has(this.#from) !== true
    if (isNew && !this.#hasRoom()) {
      this.refused++
      return
    }
    const found = group ?? this.#make(a, b, c, d)
    found.ports.set(this.#from, this.#nowSec + ROBUSTNESS * this.#intervalSec + DEFAULT_RESPONSE_SEC)
    if (isNew) this.#count(found, this.#from, 1)
  }

  /** Others behind the port may still listen: the querier asks, and who does not answer in time is taken out. */
  left (a: number, b: number, c: number, d: number): void {
    const group = this.#find(a, b, c, d)
    if (group !== null && this.#settings.get(this.#from)?.isFastLeave === true) this.#remove(group, this.#from)
  }

  queried (
    isProxy: boolean, responseSec: number, intervalSec: number, isSpecific: boolean, a: number, b: number, c: number, d: number
  ): void {
    const querier = this.#queriers[a === 0 && c === MAPPED ? 0 : 1]
    const holdSec = ROBUSTNESS * intervalSec + responseSec
    if (querier.untilSec < this.#nowSec) querier.answeredSec = this.#nowSec + responseSec
    querier.untilSec = Math.max(querier.untilSec, this.#nowSec + holdSec)
    this.#intervalSec = intervalSec
    this.#mark(isProxy ? this.#proxies : this.#routers, this.#from, this.#nowSec + holdSec)
    const group = isSpecific ? this.#find(a, b, c, d) : null
    const untilSec = this.#nowSec + ROBUSTNESS * responseSec
    for (const [port, until] of group?.ports ?? []) group!.ports.set(port, Math.min(until, untilSec))
  }

  routed (): void {
    this.#mark(this.#routers, this.#from, this.#nowSec + ROBUSTNESS * DEFAULT_INTERVAL_SEC + DEFAULT_RESPONSE_SEC)
  }

  #mark (ports: Map<number, number>, port: number, untilSec: number): void {
    if (!ports.has(port)) this.forgetFloods()
    ports.set(port, Math.max(ports.get(port) ?? 0, untilSec))
  }

  /** Whom a group reaches may be another set of ports now. */
  forgetFloods (): void {
    this.#routerFlood = null
    this.#reportFlood = null
    for (const group of this.#groups()) group.flood = null
  }

  /** Ports lead elsewhere now: what was heard may be wrong, and the next querier begins anew. */
  forget (): void {
    this.#chains.clear()
    this.#held.clear()
    this.#memberships = 0
    this.#routers.clear()
    this.#proxies.clear()
    this.refused = 0
    for (const querier of this.#queriers) querier.untilSec = NEVER
    this.forgetFloods()
  }

  /** Nobody is behind the port any more. */
  forgetPort (port: number): void {
    for (const group of [...this.#groups()]) this.#remove(group, port)
    if (this.#routers.delete(port) || this.#proxies.delete(port)) this.forgetFloods()
    this.#proxies.delete(port)
  }

  tick (nowSec: number): void {
    this.#nowSec = nowSec
    for (const group of [...this.#groups()]) {
      for (const [port, until] of group.ports) if (until < nowSec) this.#remove(group, port)
    }
    for (const ports of [this.#routers, this.#proxies]) {
      for (const [port, until] of ports) if (until < nowSec && ports.delete(port)) this.forgetFloods()
    }
    if (this.#memberships < MOST_MEMBERSHIPS / 2) this.refused = 0
  }

  state (): SnoopingState {
    const left = (ports: ReadonlyMap<number, number>): Array<readonly [number, number]> =>
      [...ports].map(([port, until]) => [port, until - this.#nowSec] as const).sort(([a], [b]) => a - b)
    return {
      vlan: this.#vlan.id,
      isStrict: this.isStrict,
      queriers: this.#queriers.map(({ untilSec, answeredSec }) =>
        untilSec < this.#nowSec ? [NEVER, 0] : [untilSec - this.#nowSec, Math.max(0, answeredSec - this.#nowSec)]),
      routers: left(this.#routers),
      proxies: left(this.#proxies),
      groups: [...this.#groups()].map(({ words, ports }) => ({ words, ports: left(ports) })),
      refused: this.refused
    }
  }

  restore (state: SnoopingState): void {
    this.isStrict = state.isStrict
    this.refused = state.refused
    for (const [port, sec] of state.routers) this.#routers.set(port, this.#nowSec + sec)
    for (const [port, sec] of state.proxies) this.#proxies.set(port, this.#nowSec + sec)
    state.queriers.forEach(([leftSec, answeredSec], family) => {
      const querier = this.#queriers[family]
      if (querier === undefined || leftSec < 0) return
      querier.untilSec = this.#nowSec + leftSec
      querier.answeredSec = this.#nowSec + answeredSec
    })
    for (const { words, ports } of state.groups) {
      const [a = 0, b = 0, c = 0, d = 0] = words
      const group = this.#make(a, b, c, d)
      for (const [port, sec] of ports) {
        group.ports.set(port, this.#nowSec + sec)
        this.#count(group, port, 1)
      }
    }
  }

  #hasRoom (): boolean { return this.#memberships + (this.#held.get(this.#from) ?? 0) < MOST_MEMBERSHIPS }

  #count (group: Group, port: number, change: 1 | -1): void {
    this.#memberships += change
    const held = (this.#held.get(port) ?? 0) + change
    if (held === 0) this.#held.delete(port)
    else this.#held.set(port, held)
    group.flood = null
  }

  #remove (group: Group, port: number): void {
    if (!group.ports.delete(port)) return
    this.#count(group, port, -1)
    if (group.ports.size === 0) this.#unlink(group)
  }

  #unlink (group: Group): void {
    const hash = hashIp(this.#key, group.words[0]!, group.words[1]!, group.words[2]!, group.words[3]!)
    let before: Group | null = null
    for (let one = this.#chains.get(hash)!; one !== group; one = one.next!) before = one
    if (before !== null) before.next = group.next
    else if (group.next !== null) this.#chains.set(hash, group.next)
    else this.#chains.delete(hash)
  }

  #make (a: number, b: number, c: number, d: number): Group {
    const hash = hashIp(this.#key, a, b, c, d)
    const group = new Group([a, b, c, d], this.#chains.get(hash) ?? null)
    this.#chains.set(hash, group)
    return group
  }

  #find (a: number, b: number, c: number, d: number): Group | null {
    for (let one = this.#chains.get(hashIp(this.#key, a, b, c, d)) ?? null; one !== null; one = one.next) {
      const { words } = one
      if (words[3] === d && words[2] === c && words[1] === b && words[0] === a) return one
    }
    return null
  }

  * #groups (): Generator<Group> {
    for (const first of this.#chains.values()) for (let one: Group | null = first; one !== null; one = one.next) yield one
  }
}
