/**
 * The scenario that runs: what of it is in files, beside the lab's own state, and goes with it.
 *
 *     labs/miniworld/scenario.json   the scenario and all files that it names, as they were at the start; how far it has come
 *     labs/miniworld/boot/ID.log     what its commands have printed in node ID
 *
 * So every command finds all it needs, nothing has to run between two of them, and what changes on disk meanwhile does not
 * matter. Steps are pure, so two commands at once make the same one twice.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { daemonPaths } from '@vde-ts/lab/daemon/paths.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { fileError } from '@vde-ts/link/socket-file.js'
import { Emulation, LAB_NAME, readScenario, type Config, type Files, type Progress } from '@vde-ts/miniworld'
import { ExitError } from '../run.ts'

/** See above. Plain JSON. */
export interface SceneState {
  readonly version: 1
  /** The scenario's file: its name as it was typed, and its text. */
  readonly name: string
  readonly text: string
  /** Absolute: what relative names in it start from. */
  readonly dir: string
  /** JSON of -cs; null: none. */
  readonly change: string | null
  readonly config: Config
  /** Texts of the files that the scenario names. */
  readonly files: Readonly<Record<string, string>>
  readonly progress: Progress
  /** Why the steps of -as have ended; null: they have not. */
  readonly failure: string | null
}

/** Directory of the lab's files. */
export const sceneDir = (): string => join(daemonPaths().labs, LAB_NAME)

const FILE = 'scenario.json'

/** @throws {VdeError} ENOSPC, ... what was there before stays */
export const saveScene = (state: SceneState): void => {
  const path = join(sceneDir(), FILE)
  try {
    writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  } catch (error) {
    rmSync(`${path}.new`, { force: true })
    throw fileError(error, 'remember the scenario')
  }
}

/** The scenario that runs, null: none. */
export const findScene = (): SceneState | null => {
  try {
    return JSON.parse(readFileSync(join(sceneDir(), FILE), 'utf8')) as SceneState
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw fileError(error, 'read the scenario that runs')
  }
}

/** @throws {VdeError} ENOENT none runs */
export const needScene = (): SceneState => {
  const found = findScene()
  if (found !== null) return found
  throw new VdeError('ENOENT', 'find the scenario', 'none runs, start one with "mwcli start --nodes namespace FILE"')
}

/** @throws {VdeError} EIO the steps of a loop have failed: said before every command, unless -nc */
export const refuseFailed = (): void => {
  const found = findScene()
  if (found === null || found.failure === null) return
  throw new VdeError('EIO', 'go on', `the steps have failed (${found.failure}), stop the scenario, or pass over that with -nc`)
}

/** The scenario as it is now. */
export const emulationOf = ({ name, text, change, config, files, progress }: SceneState): Emulation =>
  new Emulation(readScenario({ name, text }, change), config, (path) => files[path] ?? missing(path), progress)

const missing = (path: string): never => { throw new SyntaxError(`Cannot read "${path}": it was not there when the scenario started`) }

/** What is wrong with a file is for people: a line, not a stack. */
export const asLine = <T>(work: () => T): T => {
  try { return work() } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) throw new ExitError(1, error.message, { cause: error })
    throw error
  }
}

/** Reads files that a scenario in `dir` names, and remembers them in `into`. */
export const recorder = (dir: string, into: Record<string, string>): Files => (path) => {
  try {
    into[path] ??= readFileSync(resolve(dir, path), 'utf8')
    return into[path]
  } catch (error) { throw fileError(error, `read "${path}"`) }
}

/** What commands have printed in a node, one behind the other. */
export const bootLog = (node: number): string => {
  const dir = join(sceneDir(), 'boot')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  return join(dir, `${node}.log`)
}
