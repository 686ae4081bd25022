/**
 * Rules as a table that is read per frame: clauses of words, in one Int32Array, without allocation.
 *
 *     rule    [clauses, action, argument, number, clause...]
 *     clause  [kind | NOT, what the packet must have, words that follow, ...]
 *     COMPARE [word, mask, value]{1..4}    RANGE [word, from, to]    SET [set, word]    ANY [word, bits]
 *
 * NOT turns the comparison only: `not: [srcIp]` still wants an IP packet, as everywhere else.
 */
import { isIpv6 } from '../address.ts'
import type { AddressSet, Chain, ConnectionState, Masked, Match, Policy, Rule } from '../firewall.ts'
import { AddressTable, wordsOf } from './address-table.ts'
import { HAS, WORD, type Packet } from './packet.ts'

const [COMPARE, RANGE, SET, ANY] = [0, 1, 2, 3] as const
const NOT = 4
const ACTIONS = ['accept', 'drop', 'jump', 'return', 'mark', 'log'] as const
const [ACCEPT, , JUMP, RETURN, MARK, LOG] = [0, 1, 2, 3, 4, 5] as const
const IS_DROP = 1
/** Chains that jump into each other; longer ways than there are chains would be circles. */
const MAX_DEPTH = 64

/** Bits of the states, as {@link WORD.state} has them. */
export const STATES: Readonly<Record<ConnectionState, number>> = { new: 1, established: 2, related: 4, invalid: 8 }

/** Told of a rule that logs. Borrowed octets. */
export type OnLog = (rule: number, buf: Uint8Array, off: number, len: number) => void

/** What has been compiled of a rule, for people. */
export interface RuleLabel {
  /** Null: of the port's own list. */
  readonly chain: string | null
  /** Place in its list as it was given, from 1. */
  readonly position: number
  readonly rule: Rule
}

/** No rule decided. */
export const BY_FALLBACK = -1

/** The rules of one direction. */
export class RuleTable {
  /** By the number that counters and {@link decidedBy} have. */
  readonly labels: readonly RuleLabel[]
  readonly usesState: boolean
  readonly hasRules: boolean
  /** The rule that decided on the last frame, or BY_FALLBACK. */
  decidedBy: number = BY_FALLBACK
  /** By rule: frames and octets on the wire that met it. */
  readonly frames: Float64Array
  readonly octets: Float64Array
  readonly #code: Int32Array
  readonly #sets: readonly AddressTable[]
  readonly #passes: boolean
  /** Where chains return to: place in the code, and how many rules are left there. */
  readonly #stack = new Int32Array(MAX_DEPTH * 2)

  constructor (policy: Policy, chains: readonly Chain[], sets: readonly AddressSet[]) {
    const compiler = new Compiler(chains, sets)
    this.#code = compiler.compile(policy.rules)
    this.#sets = compiler.sets
    this.labels = compiler.labels
    this.#passes = policy.fallback === 'accept'
    this.usesState = compiler.labels.some(({ rule }) => rule.match.state !== undefined)
    this.hasRules = policy.rules.length > 0 || !this.#passes
    this.frames = new Float64Array(this.labels.length)
    this.octets = new Float64Array(this.labels.length)
  }

  /** Whether the packet, read from these octets, passes; `frames` and `octets` are what it is on the wire. */
  passes (packet: Packet, buf: Uint8Array, off: number, len: number, frames: number, octets: number, onLog: OnLog): boolean {
    const code = this.#code
    let at = 1
    let left = code[0]!
    let depth = 0
    for (;;) {
      if (left === 0) {
        if (depth === 0) break
        depth--
        at = this.#stack[2 * depth]!
        left = this.#stack[2 * depth + 1]!
        continue
      }
      left--
      const rule = at
      at += code[rule]!
      if (!this.#holds(packet, rule + 4, at)) continue
      const number = code[rule + 3]!
      this.frames[number]! += frames
      this.octets[number]! += octets
      const action = code[rule + 1]!
      if (action <= IS_DROP) {
        this.decidedBy = number
        return action === ACCEPT
      }
      if (action === MARK) packet.words[WORD.mark] = code[rule + 2]!
      else if (action === LOG) onLog(number, buf, off, len)
      else if (action === RETURN) left = 0
      else if (depth < MAX_DEPTH) {
        this.#stack[2 * depth] = at
        this.#stack[2 * depth++ + 1] = left
        at = code[rule + 2]! + 1
        left = code[at - 1]!
      }
    }
    this.decidedBy = BY_FALLBACK
    return this.#passes
  }

  #holds (packet: Packet, from: number, end: number): boolean {
    const code = this.#code
    for (let at = from; at < end; at += 3 + code[at + 2]!) {
      const needs = code[at + 1]!
      if ((packet.has & needs) !== needs) return false
      const kind = code[at]!
      if (this.#clause(packet, kind & 3, at + 3, code[at + 2]!) === (kind >= NOT)) return false
    }
    return true
  }

  #clause (packet: Packet, kind: number, at: number, count: number): boolean {
    const code = this.#code
    const { words } = packet
    if (kind === COMPARE) {
      for (let i = at; i < at + count; i += 3) if ((words[code[i]!]! & code[i + 1]!) !== code[i + 2]!) return false
      return true
    }
    const word = words[code[at]!]!
    if (kind === RANGE) return word >= code[at + 1]! && word <= code[at + 2]!
    if (kind === ANY) return (word & code[at + 1]!) !== 0
    const set = this.#sets[code[at + 1]!]!
    if (set.isMac) return set.has(words, code[at]!, false)
    return (packet.has & (HAS.ipv4 | HAS.ipv6)) !== 0 && set.has(words, code[at]!, (packet.has & HAS.ipv6) !== 0)
  }
}

/** Lays lists of rules one behind the other: the port's, then each chain that can be reached. */
class Compiler {
  readonly labels: RuleLabel[] = []
  readonly sets: AddressTable[] = []
  readonly #code: number[] = []
  readonly #chains: ReadonlyMap<string, Chain>
  readonly #setsByName: ReadonlyMap<string, AddressSet>
  readonly #setNumbers = new Map<string, number>()
  readonly #places = new Map<string, number>()
  /** Places of jumps, whose chain is laid later. */
  readonly #jumps: Array<readonly [at: number, chain: string]> = []

  constructor (chains: readonly Chain[], sets: readonly AddressSet[]) {
    this.#chains = new Map(chains.map((chain) => [chain.name, chain]))
    this.#setsByName = new Map(sets.map((set) => [set.name, set]))
  }

  compile (rules: readonly Rule[]): Int32Array {
    this.#list(null, rules)
    for (let i = 0; i < this.#jumps.length; i++) {
      const [at, chain] = this.#jumps[i]!
      if (!this.#places.has(chain)) {
        this.#places.set(chain, this.#code.length)
        this.#list(chain, this.#chains.get(chain)?.rules ?? [])
      }
      this.#code[at] = this.#places.get(chain)!
    }
    return Int32Array.from(this.#code)
  }

  #list (chain: string | null, rules: readonly Rule[]): void {
    this.#code.push(rules.length)
    const numbered = rules.map((rule, i) => ({ rule, position: i + 1 }))
    for (const { rule, position } of numbered.sort((a, b) => a.rule.priority - b.rule.priority)) this.#rule(chain, position, rule)
  }

  #rule (chain: string | null, position: number, rule: Rule): void {
    const at = this.#code.length
    this.#code.push(0, ACTIONS.indexOf(rule.action), rule.action === 'mark' ? rule.mark! | 0 : 0, this.labels.length)
    if (ACTIONS.indexOf(rule.action) === JUMP) this.#jumps.push([at + 2, rule.chain!])
    this.labels.push({ chain, position, rule })
    this.#match(rule.match)
    this.#code[at] = this.#code.length - at
  }

  #match (match: Match): void {
    const not = new Set<string>(match.not)
    const clause = (field: keyof Match, kind: number, needs: number, words: readonly number[]): void => {
      this.#code.push(kind | (not.has(field) ? NOT : 0), needs, words.length, ...words)
    }
    for (const field of Object.keys(match) as Array<keyof Match>) if (field !== 'not') this.#field(match, field, clause)
  }

  #field (match: Match, field: Exclude<keyof Match, 'not'>, clause: (field: keyof Match, kind: number, needs: number, words: readonly number[]) => void): void {
    const word = (needs: number): void => { clause(field, COMPARE, needs, [WORD[field as 'vlan'], -1, match[field] as number]) }
    const masked = (needs: number, isMac: boolean): void => { clause(field, COMPARE, needs, comparison(WORD[field as 'srcIp'], match[field] as Masked, isMac)) }
    switch (field) {
      case 'srcMac': case 'dstMac': return masked(0, true)
      case 'srcIp': case 'dstIp': return masked(isIpv6(match[field]!.value) ? HAS.ipv6 : HAS.ipv4, false)
      case 'srcSet': case 'dstSet': return clause(field, SET, 0, this.#set(match[field]!, field === 'srcSet'))
      case 'etherType': case 'vlan': return word(0)
      case 'protocol': return word(HAS.upper)
      case 'srcPort': case 'dstPort': return clause(field, RANGE, HAS.ports, [WORD[field], match[field]!.from, match[field]!.to])
      case 'icmpType': return word(HAS.icmp)
      case 'arpOperation': return word(HAS.arp)
      case 'arpSenderIp': case 'arpTargetIp': return masked(HAS.arp, false)
      case 'arpSenderMac': case 'arpTargetMac': return masked(HAS.arp, true)
      case 'state': return clause(field, ANY, HAS.state, [WORD.state, match.state!.reduce((bits, one) => bits | STATES[one], 0)])
      case 'mark': return clause(field, COMPARE, 0, [WORD.mark, match.mark!.mask | 0, match.mark!.value | 0])
    }
  }

  #set (name: string, isSource: boolean): number[] {
    let number = this.#setNumbers.get(name)
    if (number === undefined) {
      number = this.sets.length
      this.#setNumbers.set(name, number)
      this.sets.push(new AddressTable(this.#setsByName.get(name)!))
    }
    const isMac = this.sets[number]!.isMac
    return [isSource ? (isMac ? WORD.srcMac : WORD.srcIp) : isMac ? WORD.dstMac : WORD.dstIp, number]
  }
}

const comparison = (word: number, { value, mask }: Masked, isMac: boolean): number[] => {
  const bits = wordsOf(mask, isMac)
  return [...wordsOf(value, isMac)].flatMap((one, i) => [word + i, bits[i]!, one & bits[i]!])
}
