/**
 * Files with a process id, written for scripts: `PID\n`, or `-PGID\n` for a process group.
 *
 *   exclusive   one instance only: a file of a live instance is an error, one that a dead process left is replaced
 *   replace     the last starter wins, as scripts that reuse one name expect
 *
 * In both cases only a regular file is read or written (a symbolic link would lead a daemon of root elsewhere, a device or
 * a FIFO may never end), and the file is removed only while it still says what we wrote: never that of another instance.
 */
import { accessSync, closeSync, constants, fstatSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { systemError, VdeError } from '@vde-ts/link/errors.js'

/** What a pid file that is there already means, see above. */
export type PidFileRule = 'exclusive' | 'replace'

/** What tests put in the place of the system. */
export interface PidFileWorld {
  /** As fs.writeSync: how many octets of `text` were written. */
  readonly write: (fd: number, text: string) => number
  /** Directory of the processes, `/proc`. */
  readonly proc: string
}

/** Octets of a pid file that are looked at: more than any process id has. */
const MOST = 32
/** Nothing here may wait, for the other end of a FIFO or for a terminal. */
const SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY
/** Programs that write pid files, as /proc has their names (15 octets). */
const OURS: readonly string[] = [
  'vde_switch', 'vde_plug', 'vde_plug2tap', 'vde_pcapplug', 'dpipe', 'vdelxcd', 'vdens', 'wirefilter', 'vde-netemu', 'slirpvde'
]
const SYSTEM: PidFileWorld = { write: writeSync, proc: '/proc' }

/**
 * Writes `text` to `path` with mode 0644. A relative path is that of now, wherever the process goes later.
 * @param command name of the program, for messages
 * @returns what removes the file
 * @throws {VdeError} EEXIST for a live instance or a file that is no pid file, ELOOP for a symbolic link, ENOENT, EACCES, ENOSPC
 */
export const writePidFile = (
  path: string, text: string, rule: PidFileRule, command: string, world: PidFileWorld = SYSTEM
): () => void => {
  const action = `write pid file '${path}'`
  const file = resolve(path)
  if (rule === 'exclusive') removeStale(file, action, command, world)
  const flags = constants.O_WRONLY | constants.O_CREAT | SAFELY | (rule === 'exclusive' ? constants.O_EXCL : constants.O_TRUNC)
  const fd = attempt(action, () => openSync(file, flags, 0o644))
  try {
    refuseOthers(fd, action)
    writeWhole(file, fd, text, action, world)
  } finally {
    closeSync(fd)
  }
  return () => { if (isOurText(file, text)) rmSync(file, { force: true }) }
}

/**
 * Finds out, without touching anything, whether an `exclusive` file can be written once the process `former` has ended.
 * What it cannot know is whether there will be room. @throws {VdeError} as {@link writePidFile}
 */
export const checkPidFile = (path: string, command: string, former: number): void => {
  const action = `write pid file '${path}'`
  const file = resolve(path)
  refuseLive(file, action, command, SYSTEM, former)
  attempt(action, () => { accessSync(dirname(file), constants.W_OK | constants.X_OK) })
}

/** A file without its text, as a full disk leaves it, would make the next start wonder. */
const writeWhole = (file: string, fd: number, text: string, action: string, { write }: PidFileWorld): void => {
  try {
    const written = attempt(action, () => write(fd, text))
    if (written !== text.length) throw new VdeError('ENOSPC', action, `only ${written} of ${text.length} octets went in`)
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  }
}

const removeStale = (file: string, action: string, command: string, world: PidFileWorld): void => {
  if (refuseLive(file, action, command, world, process.pid)) rmSync(file, { force: true })
}

/** True: the file is there and may go. `known` is a process whose file it may be. */
const refuseLive = (file: string, action: string, command: string, { proc }: PidFileWorld, known: number): boolean => {
  const text = readStart(file, action)
  if (text === null) return false
  const pid = /^\d{1,10}\n?$/.test(text) ? Number(text) : 0
  if (pid === 0 && text !== '') throw new VdeError('EEXIST', action, 'it exists and holds no process id, remove it or name another')
  const running = pid === 0 || pid === known ? null : instance(pid, proc)
  if (running === null) return true
  const way = running === command ? 'stop it' : `remove the file if that is no ${command}`
  throw new VdeError('EEXIST', action, `it exists and ${running} with pid ${pid} runs, ${way} or name another file`)
}

/**
 * Name of the live program `pid` that may have written a pid file; null: it has ended, or the number has gone to a program
 * that writes none of these. Numbers are used again, after a reboot soon: a switch must not stay down because of a shell.
 * A process that cannot be looked at, as where /proc hides those of others, may be one.
 */
const instance = (pid: number, proc: string): string | null => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null
  }
  const stat = readText(`${proc}/${pid}/stat`)
  if (stat === null) return 'a program'
  // PID (NAME) STATE: the name may hold anything. A zombie has ended, though its parent has not looked.
  const [, name, state] = /^\d+ \((.*)\) (\S)/s.exec(stat) ?? []
  if (name === undefined || state === undefined) return 'a program'
  return OURS.includes(name) && !'ZXx'.includes(state) ? name : null
}

/** What a pid file that is there begins with; null: there is none. */
const readStart = (file: string, action: string): string | null => {
  let fd: number
  try {
    fd = openSync(file, constants.O_RDONLY | SAFELY)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw asVdeError(error, action)
  }
  try {
    refuseOthers(fd, action)
    const buf = Buffer.alloc(MOST)
    return buf.toString('latin1', 0, attempt(action, () => readSync(fd, buf, 0, MOST, 0)))
  } finally {
    closeSync(fd)
  }
}

const isOurText = (file: string, text: string): boolean => {
  try {
    return readStart(file, '') === text
  } catch {
    return false
  }
}

const refuseOthers = (fd: number, action: string): void => {
  if (!fstatSync(fd).isFile()) throw new VdeError('EEXIST', action, NO_FILE)
}

const readText = (path: string): string | null => {
  try { return readFileSync(path, 'latin1') } catch { return null }
}

const NO_FILE = 'it is a device, a FIFO, a socket or a directory, want a file or nothing'

const attempt = <T>(action: string, call: () => T): T => {
  try {
    return call()
  } catch (error) {
    throw asVdeError(error, action)
  }
}

const asVdeError = (error: unknown, action: string): unknown => {
  const { code, errno } = error as NodeJS.ErrnoException
  if (code === undefined || errno === undefined) return error
  if (code === 'ELOOP') return new VdeError('ELOOP', action, 'it is a symbolic link, want a file or nothing')
  // A FIFO that nobody reads, a socket; a directory that is to be written.
  if (code === 'ENXIO' || code === 'EISDIR') return new VdeError('EEXIST', action, NO_FILE)
  return systemError(errno, action)
}
