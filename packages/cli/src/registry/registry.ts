/**
 * Which switches of a user run, for his other programs. Each has an entry
 *
 *     $XDG_RUNTIME_DIR/vde-ts/PID.json     what it is and where
 *     $XDG_RUNTIME_DIR/vde-ts/PID.sock     a console of its own, also without -M
 *
 * in a directory nobody else can enter, see runtime-dir.ts. A process that was killed leaves its entry; who reads the list
 * or adds to it removes that.
 */
import { readdirSync, readFileSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runtimeDir } from '@vde-ts/link/runtime-dir.js'

/** One running switch. */
export interface Entry {
  readonly pid: number
  readonly program: string
  /** Control directory, absolute. */
  readonly controlDir: string
  /** Its private console. */
  readonly console: string
  /** Its management socket, if it has one. */
  readonly management: string | null
}

/** The directory. @throws {VdeError} EACCES it belongs to somebody else or is open to others */
export const registryDir: typeof runtimeDir = runtimeDir

/** Where the private console of this process listens. */
export const consolePath = (dir: string, pid: number = process.pid): string => join(dir, `${pid}.sock`)

/** Tells of a switch, whole or not at all. @returns what takes it back, and the directory when it is empty then */
export const register = (dir: string, entry: Entry): () => void => {
  entries(dir)
  const path = join(dir, `${entry.pid}.json`)
  writeFileSync(`${path}.new`, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
  return () => {
    remove(path)
    try { rmdirSync(dir) } catch { /* others are in it */ }
  }
}

/** The switches that run, by pid; what dead ones left is removed. */
export const entries = (dir: string): Entry[] => {
  const found: Entry[] = []
  for (const name of readdirSync(dir)) {
    const pid = Number(/^(\d+)\.json$/.exec(name)?.[1] ?? NaN)
    if (Number.isNaN(pid)) continue
    if (!isRunning(pid)) {
      remove(join(dir, name))
      remove(consolePath(dir, pid))
      continue
    }
    const entry = readEntry(join(dir, name))
    if (entry?.pid === pid) found.push(entry)
  }
  return found.sort((a, b) => a.pid - b.pid)
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
