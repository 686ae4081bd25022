/**
 * Between a file, the running switch, and the flat form in which the two are compared.
 *
 *     file --read--> value --flatten--> Flat <--running-- switch
 *                      ^--- unflatten ----'
 */
import { VdeError } from '@vde-ts/link'
import type { SwitchContext } from '../context.ts'
import type { ConfigPath, ConfigProblem } from './files.ts'
import { FIXED_SETTINGS } from './fixed-settings.ts'
import { LIST_SETTINGS } from './list-settings.ts'
import { Misfits } from './misfits.ts'
import { PORT_SETTINGS } from './port-settings.ts'
import { vlansOf } from './port-vlan-setting.ts'
import { isSame, valueAt, type FileContext, type Flat, type ListSetting, type Setting } from './setting.ts'
import { SECTIONS, SETTINGS } from './table.ts'

type Value = Readonly<Record<string, unknown>>

/** Key of a row of a port. */
export const portKey = (port: number, key: string): string => `ports.${port}.${key}`

/** Ports that a flat form says something of, or that its lists name, rising. */
export const portsOf = (flat: Flat): number[] => {
  const found = new Set<number>()
  for (const key of flat.keys()) if (key.startsWith('ports.')) found.add(Number(key.split('.')[1]))
  for (const { key } of LIST_SETTINGS) {
    for (const item of (flat.get(key) ?? []) as unknown[]) {
      const { port, to } = item as { port?: number, to?: number }
      for (const number of [port, to]) if (number !== undefined) found.add(number)
    }
  }
  return [...found].sort((a, b) => a - b)
}

/** What is set now. Of a port that does not exist only its tree can be. */
export const running = (context: SwitchContext): Flat => {
  const { sw } = context
  const flat = new Map<string, unknown>()
  const keep = (key: string, value: unknown): void => { if (value !== undefined) flat.set(key, value) }
  for (const row of SETTINGS) keep(row.key, row.read(context, 0))
  const exist = new Set(sw.ports().map(({ number }) => number))
  const numbers = new Set([...exist, ...sw.tree.snapshot().ports.map(({ number }) => number)])
  for (const port of [...numbers].filter((number) => number > 0).sort((a, b) => a - b)) {
    for (const row of PORT_SETTINGS) {
      if (exist.has(port) || row.key.startsWith('tree.')) keep(portKey(port, row.key), row.read(context, port))
    }
  }
  for (const row of LIST_SETTINGS) {
    const items = row.items(context)
    if (items.length > 0) flat.set(row.key, items)
  }
  return flat
}

/** A value as a file has it. */
export const unflatten = (flat: Flat, fixed: Value): object => {
  const root: Record<string, unknown> = {}
  for (const { key } of FIXED_SETTINGS) if (fixed[key] !== undefined) put(root, key.split('.'), fixed[key])
  for (const { key } of SETTINGS) if (flat.has(key)) put(root, key.split('.'), flat.get(key))
  for (const { key, form } of LIST_SETTINGS) if (flat.has(key)) put(root, key.split('.'), form(flat.get(key) as never))
  for (const port of portsOf(flat)) {
    for (const { key } of PORT_SETTINGS) {
      const found = flat.get(portKey(port, key))
      if (found !== undefined) put(root, ['ports', String(port), ...key.split('.')], found)
    }
  }
  return Object.fromEntries(SECTIONS.filter((section) => root[section] !== undefined).map((section) => [section, root[section]]))
}

const put = (root: Record<string, unknown>, steps: readonly string[], value: unknown): void => {
  let at = root
  for (const step of steps.slice(0, -1)) at = (at[step] ??= {}) as Record<string, unknown>
  at[steps.at(-1)!] = value
}

/** An item of a list, in its one form, and where it stands. */
export interface Placed { readonly path: ConfigPath, readonly item: unknown }

/** @see flatten */
export interface Flattened {
  readonly flat: Flat
  /** What `flat` has of each list, as it stands in the file. */
  readonly lists: ReadonlyMap<string, readonly Placed[]>
  readonly problems: readonly ConfigProblem[]
}

/** The flat form of what a file says, but for what does not fit, and what is wrong with it beyond its schema. */
export const flatten = (context: FileContext, value: Value, misfits: Misfits = new Misfits()): Flattened =>
  new Flattener(context, value, misfits).flattened()

class Flattener {
  readonly #context: FileContext
  readonly #value: Value
  readonly #misfits: Misfits
  readonly #flat = new Map<string, unknown>()
  readonly #lists = new Map<string, Placed[]>()
  readonly #problems: ConfigProblem[] = []

  constructor (context: FileContext, value: Value, misfits: Misfits) {
    this.#context = context
    this.#value = value
    this.#misfits = misfits
  }

  flattened (): Flattened {
    const flat = this.#flat
    for (const row of SETTINGS) this.#take(row, row.key.split('.'), row.key)
    for (const row of LIST_SETTINGS) this.#takeList(row)
    if (!this.#misfits.covers(['ports'])) this.#takePorts()
    for (const [key, found] of [...flat]) if (isDefault(key, found)) flat.delete(key)
    nameVlans(flat)
    return { flat, lists: this.#lists, problems: this.#problems }
  }

  #takePorts (): void {
    for (const port of Object.keys(this.#value['ports'] ?? {})) {
      for (const row of PORT_SETTINGS) this.#take(row, ['ports', port, ...row.key.split('.')], portKey(Number(port), row.key))
    }
  }

  #take ({ normal }: Setting, path: readonly string[], key: string): void {
    if (this.#misfits.touches(path)) return
    const found = valueAt(this.#value, path)
    if (found === undefined) return
    const read = this.#attempt(path, () => normal === undefined ? found : normal(found as never, this.#context))
    if (read !== undefined) this.#flat.set(key, read)
  }

  #takeList ({ key, parse }: ListSetting): void {
    const path = key.split('.')
    if (this.#misfits.covers(path)) return
    const found = valueAt(this.#value, path)
    if (found === undefined) return
    const good: unknown[] = []
    const placed: Placed[] = []
    for (const [i, item] of (Array.isArray(found) ? found : []).entries()) {
      const here = [...path, i]
      const read = this.#misfits.touches(here) ? undefined : this.#attempt(here, () => parse([item] as never, this.#context))
      if (read === undefined) continue
      good.push(item)
      placed.push({ path: here, item: read[0] })
    }
    const items = this.#attempt(path, () => parse((Array.isArray(found) ? good : found) as never, this.#context)) ?? []
    if (items.length > 0) this.#flat.set(key, items)
    this.#lists.set(key, placed)
  }

  /** @returns undefined: nothing was read, or something is wrong with it, and was noted */
  #attempt<T> (path: ConfigPath, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof VdeError || error instanceof RangeError || error instanceof SyntaxError)) throw error
      this.#problems.push({ path, message: error.message })
      return undefined
    }
  }
}

/** A file may name what is the default anyway. */
const isDefault = (key: string, value: unknown): boolean => {
  const ofPort = /^ports\.\d+\.(.*)$/.exec(key)?.[1]
  const row = SETTINGS.find((one) => one.key === key) ?? PORT_SETTINGS.find((one) => one.key === ofPort)
  return row !== undefined && 'default' in row.schema && isSame(row.schema['default'], value)
}

/** The VLANs of ports are there without being named. */
const nameVlans = (flat: Map<string, unknown>): void => {
  const found = new Set((flat.get('vlans') ?? []) as number[])
  for (const [key, value] of flat) {
    if (/^ports\.\d+\.vlan$/.test(key)) for (const id of vlansOf(value)) found.add(id)
  }
  found.delete(0)
  if (found.size > 0) flat.set('vlans', [...found].sort((a, b) => a - b))
}
