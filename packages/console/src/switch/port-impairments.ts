/**
 * Bad links in front of ports: each endpoint of such a port, those there are and those to come, gets one of its own, with
 * the settings of the port.
 */
import { randomInt } from 'node:crypto'
import {
  INITIAL, INITIAL_FLAGS, ImpairedLink, applyFlags, formatWords, fromPlain, toPlain, type Change, type DirectionFlags,
  type Engine, type PlainSettings, type Settings
} from '@vde-ts/impair'
import { VdeError } from '@vde-ts/link'
import type { Port } from '@vde-ts/switch'

interface Entry {
  readonly links: Set<ImpairedLink>
  in: Settings
  out: Settings
  /** What holds for links to come, each flag of a side once. */
  flags: Change['flags']
}

/** What is set for a port, for whoever takes over. What is on its way at that moment is lost, as on any bad link. */
export interface PortImpairment {
  readonly port: number
  readonly in: PlainSettings
  readonly out: PlainSettings
  readonly flags: Change['flags']
}

/** Of one switch. */
export class PortImpairments {
  readonly #engine: () => Engine
  readonly #ports = new Map<Port, Entry>()

  /** @param engine of the process, made when it is first needed */
  constructor (engine: () => Engine) { this.#engine = engine }

  /** The links in front of a port. */
  linksOf (port: Port): ImpairedLink[] { return [...this.#ports.get(port)?.links ?? []] }

  /** What holds for a port, in words; empty: nothing does. */
  wordsOf (port: Port): string {
    const entry = this.#ports.get(port)
    return entry === undefined ? '' : formatWords(entry.in, entry.out, flagsOf(entry.flags))
  }

  /** The words of a change that says everything. */
  wordsAfter (change: Change): string { return formatWords(change.in(INITIAL), change.out(INITIAL), flagsOf(change.flags)) }

  /** A change that says everything; one that says nothing is none for a port without bad links. */
  replace (port: Port, change: Change): void {
    if (this.wordsOf(port) !== this.wordsAfter(change)) this.change(port, change)
  }

  /** Makes a change, for every endpoint at once. */
  change (port: Port, change: Change): void {
    const entry = this.#entry(port)
    entry.in = change.in(entry.in)
    entry.out = change.out(entry.out)
    const isSame = ([side, flag]: Change['flags'][number]): boolean => change.flags.some(([s, f]) => s === side && f === flag)
    entry.flags = [...entry.flags.filter((one) => !isSame(one)), ...change.flags]
    for (const endpoint of port.endpoints) endpoint.interpose()
    for (const link of entry.links) this.#set(link, entry, change)
  }

  /** @param isThere whether the port has not been removed meanwhile */
  snapshot (isThere: (port: Port) => boolean): PortImpairment[] {
    return [...this.#ports].filter(([port]) => isThere(port)).map(([port, entry]) =>
      ({ port: port.number, in: toPlain(entry.in), out: toPlain(entry.out), flags: entry.flags }))
  }

  /** Before the endpoints of `ports` have links. */
  restore (found: readonly PortImpairment[], ports: (number: number) => Port): void {
    for (const { port, in: inward, out, flags } of found) {
      this.change(ports(port), { in: () => fromPlain(inward), out: () => fromPlain(out), flags })
    }
  }

  #entry (port: Port): Entry {
    const known = this.#ports.get(port)
    if (known !== undefined) return known
    const entry: Entry = { links: new Set(), in: INITIAL, out: INITIAL, flags: [] }
    this.#ports.set(port, entry)
    port.interpose = (inner, sink) => {
      const link = new ImpairedLink(this.#engine(), sink, { seed: randomInt(2 ** 47) })
      link.own({ close () { entry.links.delete(link) } })
      entry.links.add(link)
      link.connect(inner)
      this.#set(link, entry, entry)
      return link
    }
    return entry
  }

  #set (link: ImpairedLink, entry: Entry, change: Pick<Change, 'flags'>): void {
    link.in.settings = entry.in
    link.out.settings = entry.out
    applyFlags(link, change)
  }
}

const flagsOf = (changed: Change['flags']): Record<'in' | 'out', DirectionFlags> => {
  const flags = { in: INITIAL_FLAGS, out: INITIAL_FLAGS }
  for (const [side, flag, isOn] of changed) flags[side] = { ...flags[side], [flag]: isOn }
  return flags
}

/** For a switch whose program has no engine. */
export const noEngine = (): never => { throw new VdeError('ENOSYS', 'impair a port', 'this program has no engine for it') }
