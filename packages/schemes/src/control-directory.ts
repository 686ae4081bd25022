/**
 * The directory a switch or a netnode owns: made, recovered after a crash, and removed.
 *
 *     DIR/ctl            stream listener
 *     DIR/attach         listener for TAPs that are handed over, if offered
 *     DIR/.takeover      listener for the process that is to go on in our place, if offered
 *     DIR/NNN.FD, fdN    one datagram socket per endpoint
 *     DIR/.PPPPP-NNNNN   sockets of clients, which they remove themselves
 *
 * What a dead process left is told from what is alive by connecting to it: only a refused connection is proof of death.
 * Everything else (a live switch, a regular file, a stranger's file) is never touched.
 */
import {
  closeSync, constants, fchmodSync, fchownSync, fstatSync, mkdirSync, openSync, readdirSync, realpathSync, rmdirSync,
  statSync
} from 'node:fs'
import { resolve } from 'node:path'
import { native, SEQPACKET, STREAM } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link'
import type { Arrival, Departure, Ticket } from '@vde-ts/link/part.js'
import { ATTACH } from './attach-protocol.ts'
import { TAKEOVER, TAKEOVER_MODE } from './takeover-protocol.ts'
import { MAX_PATH, fileError, listenAt, mayNotLook, octets, probe, removeStale } from '@vde-ts/link/socket-file.js'

/** Octets kept for the longest names in it: `/65535.9999999` of a data socket, `/.stale-4194304` of a recovery. */
const ROOM = 16
const BACKLOG = 128
/** Sockets of our making and of clients', by their names. */
const OURS = /^(?:\d{3,}\.\d+|fd\d+|\.\d{5,}-\d{5,}|\.stale-\d+)$/
const STICKY = 0o1000
const EADDRINUSE = 98

/** Permissions as octal numbers; -1: not given. */
export interface Modes { readonly mode: number, readonly dirMode: number }

/** Mode of `ctl` and of the directory, each derived from the other when only one is given. */
export const deriveModes = (given: Modes): Modes => {
  if (given.mode === -1 && given.dirMode === -1) return { mode: 0o600, dirMode: 0o2700 }
  if (given.mode === -1) return { mode: given.dirMode & 0o666, dirMode: given.dirMode }
  if (given.dirMode !== -1) return given
  let dirMode = 0o2000
  for (const shift of [6, 3, 0]) {
    const bits = (given.mode >> shift) & 6
    if (bits !== 0) dirMode |= (bits | 1) << shift
  }
  return { mode: given.mode, dirMode }
}

/** What to own, and how it is to be found by others. `mode` and `dirMode` are octal permissions. */
export interface DirectoryOptions {
  readonly path: string
  readonly mode: number
  readonly dirMode: number
  /** Group of the directory and of `ctl`; -1: unchanged. */
  readonly gid: number
  /** What is being done, for error messages. */
  readonly action: string
  /** Code of the error when somebody lives there: EADDRINUSE for a switch, EEXIST for a netnode. */
  readonly busy: 'EADDRINUSE' | 'EEXIST'
  /** Offer `attach` besides `ctl`. */
  readonly hasAttach?: boolean
  /** Offer `.takeover`, for our user and root. */
  readonly hasTakeover?: boolean
}

/** The listeners, by the descriptors they are; -1: not offered. */
interface Listeners {
  readonly fd: number
  readonly attachFd: number
  readonly takeoverFd: number
}

/** A directory as it travels: its sockets stay where they are. */
export interface DirectorySnapshot {
  readonly path: string
  readonly isOurs: boolean
  readonly control: Ticket
  readonly attach: Ticket | null
  readonly takeover: Ticket | null
}

/** A directory with a listening control socket. */
export class ControlDirectory {
  /** Absolute, without symbolic links: what replies name. */
  readonly path: string
  /** The listening descriptor. */
  readonly fd: number
  /** Listens on `attach`; -1 when this is not offered. */
  readonly attachFd: number
  /** Listens on `.takeover`; -1 when this is not offered. */
  readonly takeoverFd: number
  readonly #isOurs: boolean
  #hasLeft = false
  #closed = false

  private constructor (path: string, isOurs: boolean, { fd, attachFd, takeoverFd }: Listeners) {
    this.path = path
    this.#isOurs = isOurs
    this.fd = fd
    this.attachFd = attachFd
    this.takeoverFd = takeoverFd
  }

  /** @throws {VdeError} EADDRINUSE or EEXIST when a live switch is there, ENOTDIR, ENOENT, EACCES, ENAMETOOLONG */
  static make (options: DirectoryOptions): ControlDirectory {
    const { isNew, path } = makeDirectory(options)
    try {
      const isOurs = clear(path, options) || isNew
      setDirectoryAccess(path, options, isNew)
      return new ControlDirectory(path, isOurs, listenInside(path, options))
    } catch (error) {
      if (isNew) removeDirectory(path)
      throw error
    }
  }

  /** The directory of the process that is taken over. */
  static from ({ path, isOurs, control, attach, takeover }: DirectorySnapshot, arrival: Arrival): ControlDirectory {
    const listener = (ticket: Ticket | null): number => ticket === null ? -1 : arrival.descriptor(ticket)
    const listeners = { fd: listener(control), attachFd: listener(attach), takeoverFd: listener(takeover) }
    return new ControlDirectory(path, isOurs, listeners)
  }

  snapshot (departure: Departure): DirectorySnapshot {
    const ticket = (fd: number): Ticket | null => fd < 0 ? null : departure.descriptor(fd)
    return {
      path: this.path,
      isOurs: this.#isOurs,
      control: departure.descriptor(this.fd),
      attach: ticket(this.attachFd),
      takeover: ticket(this.takeoverFd)
    }
  }

  /** Stops listening and removes the listeners' files: who hears of our end after this sees that we did not die. Idempotent. */
  leave (): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    closeListener(this.fd, `${this.path}/ctl`, STREAM)
    closeListener(this.attachFd, `${this.path}/${ATTACH}`, SEQPACKET)
    closeListener(this.takeoverFd, `${this.path}/${TAKEOVER}`, SEQPACKET)
  }

  /** Leaves; removes dead sockets and, unless somebody else made it or uses it, the directory. Idempotent. */
  close (): void {
    if (this.#closed) return
    this.#closed = true
    this.leave()
    sweep(this.path)
    if (this.#isOurs) removeDirectory(this.path)
  }
}

const makeDirectory = (options: DirectoryOptions): { isNew: boolean, path: string } => {
  const { action } = options
  let isNew = true
  try {
    mkdirSync(options.path, 0o700)
  } catch (error) {
    const failed = fileError(error, action)
    // First what making the missing directory would not help. A link may still lead somewhere shorter, so not before.
    if (failed.code === 'ENOENT' || failed.code === 'ENAMETOOLONG') checkLength(resolve(options.path), action)
    if (failed.code === 'ENOENT') {
      throw new VdeError('ENOENT', action, `${native.strerror(2)}: the directory that holds "${options.path}"`, { cause: error })
    }
    if (failed.code !== 'EEXIST') {
      throw new VdeError(failed.code, action, `${native.strerror(failed.errno)}: "${options.path}"`, { cause: error })
    }
    isNew = false
  }
  const path = resolved(options)
  if (!isNew && !statSync(path).isDirectory()) {
    throw new VdeError('ENOTDIR', action, `${native.strerror(20)}: "${options.path}" is a file, the name of a new directory is wanted`)
  }
  try {
    checkLength(path, action)
  } catch (error) {
    if (isNew) removeDirectory(path)
    throw error
  }
  return { isNew, path }
}

const checkLength = (path: string, action: string): void => {
  if (octets(path) + ROOM <= MAX_PATH) return
  throw new VdeError('ENAMETOOLONG', action,
    `"${path}" has ${octets(path)} octets, at most ${MAX_PATH - ROOM} leave room for the sockets in it`)
}

const resolved = (options: DirectoryOptions): string => {
  try {
    return realpathSync(options.path)
  } catch (error) {
    const failed = fileError(error, options.action)
    throw new VdeError(failed.code, options.action, `${native.strerror(failed.errno)}: what "${options.path}" links to`, { cause: error })
  }
}

const busyText = (options: DirectoryOptions): string => native.strerror(options.busy === 'EEXIST' ? 17 : EADDRINUSE)

/** Removes what a dead switch left. True when there was one: then the directory is ours to remove as well. */
const clear = (path: string, options: DirectoryOptions): boolean => {
  const control = `${path}/ctl`
  const found = probe(control, STREAM)
  if (found === 'absent') {
    // A netnode makes its directory; in one of others, such as /tmp itself, it has no business.
    if (options.busy === 'EADDRINUSE' || readdirSync(path).length === 0) return false
    throw new VdeError('EEXIST', options.action, `${native.strerror(17)}: "${path}", and no netnode left it`)
  }
  if (found === 'live') {
    throw new VdeError(options.busy, options.action, `${busyText(options)}: a live switch or netnode owns "${path}"`)
  }
  if (found === 'forbidden') throw mayNotLook(control, options.action)
  if (found === 'foreign') throw new VdeError(options.busy, options.action, `"${control}" exists and is not a socket`)
  if (!removeStale(control, STREAM)) {
    throw new VdeError(options.busy, options.action, `the stale "${control}" cannot be removed`)
  }
  sweep(path)
  return true
}

const sweep = (path: string): void => {
  try {
    for (const name of readdirSync(path)) {
      if (OURS.test(name)) removeStale(`${path}/${name}`)
      else if (name === ATTACH || name === TAKEOVER) removeStale(`${path}/${name}`, SEQPACKET)
    }
  } catch { /* gone, or not readable: rmdir will tell */ }
}

const setDirectoryAccess = (path: string, options: DirectoryOptions, isNew: boolean): void => {
  let fd = -1
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    const found = fstatSync(fd)
    // A directory of others, or one like /tmp that everybody shares, keeps its owner and mode.
    const self = process.geteuid!()
    if (!isNew && ((found.mode & STICKY) !== 0 || (self !== 0 && found.uid !== self))) return
    if (options.gid !== -1) fchownSync(fd, found.uid, options.gid)
    fchmodSync(fd, options.dirMode)
  } catch (error) {
    const failed = fileError(error, options.action)
    throw new VdeError(failed.code, options.action, `${native.strerror(failed.errno)}: "${path}"`, { cause: error })
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}

/** `ctl` comes last: whoever finds that finds the others as well. */
const listenInside = (directory: string, options: DirectoryOptions): Listeners => {
  const { hasAttach = false, hasTakeover = false } = options
  const [attach, takeover] = [`${directory}/${ATTACH}`, `${directory}/${TAKEOVER}`]
  let [attachFd, takeoverFd] = [-1, -1]
  try {
    if (hasTakeover) takeoverFd = listenAnew(takeover, { ...options, mode: TAKEOVER_MODE, gid: -1 })
    if (hasAttach) attachFd = listenAnew(attach, options)
    return { fd: listenOn(`${directory}/ctl`, STREAM, options), attachFd, takeoverFd }
  } catch (error) {
    closeListener(attachFd, attach, SEQPACKET)
    closeListener(takeoverFd, takeover, SEQPACKET)
    throw error
  }
}

const listenAnew = (path: string, options: DirectoryOptions): number => {
  removeStale(path, SEQPACKET)
  return listenOn(path, SEQPACKET, options)
}

/**
 * A process that tried to take over, and hangs, may have a copy of the descriptor: only the shutdown ends the listening.
 * The file is stale then, unless somebody has replaced it: then it is theirs.
 */
const closeListener = (fd: number, path: string, type: number): void => {
  if (fd < 0) return
  native.shutdown(fd, 2)
  native.close(fd)
  removeStale(path, type)
}

const listenOn = (path: string, type: number, options: DirectoryOptions): number => {
  const { mode, gid, action } = options
  try {
    return listenAt(path, { mode, ...(gid === -1 ? {} : { gid }) }, BACKLOG, action, type)
  } catch (error) {
    if (!(error instanceof VdeError) || error.code !== 'EADDRINUSE') throw error
    throw new VdeError(options.busy, action, `${busyText(options)}: "${path}"`, { cause: error })
  }
}

const removeDirectory = (path: string): void => {
  try {
    rmdirSync(path)
  } catch { /* foreign files are in it: theirs */ }
}
