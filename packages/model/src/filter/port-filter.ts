/**
 * The rules of one port, both directions, with the connections they share.
 *
 * New rules take the place of the old between two frames; connections that are known stay, and so do the counters of rules
 * that are the same. A port that asks nothing about connections keeps none.
 */
import type { AddressSet, Chain, Policy } from '../firewall.ts'
import { Connections } from './connections.ts'
import { Packet } from './packet.ts'
import { BY_FALLBACK, RuleTable, type OnLog, type RuleLabel } from './rule-table.ts'

/** What became of a frame: it passes, a rule or the policy ends it, or it cannot be read. */
export const PASS = 0
export const DROP = 1
export const MALFORMED = 2

/** Towards the guest, from the guest. */
export type Side = 'in' | 'out'

/** What has met a rule. */
export interface RuleCount extends RuleLabel {
  readonly frames: number
  readonly octets: number
}

/** Of a port. */
export interface Policies {
  readonly in: Policy
  readonly out: Policy
}

/** Readers hold nothing between two frames, so that all ports share one. */
const packet = new Packet()

/** See above. */
export class PortFilter {
  #in: RuleTable
  #out: RuleTable
  #connections: Connections | null = null
  readonly #seed: number

  constructor (policies: Policies, chains: readonly Chain[], sets: readonly AddressSet[], seed: number) {
    this.#seed = seed
    this.#in = new RuleTable(policies.in, chains, sets)
    this.#out = new RuleTable(policies.out, chains, sets)
    this.#connect()
  }

  /** Other rules from the next frame on. */
  replace (policies: Policies, chains: readonly Chain[], sets: readonly AddressSet[]): void {
    const [inward, out] = [new RuleTable(policies.in, chains, sets), new RuleTable(policies.out, chains, sets)]
    keepCounts(this.#in, inward)
    keepCounts(this.#out, out)
    this.#in = inward
    this.#out = out
    this.#connect()
  }

  #connect (): void {
    if (!this.#in.usesState && !this.#out.usesState) this.#connections = null
    else this.#connections ??= new Connections(this.#seed)
  }

  /** Nothing is decided here: the port needs no filter. */
  get isIdle (): boolean { return !this.#in.hasRules && !this.#out.hasRules }

  /** @param nowSec of a steady clock; every second is often enough */
  tick (nowSec: number): void { if (this.#connections !== null) this.#connections.nowSec = nowSec }

  /**
   * PASS, DROP or MALFORMED. `isFrame(len)` holds.
   * @param frames what it is on the wire, with `octets`
   */
  judge (side: Side, buf: Uint8Array, off: number, len: number, frames: number, octets: number, onLog: OnLog): number {
    const table = side === 'in' ? this.#in : this.#out
    const connections = this.#connections
    if (!table.hasRules && connections === null) return PASS
    packet.read(buf, off, len)
    if (packet.isMalformed) return MALFORMED
    if (connections !== null) connections.ask(packet, buf)
    if (!table.passes(packet, buf, off, len, frames, octets, onLog)) return DROP
    if (connections !== null) connections.accepted(packet)
    return PASS
  }

  /** The rule that decided about the last frame of a side; null: its policy. */
  decidedBy (side: Side): RuleLabel | null {
    const table = side === 'in' ? this.#in : this.#out
    return table.decidedBy === BY_FALLBACK ? null : table.labels[table.decidedBy]!
  }

  /** The rule of a number that a log is told. */
  label (side: Side, number: number): RuleLabel { return (side === 'in' ? this.#in : this.#out).labels[number]! }

  /** What rules have counted, in the order in which frames meet them. */
  counts (side: Side): RuleCount[] {
    const table = side === 'in' ? this.#in : this.#out
    return table.labels.map((label, i) => ({ ...label, frames: table.frames[i]!, octets: table.octets[i]! }))
  }
}

const keepCounts = (old: RuleTable, now: RuleTable): void => {
  const keyOf = ({ chain, rule }: RuleLabel): string => JSON.stringify([chain, rule])
  const numbers = new Map(old.labels.map((label, i) => [keyOf(label), i]))
  now.labels.forEach((label, i) => {
    const number = numbers.get(keyOf(label))
    if (number === undefined) return
    now.frames[i] = old.frames[number]!
    now.octets[i] = old.octets[number]!
  })
}
