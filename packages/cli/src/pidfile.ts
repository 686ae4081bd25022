/**
 * Files with a process id, written for scripts: `PID\n`, or `-PGID\n` for a process group.
 *
 *   exclusive   one instance only: a file of a live process is an error, one that a dead process left is replaced
 *   replace     the last starter wins, as scripts that reuse one name expect
 *
 * In both cases a symbolic link is refused (a daemon of root would write through it) and the file is removed only while
 * it still says what we wrote: never that of another instance.
 */
import { closeSync, constants, lstatSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { systemError, VdeError, type Errno } from '@vde-ts/link/errors.js'

export type PidFileRule = 'exclusive' | 'replace'

/**
 * Writes `text` to `path` with mode 0644.
 * @param command name of the program whose live instance holds the file (exclusive)
 * @returns what removes the file
 * @throws {VdeError} EEXIST for a live instance, ELOOP for a symbolic link, ENOENT, EACCES
 */
export const writePidFile = (path: string, text: string, rule: PidFileRule, command: string): () => void => {
  const action = `write pid file '${path}'`
  if (rule === 'exclusive') removeStale(path, action, command)
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW |
    (rule === 'exclusive' ? constants.O_EXCL : constants.O_TRUNC)
  try {
    const fd = openSync(path, flags, 0o644)
    try { writeSync(fd, text) } finally { closeSync(fd) }
  } catch (error) {
    throw wrapError(error, action)
  }
  return () => { if (readText(path) === text) rmSync(path, { force: true }) }
}

const removeStale = (path: string, action: string, command: string): void => {
  const text = readText(path)
  if (text === undefined) return
  if (lstatSync(path).isSymbolicLink()) throw new VdeError('ELOOP', action, 'it is a symbolic link, want a file or nothing')
  const pid = /^\d{1,10}\n?$/.test(text) ? Number(text) : 0
  if (pid === 0 && text !== '') throw new VdeError('EEXIST', action, 'it exists and holds no process id, remove it or name another')
  if (pid > 0 && pid !== process.pid && isAlive(pid, command)) {
    throw new VdeError('EEXIST', action, `${command} with pid ${pid} runs, stop it or name another file`)
  }
  rmSync(path, { force: true })
}

/** True for a process of that name. Its number alone says little: numbers are used again. */
const isAlive = (pid: number, command: string): boolean => {
  const name = readText(`/proc/${pid}/comm`)?.trimEnd()
  // An instance that is about to take its name is still called node.
  return name !== undefined && (name === command.slice(0, 15) || name === 'node')
}

const readText = (path: string): string | undefined => {
  try { return readFileSync(path, 'latin1') } catch { return undefined }
}

const wrapError = (error: unknown, action: string): unknown => {
  const { code, errno } = error as NodeJS.ErrnoException
  if (code === undefined || errno === undefined) return error
  if (code === 'ELOOP') return new VdeError('ELOOP', action, 'it is a symbolic link, want a file or nothing')
  if (code === 'EEXIST') return new VdeError('EEXIST' satisfies Errno, action, 'file exists')
  return systemError(errno, action)
}
