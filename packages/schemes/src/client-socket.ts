/**
 * The client's own data socket: its name, and permissions that let the switch write to it.
 *
 * A switch connects to this file, so it needs the right to write to it. Between programs of one user 0700 is enough. When
 * the control socket belongs to somebody else who is not root, the file goes to the group of the control socket if we are
 * a member of it, and is open to everybody otherwise. The file lives for the hand-shake only.
 */
import { lchownSync, statSync } from 'node:fs'
import { native, DGRAM } from '@vde-ts/native'
import { systemError } from '@vde-ts/link'
import { bindWithMode, fileError, octets, removeFile, MAX_PATH } from '@vde-ts/link/socket-file.js'
import { groupNumber } from './accounts.ts'

/** Where a client puts its socket when the switch's directory does not take it. */
const FALLBACKS = ['/var/run/vde', '/var/tmp/vde', '/tmp/vde']
/** Names tried in one directory. More of one process at a time means that something is wrong there. */
const MAX_SERIAL = 20000
const DEFAULT_MODE = 0o700
const EADDRINUSE = 98

/** A bound datagram socket. The caller closes `fd` and ends the hand-shake with {@link removeClientSocket}. */
export interface ClientSocket { readonly fd: number, readonly path: string, readonly mode: number }

/** Who may write to the data socket of a client, besides its user. */
export interface ClientAccess {
  /** Group name or number; empty: unchanged. */
  readonly group: string
  /** Octal; 0: the default. A client that locks the switch out hears nothing, so 0 is never taken literally. */
  readonly mode: number
}

/** @throws {VdeError} EINVAL for an unknown group, EPERM for one of others, EACCES, ENOSPC … when no name can be bound */
export const bindClientSocket = (directory: string, control: string, access: ClientAccess, action: string): ClientSocket => {
  const { mode, gid } = chooseAccess(control, access, action)
  const fd = native.unixSocket(DGRAM)
  if (fd < 0) throw systemError(fd, action, native.strerror(-fd))
  const path = bindSomewhere(fd, directory, mode)
  if (typeof path === 'number') {
    native.close(fd)
    throw systemError(path, action, `${native.strerror(-path)} for a socket in "${directory}", /var/run, /var/tmp and /tmp`)
  }
  pending.add(path)
  if (gid === -1) return { fd, path, mode }
  try {
    // Does not follow a link, so a name that somebody exchanged costs nothing.
    lchownSync(path, -1, gid)
  } catch (error) {
    native.close(fd)
    removeClientSocket(path)
    throw fileError(error, action)
  }
  return { fd, path, mode }
}

/** Files of hand-shakes that are under way. */
const pending = new Set<string>()

/** The hand-shake is over, its file goes. */
export const removeClientSocket = (path: string): void => {
  pending.delete(path)
  removeFile(path)
}

/** For a process that ends in the middle of hand-shakes: their files go. */
export const removeClientSockets = (): void => { for (const path of pending) removeClientSocket(path) }

const chooseAccess = (control: string, access: ClientAccess, action: string): { mode: number, gid: number } => {
  const mode = (access.mode & 0o777) === 0 ? DEFAULT_MODE : access.mode & 0o777
  if (access.group !== '') return { mode, gid: groupNumber(access.group, action) }
  if ((mode & 0o077) !== 0) return { mode, gid: -1 }
  let owner
  try {
    owner = statSync(control)
  } catch (error) {
    throw fileError(error, action)
  }
  const self = process.geteuid!()
  if (owner.uid === 0 || owner.uid === self) return { mode, gid: -1 }
  // Asked first instead of tried: the mode has to be right when the file appears.
  const isMember = self === 0 || process.getegid!() === owner.gid || process.getgroups!().includes(owner.gid)
  return isMember ? { mode: mode | 0o070, gid: owner.gid } : { mode: mode | 0o077, gid: -1 }
}

/** Path that was bound, or the -errno of the last place. */
const bindSomewhere = (fd: number, directory: string, mode: number): string | number => {
  let failure = -EADDRINUSE
  for (const prefix of [`${directory}/`, ...FALLBACKS]) {
    for (let serial = 0; serial < MAX_SERIAL; serial++) {
      const path = `${prefix}.${pad(process.pid)}-${pad(serial)}`
      if (octets(path) > MAX_PATH) break
      const result = bindWithMode(fd, path, mode)
      if (result >= 0) return path
      failure = result
      if (result !== -EADDRINUSE) break
    }
  }
  return failure
}

const pad = (value: number): string => String(value).padStart(5, '0')
