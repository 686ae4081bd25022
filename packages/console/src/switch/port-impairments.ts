/**
 * Bad links in front of ports: each endpoint of such a port, those there are and those to come, gets one of its own, with
 * the settings of the port.
 */
import { randomInt } from 'node:crypto'
import { INITIAL, ImpairedLink, applyFlags, type Change, type Engine, type Settings } from '@vde-ts/impair'
import { VdeError } from '@vde-ts/link'
import type { Port } from '@vde-ts/switch'

interface Entry {
  readonly links: Set<ImpairedLink>
  in: Settings
  out: Settings
  /** Of each change, for links to come. */
  readonly changes: Change[]
}

/** Changes that are remembered one by one; only their flags count, so the oldest may go. */
const MOST_CHANGES = 1000

/** Of one switch. */
export class PortImpairments {
  readonly #engine: () => Engine
  readonly #ports = new Map<Port, Entry>()

  /** @param engine of the process, made when it is first needed */
  constructor (engine: () => Engine) { this.#engine = engine }

  /** The links in front of a port. */
  linksOf (port: Port): ImpairedLink[] { return [...this.#ports.get(port)?.links ?? []] }

  /** Makes a change, for every endpoint at once. */
  change (port: Port, change: Change): void {
    const entry = this.#entry(port)
    entry.in = change.in(entry.in)
    entry.out = change.out(entry.out)
    entry.changes.push(change)
    if (entry.changes.length > MOST_CHANGES) entry.changes.shift()
    for (const endpoint of port.endpoints) endpoint.interpose()
    for (const link of entry.links) this.#set(link, entry, [change])
  }

  #entry (port: Port): Entry {
    const known = this.#ports.get(port)
    if (known !== undefined) return known
    const entry: Entry = { links: new Set(), in: INITIAL, out: INITIAL, changes: [] }
    this.#ports.set(port, entry)
    port.interpose = (inner, sink) => {
      const link = new ImpairedLink(this.#engine(), sink, { seed: randomInt(2 ** 47) })
      link.own({ close () { entry.links.delete(link) } })
      entry.links.add(link)
      link.connect(inner)
      this.#set(link, entry, entry.changes)
      return link
    }
    return entry
  }

  #set (link: ImpairedLink, entry: Entry, changes: readonly Change[]): void {
    link.in.settings = entry.in
    link.out.settings = entry.out
    for (const change of changes) applyFlags(link, change)
  }
}

/** For a switch whose program has no engine. */
export const noEngine = (): never => { throw new VdeError('ENOSYS', 'impair a port', 'this program has no engine for it') }
