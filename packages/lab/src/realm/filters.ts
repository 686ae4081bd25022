/**
 * The firewall of each port of a network, by `interface NODE:IF` and `virt NET/NAME`.
 *
 * A port has its rules from the first frame on. Changes are made for all ports together when a plan has been carried out, so
 * that nobody is behind the rules of half a plan. What a port knows of connections stays while it is plugged anew elsewhere.
 */
import { describe } from '@vde-ts/frame/describe.js'
import type { Policy, Table } from '@vde-ts/model'
import { PortFilter, type Side } from '@vde-ts/model/filter/port-filter.js'

/** Lines of a port's rules that are written in a second, at most: who sends must not fill the disk. */
const LOGS_PER_SEC = 10
const TICK_MS = 1000

interface Policies { readonly in: Policy, readonly out: Policy }

/** Frames that did not pass. */
export interface FilterDrops {
  rule: number
  malformed: number
}

/** Of a port, for people and programs. */
export interface FilterStatus {
  readonly port: string
  readonly side: Side
  readonly fallback: Policy['fallback']
  readonly drops: Readonly<FilterDrops>
  readonly rules: ReadonlyArray<{
    readonly chain: string | null
    readonly position: number
    readonly name: string | null
    readonly action: string
    readonly frames: number
    readonly octets: number
  }>
}

/** One port. */
export class FilteredPort {
  readonly filter: PortFilter
  readonly drops: Readonly<Record<Side, FilterDrops>> = { in: { rule: 0, malformed: 0 }, out: { rule: 0, malformed: 0 } }
  policies: Policies
  readonly #key: string
  readonly #log: (line: string) => void
  #logsLeft = LOGS_PER_SEC

  constructor (key: string, policies: Policies, { chain, set }: Table, log: (line: string) => void) {
    this.#key = key
    this.policies = policies
    this.#log = log
    this.filter = new PortFilter(policies, [...chain.values()], [...set.values()], Math.floor(Math.random() * 2 ** 31))
  }

  readonly logIn = (rule: number, buf: Uint8Array, off: number, len: number): void => { this.#write('in', rule, buf, off, len) }
  readonly logOut = (rule: number, buf: Uint8Array, off: number, len: number): void => { this.#write('out', rule, buf, off, len) }

  #write (side: Side, number: number, buf: Uint8Array, off: number, len: number): void {
    if (this.#logsLeft-- <= 0) return
    const { chain, position, rule } = this.filter.label(side, number)
    const what = rule.name ?? `${chain === null ? '' : `${chain} `}#${position}`
    this.#log(`${this.#key} ${side}: rule ${what}: ${describe(buf, off, len)}`)
  }

  tick (nowSec: number): void {
    this.#logsLeft = LOGS_PER_SEC
    this.filter.tick(nowSec)
  }

  status (side: Side): FilterStatus {
    const rules = this.filter.counts(side).map(({ chain, position, rule, frames, octets }) =>
      ({ chain, position, name: rule.name, action: rule.action, frames, octets }))
    return { port: this.#key, side, fallback: this.policies[side].fallback, drops: this.drops[side], rules }
  }
}

/** See above. */
export class Filters {
  readonly #ports = new Map<string, FilteredPort>()
  readonly #log: (line: string) => void
  #ticker: NodeJS.Timeout | null = null
  #chains: ReadonlyArray<unknown> = []

  constructor (log: (line: string) => void) { this.#log = log }

  /** Of a port that is plugged in now, or again. */
  of (key: string, policies: Policies, table: Table): FilteredPort {
    this.#ticker ??= setInterval(() => { this.#tick() }, TICK_MS).unref()
    let port = this.#ports.get(key)
    if (port === undefined) this.#ports.set(key, port = new FilteredPort(key, policies, table, this.#log))
    else this.#replace(port, policies, table)
    port.tick(nowSec())
    return port
  }

  #replace (port: FilteredPort, policies: Policies, { chain, set }: Table): void {
    port.policies = policies
    port.filter.replace(policies, [...chain.values()], [...set.values()])
  }

  /** What the table says now holds from the next frame on; ports that it does not know are forgotten. */
  settle (table: Table): void {
    const now = [...table.chain.values(), ...table.set.values()]
    const isSame = now.length === this.#chains.length && now.every((one, i) => one === this.#chains[i])
    this.#chains = now
    for (const [key, port] of this.#ports) {
      const [kind, name = ''] = key.split(' ')
      const policies = kind === 'virt' ? table.virt.get(name) : table.interface.get(name)
      if (policies === undefined) this.#ports.delete(key)
      else if (!isSame || policies.in !== port.policies.in || policies.out !== port.policies.out) {
        this.#replace(port, policies, table)
      }
    }
  }

  #tick (): void { for (const port of this.#ports.values()) port.tick(nowSec()) }

  /** Of the ports that have rules. */
  status (): FilterStatus[] {
    return [...this.#ports.values()].filter(({ filter }) => !filter.isIdle)
      .flatMap((port) => [port.status('in'), port.status('out')])
  }

  /** Idempotent. */
  close (): void {
    if (this.#ticker !== null) clearInterval(this.#ticker)
    this.#ticker = null
    this.#ports.clear()
  }
}

const nowSec = (): number => Math.floor(performance.now() / 1000)
