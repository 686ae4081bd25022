/** A socket file of ours under a name that others know (`ptp://`, `stream-listen://`), and what lies there already. */
import { lstatSync } from 'node:fs'
import { native } from '@vde-ts/native'
import { VdeError, systemError } from '@vde-ts/link'
import { bindWithMode, checkLength, lookAt, removeFile, removeStale, setAccess } from '@vde-ts/link/socket-file.js'
import { groupNumber } from './accounts.ts'
import type { OpenContext } from './scheme.ts'

const DEFAULT_MODE = 0o700

const ENOENT = 2
const EPERM = 1
const EAGAIN = 11
const EPROTOTYPE = 91
const ECONNREFUSED = 111

/** Who has the name: nobody, a socket of the wanted type, one of another type, one that is dead, something else. */
export type Holder = 'nobody' | 'same' | 'other' | 'dead' | 'foreign'

/**
 * Connects `fd` to the socket at `path`, to find out who has it.
 * @returns 'same': `fd` is connected, or (datagrams) its holder hears its peer only
 */
export const connectTo = (fd: number, path: string): Holder => {
  const stat = lookAt(path)
  if (stat === undefined) return 'nobody'
  if (!stat.isSocket()) return 'foreign'
  switch (native.connectUnix(fd, path)) {
    case 0: case -EPERM: case -EAGAIN: return 'same'
    case -EPROTOTYPE: return 'other'
    case -ENOENT: return 'nobody'
    case -ECONNREFUSED: return 'dead'
    default: return 'foreign'
  }
}

/** A socket file that is ours. */
export interface OwnFile { readonly path: string, remove (): void }

/**
 * Binds `fd` to `path`, in place of a dead socket if there is one.
 * @param holder who was found there: where it was nobody, a socket that seems dead has been bound since, and its owner may not
 * listen yet. Absent: nobody has looked
 * @throws {VdeError} EADDRINUSE it is taken, EACCES, ENOENT, EPERM a group of others
 */
export const takeName = (
  fd: number, path: string, type: number, context: OpenContext, action: string, holder: Holder = 'dead'
): OwnFile => {
  checkLength(path, action)
  if (holder === 'dead') removeStale(path, type)
  const mode = context.mode === 0 ? DEFAULT_MODE : context.mode & 0o777
  const bound = bindWithMode(fd, path, mode)
  if (bound < 0) throw systemError(bound, action, `${native.strerror(-bound)}: "${path}"`)
  const { ino } = lstatSync(path)
  const own = {
    path,
    // Another process may have taken our file for dead, and bound its own.
    remove () { if (lookAt(path)?.ino === ino) removeFile(path) }
  }
  try {
    if (context.group !== '') setAccess(path, { gid: groupNumber(context.group, action) }, action)
  } catch (error) {
    own.remove()
    throw error
  }
  return own
}

/** The refusal where something lies that is no socket. */
export const foreign = (path: string, action: string): VdeError =>
  new VdeError('EEXIST', action, `"${path}" is no socket, the name of a socket is wanted`)
