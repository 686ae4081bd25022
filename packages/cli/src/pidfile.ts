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

/** What a pid file that is there already means, see above. */
export type PidFileRule = 'exclusive' | 'replace'

/**
 * Writes `text` to `path` with mode 0644.
 * @param command name of the program, for messages
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
  const running = pid === process.pid ? undefined : readText(`/proc/${pid}/comm`)?.trimEnd()
  if (running !== undefined) {
    // A number that was used again looks like this too; whose file it is only a person can tell then.
    const way = running === command.slice(0, 15) ? 'stop it' : `remove the file if that is no ${command}`
    throw new VdeError('EEXIST', action, `it exists and ${running} with pid ${pid} runs, ${way} or name another file`)
  }
  rmSync(path, { force: true })
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
