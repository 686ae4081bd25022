/**
 * Files of AF_UNIX sockets: who is alive behind a name, and permissions without races.
 *
 * A control directory is often writable by a group (mode 02770), so between our bind and our chmod another user may put
 * something else under the name; a root switch that then chowns "its" socket would give away a file of the attacker's
 * choice. fchmod on the socket's descriptor is no way out: it changes the anonymous inode in sockfs, not the file. So the
 * name is opened once with O_PATH | O_NOFOLLOW, what was opened is checked to be a socket of ours, and mode and owner are
 * changed through /proc/self/fd, which reaches that very inode whatever the name has become.
 */
import {
  chmodSync, chownSync, closeSync, constants, existsSync, fstatSync, linkSync, lstatSync, openSync, renameSync, unlinkSync,
  type Stats
} from 'node:fs'
import { dirname } from 'node:path'
import { native, DGRAM, STREAM } from '@vde-ts/native'
import { VdeError, errnoName, systemError, type Errno } from './errors.ts'

/** Longest path of a socket, in octets: sun_path is 108 with its NUL. */
export const MAX_PATH = 107

const O_PATH = 0o10000000
const EACCES = 13
const ECONNREFUSED = 111

/** Octets of `path` as the kernel counts them. */
export const octets = (path: string): number => Buffer.byteLength(path)

/** @throws {VdeError} ENAMETOOLONG, naming the length */
export const checkLength = (path: string, action: string): void => {
  const length = octets(path)
  if (length <= MAX_PATH) return
  throw new VdeError('ENAMETOOLONG', action, `"${path}" has ${length} octets, the path of a socket has at most ${MAX_PATH}`)
}

/** The error of a failed node:fs call, as ours. */
export const fileError = (error: unknown, action: string): VdeError => {
  const { code, errno, message } = error as NodeJS.ErrnoException
  const name = errno === undefined ? (code ?? 'EIO') as Errno : errnoName(errno)
  return new VdeError(name, action, message.replace(/^E[A-Z0-9]+: /, ''), { cause: error })
}

/** What has the name `path`, links not followed; undefined: nothing, or what cannot be looked at, as below a file. */
export const lookAt = (path: string): Stats | undefined => {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}

/** What to change of a socket file; absent fields stay. */
export interface Access { readonly mode?: number, readonly uid?: number, readonly gid?: number }

/**
 * Sets owner, then mode, of the socket at `path`, if it is a socket that belongs to this process's user.
 * @throws {VdeError} ENOENT, EPERM, ENOTSOCK
 */
export const setAccess = (path: string, access: Access, action: string): void => {
  let fd = -1
  try {
    fd = openSync(path, O_PATH | constants.O_NOFOLLOW)
    const found = fstatSync(fd)
    if (!found.isSocket()) throw new VdeError('ENOTSOCK', action, `"${path}" is not a socket`)
    if (found.uid !== process.geteuid!() || found.nlink !== 1) {
      throw new VdeError('EPERM', action, `"${path}" belongs to uid ${found.uid} and has ${found.nlink} names, ours was expected`)
    }
    // Without /proc (a bare chroot) the name has to do.
    const inode = existsSync('/proc/self/fd') ? `/proc/self/fd/${fd}` : path
    // Owner first: chown clears bits that chmod sets.
    if (access.uid !== undefined || access.gid !== undefined) chownSync(inode, access.uid ?? found.uid, access.gid ?? found.gid)
    if (access.mode !== undefined) chmodSync(inode, access.mode)
  } catch (error) {
    if (error instanceof VdeError) throw error
    // Node's text names /proc/self/fd, which means nothing to anybody.
    const failed = fileError(error, action)
    throw new VdeError(failed.code, action, `${native.strerror(failed.errno)}: owner, group or mode of "${path}"`, { cause: error })
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}

/** What lies under a name: nothing, a socket somebody serves, one left by a dead process, something else, or who may not look. */
export type Found = 'absent' | 'live' | 'stale' | 'foreign' | 'forbidden'

/** Looks at `path` without changing it. `type` is the socket type expected there. */
export const probe = (path: string, type: number): Found => {
  try {
    if (!lstatSync(path).isSocket()) return 'foreign'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'absent' : code === 'EACCES' ? 'forbidden' : 'foreign'
  }
  const result = connectNow(type, path)
  if (result >= 0) native.close(result)
  // EMFILE: nothing is known, so it is left alone. EAGAIN: its backlog is full; EPERM: a datagram socket connected to
  // another; EPROTOTYPE: another type of socket.
  return result === -ECONNREFUSED ? 'stale' : 'live'
}

/** Removes `path` if a dead process left it. True when nothing is there afterwards. */
export const removeStale = (path: string, type: number = DGRAM): boolean => {
  const found = probe(path, type)
  if (found !== 'stale') return found === 'absent'
  // Two that recover at once: the slower one must not remove what the faster one has bound meanwhile. So the file is set
  // aside, which only one of them can do, and looked at again.
  const aside = `${dirname(path)}/.stale-${process.pid}`
  try {
    renameSync(path, aside)
    if (probe(aside, type) !== 'stale') linkSync(aside, path)
    unlinkSync(aside)
  } catch { /* not permitted, or somebody was faster: the next look tells */ }
  return probe(path, type) === 'absent'
}

/**
 * Makes room for a socket of ours: removes what a dead process left under the name.
 * @throws {VdeError} EEXIST something that is no socket, EADDRINUSE one that is served, EACCES a stale one of others, or no look
 */
export const clearSocketPath = (path: string, type: number, action: string): void => {
  const found = probe(path, type)
  if (found === 'forbidden') throw mayNotLook(path, action)
  if (found === 'foreign') {
    throw new VdeError('EEXIST', action, `something that is not a socket, or cannot be looked at, has the name "${path}"`)
  }
  if (found === 'live') {
    throw new VdeError('EADDRINUSE', action, `another program answers on "${path}", stop it or choose another name`)
  }
  if (found === 'stale' && !removeStale(path, type)) {
    throw new VdeError('EACCES', action, `a dead program left "${path}", and it cannot be removed`)
  }
}

/** The refusal where a directory on the way to `path` may not be searched. */
export const mayNotLook = (path: string, action: string): VdeError =>
  new VdeError('EACCES', action, `${native.strerror(EACCES)}: "${dirname(path)}" may not be searched, its owner or another name is wanted`)

/** A new socket of `type` connected to the one at `path`, which the caller owns, or -errno. */
export const connectNow = (type: number, path: string): number => {
  const fd = native.unixSocket(type)
  if (fd < 0) return fd
  const result = native.connectUnix(fd, path)
  if (result >= 0) return fd
  native.close(fd)
  return result
}

/** Removes one file. True when nothing is there afterwards. */
export const removeFile = (path: string): boolean => {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

/**
 * Binds `fd` to `path` so that the file has `mode` from its birth: the umask is set for this one call. Nobody can use the
 * window between a bind and a chmod.
 * @returns 0 or -errno
 */
export const bindWithMode = (fd: number, path: string, mode: number): number => {
  const former = native.umask(~mode & 0o777)
  const result = native.bindUnix(fd, path)
  native.umask(former)
  return result
}

/**
 * A listening socket of `type` (absent: a stream) at `path`, whose file has its mode and group before anybody can connect.
 * The caller closes it and removes the file.
 * @param access gid absent: the group of the file stays
 * @throws {VdeError} EADDRINUSE, EACCES, ENOENT, EPERM a group of others; nothing is left behind
 */
export const listenAt = (
  path: string, access: { readonly mode: number, readonly gid?: number }, backlog: number, action: string, type: number = STREAM
): number => {
  const fd = native.unixSocket(type)
  if (fd < 0) throw systemError(fd, action, native.strerror(-fd))
  const bound = bindWithMode(fd, path, access.gid === undefined ? access.mode : 0)
  try {
    if (bound < 0) throw systemError(bound, action, `${native.strerror(-bound)}: "${path}"`)
    setAccess(path, access, action)
    const result = native.listen(fd, backlog)
    if (result < 0) throw systemError(result, action, `${native.strerror(-result)}: "${path}"`)
  } catch (error) {
    native.close(fd)
    if (bound >= 0) removeFile(path)
    throw error
  }
  return fd
}
