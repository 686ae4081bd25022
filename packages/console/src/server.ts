/**
 * The management socket: a listening AF_UNIX stream, one session per connection.
 *
 * The file has its mode from birth (umask around the bind), is looked at before it is replaced, and is removed at the end
 * only if it is still the one that was made here.
 */
import { chmodSync, chownSync, lstatSync, unlinkSync, type BigIntStats } from 'node:fs'
import { native, IN, STREAM } from '@vde-ts/native'
import { VdeError, systemError, type Loop, type Watcher } from '@vde-ts/link'
import type { Console } from './console.ts'
import { Session } from './session.ts'
import { status } from './console.ts'

/** Longest path: sun_path is 108 octets with its NUL. */
const MAX_PATH = 107
// A client that meets a full backlog is refused, not queued, when it does not block.
const BACKLOG = 1024
const ACCEPTS = 16
/** Wait before accepting again after the process ran out of descriptors, in milliseconds. */
const RETRY_MS = 500
const EINTR = 4
const EAGAIN = 11
const EMFILE = 24
const ECONNABORTED = 103
const ECONNREFUSED = 111

/** Where to listen, and what sessions talk to. */
export interface ServerOptions<C> {
  /** Where to listen; absolute, since a daemon changes its directory. */
  readonly path: string
  /** Permission bits, 0600 unless told otherwise. */
  readonly mode?: number
  /** Group of the file; absent: unchanged. */
  readonly gid?: number
  readonly console: Console<C>
  readonly loop: Loop
  /** A session's user asked for the end. Called once its last words are written. */
  readonly onShutdown: () => void
  /** Most sessions at a time. */
  readonly maxSessions?: number
}

/** Owns the socket file and every session until {@link ConsoleServer.close}. */
export class ConsoleServer<C> implements Watcher {
  readonly path: string
  readonly mode: number
  readonly #options: ServerOptions<C>
  readonly #sessions = new Set<Session<never>>()
  readonly #fd: number
  readonly #identity: BigIntStats
  #retryTimer: NodeJS.Timeout | null = null
  #isClosed = false

  /** Listens. @throws {VdeError} ENAMETOOLONG, EADDRINUSE (somebody answers there), EEXIST (not a socket), EACCES, ENOENT */
  constructor (options: ServerOptions<C>) {
    this.path = options.path
    this.mode = options.mode ?? 0o600
    this.#options = options
    const action = `open the management socket "${options.path}"`
    this.#fd = bindListener(options.path, this.mode, options.gid, action)
    this.#identity = lstatSync(options.path, { bigint: true })
    try {
      options.loop.add(this.#fd, IN, this)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Sessions connected now. */
  get sessions (): number { return this.#sessions.size }

  onReady (): void {
    for (let i = 0; i < ACCEPTS && !this.#isClosed; i++) {
      const fd = native.accept(this.#fd)
      if (fd === -EAGAIN) return
      if (fd === -EINTR || fd === -ECONNABORTED) continue
      if (fd < 0) {
        this.#rest()
        return
      }
      this.#open(fd)
    }
  }

  onSessionEnd (session: Session<never>, isShutdown: boolean): void {
    this.#sessions.delete(session)
    if (isShutdown) this.#options.onShutdown()
  }

  /** Idempotent. Ends every session and removes the socket. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer)
    this.#options.loop.remove(this.#fd)
    native.close(this.#fd)
    for (const session of [...this.#sessions]) session.close()
    removeOwn(this.path, this.#identity)
  }

  #open (fd: number): void {
    const { maxSessions = 1024, console, loop } = this.#options
    if (this.#sessions.size >= maxSessions) {
      const refusal = Buffer.from(status(EMFILE))
      native.write(fd, refusal, 0, refusal.length)
      native.close(fd)
      return
    }
    try {
      this.#sessions.add(new Session(fd, console, loop, this) as unknown as Session<never>)
    } catch {
      native.close(fd) // the epoll set is at its limit: as if there were no descriptor
    }
  }

  /** No descriptors left: the listener stays readable, so watching it would spin. */
  #rest (): void {
    this.#options.loop.modify(this.#fd, 0)
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null
      this.#options.loop.modify(this.#fd, IN)
    }, RETRY_MS)
  }
}

const bindListener = (path: string, mode: number, gid: number | undefined, action: string): number => {
  const length = Buffer.byteLength(path)
  if (length > MAX_PATH) {
    throw new VdeError('ENAMETOOLONG', action, `it has ${length} octets, the path of a socket has at most ${MAX_PATH}`)
  }
  clearPath(path, action)
  const fd = native.unixSocket(STREAM)
  if (fd < 0) throw systemError(fd, action)
  const former = native.umask(~mode & 0o777)
  const bound = native.bindUnix(fd, path)
  native.umask(former)
  try {
    if (bound < 0) throw systemError(bound, action)
    setGroup(path, mode, gid, action)
    const result = native.listen(fd, BACKLOG)
    if (result < 0) throw systemError(result, action)
  } catch (error) {
    native.close(fd)
    if (bound >= 0) unlinkSync(path)
    throw error
  }
  return fd
}

/** Removes what a dead process left under the name; refuses what lives or is not a socket. */
const clearPath = (path: string, action: string): void => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new VdeError('EEXIST', action, 'something that is not a socket has this name')
  const probe = native.unixSocket(STREAM)
  if (probe < 0) throw systemError(probe, action)
  const result = native.connectUnix(probe, path)
  native.close(probe)
  if (result !== -ECONNREFUSED) {
    throw new VdeError('EADDRINUSE', action, 'another program answers there, stop it or choose another name')
  }
  try {
    unlinkSync(path)
  } catch (error) {
    throw new VdeError('EACCES', action, 'a dead program left it, and it cannot be removed', { cause: error })
  }
}

const setGroup = (path: string, mode: number, gid: number | undefined, action: string): void => {
  if (gid === undefined) return
  try {
    chownSync(path, -1, gid)
    chmodSync(path, mode) // chown may clear bits
  } catch (error) {
    throw new VdeError('EPERM', action, `its group cannot become ${gid}`, { cause: error })
  }
}

const removeOwn = (path: string, identity: BigIntStats): void => {
  try {
    const found = lstatSync(path, { bigint: true })
    if (found.ino === identity.ino && found.dev === identity.dev) unlinkSync(path)
  } catch {
    // Gone already.
  }
}
