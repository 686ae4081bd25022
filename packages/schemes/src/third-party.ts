/**
 * Schemes of others: `NAME://` is looked for in the npm package `vde-ts-scheme-NAME`, which exports `scheme`, a
 * {@link Scheme} of that name, from the file its `main` names. A package with several has their names in its package.json,
 * `"vdeSchemes": ["a", "b"]`, and exports them as the array `schemes`.
 *
 * A VNL is typed anywhere and may come from anybody, so where code is loaded from is not up to it, nor to the working
 * directory: only the directories of VDE_TS_SCHEMES, and those where the suite itself is installed, are looked into, and
 * a name that is no scheme name never gets here.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { VdeError } from '@vde-ts/link'
import { isSchemeName } from '@vde-ts/vnl'
import type { Scheme } from './scheme.ts'

const PREFIX = 'vde-ts-scheme-'
/** Colon list of absolute directories in which such packages lie. */
const VARIABLE = 'VDE_TS_SCHEMES'

/** Directories that are looked into, first to last: those of the user, then the `node_modules` beside the suite. */
const directories = (): string[] => {
  const named = (process.env[VARIABLE] ?? '').split(':').filter(isAbsolute)
  const beside: string[] = []
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    beside.push(join(at, 'node_modules'))
    if (dirname(at) === at) return [...named, ...beside]
  }
}

const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** A package, and the schemes it says it has. */
interface Offer {
  readonly path: string
  readonly names: readonly string[]
}

/** The packages there are, in the order of the directories. */
const offers = (): Offer[] => directories().flatMap((directory) => {
  let entries: string[] = []
  try {
    entries = readdirSync(directory)
  } catch { /* does not exist, or is for others */ }
  return entries.filter((entry) => entry.startsWith(PREFIX)).sort()
    .map((entry) => ({ path: join(directory, entry), names: namesOf(join(directory, entry), entry.slice(PREFIX.length)) }))
    .filter(({ path }) => isDirectory(path))
})

const namesOf = (path: string, name: string): string[] => {
  let named: unknown
  try {
    named = (JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<string, unknown>)['vdeSchemes']
  } catch { /* has none: what is wrong is told when it is loaded */ }
  const names: unknown[] = Array.isArray(named) ? named : [name]
  return names.filter((one): one is string => typeof one === 'string' && isSchemeName(one))
}

/** Names of the schemes that packages offer, sorted; nothing is loaded. */
export const thirdPartyNames = (): string[] => [...new Set(offers().flatMap(({ names }) => names))].sort()

/**
 * Loads the scheme `name`, which is a scheme name; null: no package offers it.
 * @throws {VdeError} ENOEXEC the package cannot be loaded, or what it exports is no scheme of that name
 */
export const loadThirdParty = async (name: string): Promise<Scheme | null> => {
  const path = offers().find(({ names }) => names.includes(name))?.path
  if (path === undefined) return null
  const action = `load the scheme ${name}:// from "${path}"`
  let loaded: { scheme?: unknown, schemes?: unknown }
  try {
    loaded = await import(pathToFileURL(createRequire(import.meta.url).resolve(path)).href) as typeof loaded
  } catch (error) {
    throw new VdeError('ENOEXEC', action, error instanceof Error ? error.message.split('\n')[0]! : String(error), { cause: error })
  }
  const all: unknown[] = Array.isArray(loaded.schemes) ? loaded.schemes : [loaded.scheme]
  const found = all.find((one) => isScheme(one, name))
  if (found === undefined) throw new VdeError('ENOEXEC', action, `it exports no scheme called "${name}"`)
  return found as Scheme
}

const STYLES: readonly unknown[] = ['address', 'path', 'raw', 'nested-address', 'nested-path']

const isScheme = (value: unknown, name: string): value is Scheme => {
  if (typeof value !== 'object' || value === null) return false
  const scheme = value as Partial<Scheme>
  return scheme.name === name && typeof scheme.open === 'function' && typeof scheme.summary === 'string' &&
    STYLES.includes(scheme.style) && typeof scheme.params === 'object' && scheme.params !== null
}
