/**
 * Which switches and cables of a user run, for his other programs. Each program has an entry
 *
 *     $XDG_RUNTIME_DIR/vde-ts/PID.json     what it is and where
 *     $XDG_RUNTIME_DIR/vde-ts/PID.sock     a console of its own, also without -M
 *
 * in a directory nobody else can enter, see runtime-dir.ts. A process that was killed leaves its entry; who reads the list
 * or adds to it removes that, unless it is of a PID namespace in which that number may well be running.
 */
import { readdirSync, readFileSync, readlinkSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runtimeDir } from '@vde-ts/link/runtime-dir.js'

/** One running program. */
interface Running {
  readonly pid: number
  readonly program: string
  /** Its private console. */
  readonly console: string
  /** The namespace that `pid` is of. */
  readonly pidNamespace: string
}

/** One running switch. */
export interface SwitchEntry extends Running {
  readonly kind: 'switch'
  /** Control directory, absolute. */
  readonly controlDir: string
  /** Its management socket, if it has one. */
  readonly management: string | null
}

/** A program that runs cables, which its console tells. */
export interface CableEntry extends Running { readonly kind: 'cable' }

/** What an entry tells. */
export type Entry = SwitchEntry | CableEntry

/** The namespace that numbers of processes here are of. */
export const ownPidNamespace = (): string => readlinkSync('/proc/self/ns/pid')

/** The directory. @throws {VdeError} EACCES it belongs to somebody else or is open to others */
export const registryDir: typeof runtimeDir = runtimeDir

/** Where the private console of this process listens. */
export const consolePath = (dir: string, pid: number = process.pid): string => join(dir, `${pid}.sock`)

/** Tells of a program, whole or not at all. @returns what takes it back, and the directory when it is empty then */
export const register = (dir: string, entry: Entry): () => void => {
  pids(dir)
  const path = entryPath(dir, entry.pid)
  writeFileSync(`${path}.new`, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
  return () => {
    remove(path)
    try { rmdirSync(dir) } catch { /* others are in it */ }
  }
}

/** What runs, by pid; what dead programs left is removed. */
export const entries = (dir: string): Entry[] => pids(dir).flatMap((pid) => {
  const entry = readEntry(entryPath(dir, pid))
  return entry?.pid === pid && entry.pidNamespace === ownPidNamespace() ? [entry] : []
})

/** The switches of it. */
export const switches = (dir: string): SwitchEntry[] => entries(dir).filter((entry) => entry.kind === 'switch')

const entryPath = (dir: string, pid: number): string => join(dir, `${pid}.json`)

/** The numbers in the directory, without those of dead programs, whose files are removed. No file of a live one is read. */
const pids = (dir: string): number[] => readdirSync(dir)
  .map((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? NaN))
  .filter((pid) => !Number.isNaN(pid) && (isRunning(pid) || !sweep(dir, pid)))
  .sort((a, b) => a - b)

/** @returns false: whoever it was may be running where our numbers do not count */
const sweep = (dir: string, pid: number): boolean => {
  const entry = readEntry(entryPath(dir, pid))
  if (entry !== null && entry.pidNamespace !== ownPidNamespace()) return false
  remove(entryPath(dir, pid))
  remove(consolePath(dir, pid))
  return true
}

const readEntry = (path: string): Entry | null => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Entry
  } catch {
    return null // gone, or not ours to understand
  }
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) { return (error as NodeJS.ErrnoException).code === 'EPERM' }
}

const remove = (path: string): void => { try { unlinkSync(path) } catch { /* gone already */ } }
