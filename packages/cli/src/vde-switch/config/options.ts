/**
 * What a configuration decides about the start: as if it stood on the command line. Each thing is said once, in the file or
 * there; what can be changed while the switch runs is said in the file, or a reload would undo it.
 */
import { resolve } from 'node:path'
import { FIXED_SETTINGS } from '@vde-ts/console/switch/config/fixed-settings.js'
import { valueAt } from '@vde-ts/console/switch/config/setting.js'
import type { ConfigProblem } from '@vde-ts/console/switch/config/files.js'
import type { Misfits } from '@vde-ts/console/switch/config/misfits.js'
import { UsageError, type Values } from '../../command.ts'
import { readSettings } from '../settings.ts'

type Value = Readonly<Record<string, unknown>>

/** Values by the keys of the configuration. */
export type Fixed = Readonly<Record<string, string | number | boolean>>

/** Options that say what a file says, and the key that does. */
const SETTABLE: Readonly<Record<string, string>> = {
  numports: 'switch.ports', hub: 'switch.hub', fstp: 'tree.enabled', priority: 'tree.priority', hashsize: 'hash.size', tap: 'taps'
}
const PATHS = new Set(['sock', 'mgmt'])

/** @see withConfig */
export interface Decided { readonly values: Values, readonly fixed: Fixed }

/** The command line with what the file adds, and what both decide for good. @throws {UsageError} both say one thing */
export const withConfig = (values: Values, path: string | null, value: Value): Decided => {
  const fixed: Record<string, string | number | boolean> = {}
  const added = new Map<string, string>()
  for (const { key, options: [option = ''] } of FIXED_SETTINGS) {
    const [found, typed] = [lookUp(value, key), values.text(option)]
    if (found !== undefined && values.has(option) && String(found) !== (typed ?? 'true')) {
      throw new UsageError(`Cannot start: --${option}${typed === undefined ? '' : ` '${typed}'`} is given, and ${key} in "${path}" is ${JSON.stringify(found)}, want one of them`)
    }
    if (found !== undefined && found !== false) added.set(option, String(found))
    if (found !== undefined) fixed[key] = found
    else if (values.has(option)) fixed[key] = typed === undefined ? true : PATHS.has(option) ? resolve(typed) : typed
  }
  if (path !== null) refuseSettable(values, path)
  return { values: added.size === 0 ? values : layered(values, added), fixed }
}

/** What a file decides about the start, and cannot. */
export const startProblems = (value: Value, misfits: Misfits): ConfigProblem[] =>
  FIXED_SETTINGS.flatMap(({ key, options: [option = ''] }) => {
    const path = key.split('.')
    const found = misfits.touches(path) ? undefined : lookUp(value, key)
    if (found === undefined || found === false) return []
    const only = layered({ has: () => false, text: () => undefined, list: () => [] }, new Map([[option, String(found)]]))
    try {
      readSettings({ values: only, operands: [], rest: [], isSeparated: false, warnings: [] }, false)
      return []
    } catch (error) {
      const { message } = error as Error
      const [, wanted = null] = /^Cannot read --\S+ '.*': (.*)$/.exec(message) ?? []
      return [{ path, message: wanted === null ? message : `found ${JSON.stringify(found)}, ${wanted}` }]
    }
  })

const refuseSettable = (values: Values, path: string): void => {
  for (const [option, key] of Object.entries(SETTABLE)) {
    if (values.has(option)) throw new UsageError(`Cannot start: --${option} is given with --config, want ${key} in "${path}"`)
  }
}

const lookUp = (value: Value, key: string): string | number | boolean | undefined =>
  valueAt(value, key.split('.')) as string | number | boolean | undefined

const layered = (values: Values, added: ReadonlyMap<string, string>): Values => ({
  has: (name) => added.has(name) || values.has(name),
  text: (name) => added.get(name) ?? values.text(name),
  list: (name) => values.list(name)
})
