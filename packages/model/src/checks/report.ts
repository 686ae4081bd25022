/** What the checks of a network work with: its objects by name, and where problems go. */
import { nearestHint } from '@vde-ts/vnl/nearest.js'
import { tableOf, type Table } from '../objects.ts'
import type { Model, OverlayType, Settings } from '../model.ts'
import type { Kind } from '../plan.ts'
import type { Problem, ProblemCode, Reference } from '../problem.ts'

/** What a check knows of this machine; all of it may be unknown. */
export interface World {
  /** Whether an interface is there now; null: not known. */
  readonly hasInterface: (name: string) => boolean | null
}

/** Of a port, whoever has it. */
export interface Port {
  readonly subject: Reference
  readonly net: string | null
  readonly mac: string | null
}

/** Details of a problem. */
export interface Details {
  readonly references?: readonly Reference[]
  readonly attribute?: string
  readonly hint?: string | null
  /** For people, where the subject's own path is not all. */
  readonly path?: string
}

/** A reference to an object. */
export const ref = (kind: Reference['kind'], key: string): Reference => ({ kind, key })

/** The path of an object, for people. */
export const pathOf = ({ kind, key }: Reference): string => {
  const slash = key.indexOf('/')
  if (kind === 'virt' && slash >= 0) return `net ${key.slice(0, slash)} / virt ${key.slice(slash + 1)}`
  const colon = key.indexOf(':')
  if (kind === 'interface' && colon >= 0) return `node ${key.slice(0, colon)} / interface ${key.slice(colon + 1)}`
  return `${kind} ${key}`
}

/** One round of checks. */
export class Report {
  readonly model: Model
  readonly table: Table
  readonly world: World
  readonly problems: Problem[] = []

  constructor (model: Model, world: World) {
    this.model = model
    this.table = tableOf(model)
    this.world = world
  }

  add (code: ProblemCode, subject: Reference, message: string, details: Details = {}): void {
    const { references = [subject], attribute = null, hint = null, path = pathOf(subject) } = details
    this.problems.push({ code, references, subject, attribute, path, message, hint })
  }

  /** Whether a name is one of a kind; if not, that is a problem of `subject`. */
  isKnown (kind: Kind, name: string, subject: Reference, attribute: string): boolean {
    if (this.table[kind].has(name)) return true
    const hint = nearestHint(name, [...this.table[kind].keys()])
    this.add('NAME_UNKNOWN', subject, `${attribute} names ${kind} "${name}", which is not declared`, { attribute, hint })
    return false
  }

  /** Template of a net; null: none, or none that is declared. */
  settingsOf (net: string | null): Settings | null {
    return this.table.settings.get(this.table.net.get(net ?? '')?.settings ?? '') ?? null
  }

  typeOf (net: string | null): OverlayType | null { return this.settingsOf(net)?.type ?? null }

  /** Physes that were attached to a net and are declared. */
  physesOf (net: string): string[] {
    return this.model.attachments.filter((one) => one.net === net && this.table.phys.has(one.phys)).map(({ phys }) => phys)
  }
}

/** Calls back for each two that have the same key, with the first of them. */
export const eachTwice = <T>(
  items: readonly T[], keyOf: (item: T) => string | null, found: (first: T, again: T) => void
): void => {
  const seen = new Map<string, T>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === null) continue
    const first = seen.get(key)
    if (first === undefined) seen.set(key, item)
    else found(first, item)
  }
}
