/**
 * Files of commands: the start-up file, and `load`.
 *
 * The original ran them without a word about mistakes. Here a start-up file's mistakes are reported with file and line,
 * and the rest of the file still runs.
 */
import { accessSync, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { VdeError, systemError } from '@vde-ts/link'
import type { Console, Outcome } from './console.ts'

const EIO = 5

/** Octets of a script at most. */
export const MAX_SCRIPT: number = 4 * 1024 * 1024

/**
 * The lines of a file. Only a regular file is read: a pipe or a device would stop the program until somebody writes.
 * @throws {VdeError} of opening; EINVAL not a regular file, EFBIG too long
 */
export const readScript = (path: string): string[] => {
  const action = `read "${path}"`
  let fd = -1
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = fstatSync(fd)
    if (!found.isFile()) throw new VdeError(found.isDirectory() ? 'EISDIR' : 'EINVAL', action, 'it is not a regular file')
    if (found.size > MAX_SCRIPT) throw new VdeError('EFBIG', action, `it has ${found.size} octets, ${MAX_SCRIPT} at most are read`)
    const lines = readAll(fd).split('\n')
    if (lines.at(-1) === '') lines.pop()
    return lines.map((line) => line.replace(/\r$/, ''))
  } catch (error) {
    if (error instanceof VdeError) throw error
    throw systemError((error as NodeJS.ErrnoException).errno ?? -EIO, action)
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}

/** Files such as /proc say 0 for their size, so the size is not asked. */
const readAll = (fd: number): string => {
  const parts: Buffer[] = []
  let total = 0
  for (;;) {
    const part = Buffer.alloc(65536)
    const length = readSync(fd, part)
    total += length
    if (length === 0 || total > MAX_SCRIPT) return Buffer.concat(parts).toString()
    parts.push(part.subarray(0, length))
  }
}

/** The start-up file of a program: the one named, else the user's, else the system's; null when there is none. */
export const findScript = (program: string, named: string | undefined, home: string | undefined): string | null => {
  if (named !== undefined) return named
  const candidates = [`/etc/vde2/${program}.rc`]
  if (home !== undefined && home !== '') candidates.unshift(join(home, '.vde2', `${program}.rc`))
  return candidates.find(isReadable) ?? null
}

const isReadable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Runs a start-up file now, output discarded. `report` gets one line per mistake, with file and line number, and also
 * when the file cannot be read. Commands that want a session fail; `logout` and `shutdown` have no effect.
 * @returns how many mistakes there were
 */
export const runScript = <C>(console: Console<C>, path: string, report: (text: string) => void): number => {
  let lines: string[]
  try {
    lines = readScript(path)
  } catch (error) {
    report((error as Error).message)
    return 1
  }
  let mistakes = 0
  lines.forEach((line, index) => {
    const { errno, message } = runLine(console, line)
    if (errno === 0) return
    mistakes++
    report(`${path}:${index + 1}: ${message}`)
  })
  return mistakes
}

/** Runs one command as a start-up file would, output discarded. */
export const runLine = <C>(console: Console<C>, line: string): Outcome => {
  const reply = console.execute(line, null)
  for (;;) {
    const step = reply.next()
    if (step.done === true) return step.value
  }
}
