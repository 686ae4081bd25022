/**
 * The management socket: a listening AF_UNIX stream, one session per connection.
 *
 * The file has its mode from birth (umask around the bind), is looked at before it is replaced, and is removed at the end
 * only if it is still the one that was made here.
 */
import { lstatSync, unlinkSync, type BigIntStats } from 'node:fs'
import { native, IN, STREAM } from '@vde-ts/native'
import type { Loop, Watcher } from '@vde-ts/link'
import { acceptBurst } from '@vde-ts/link/accept.js'
import type { Arrival, Departure, Ticket } from '@vde-ts/link/part.js'
import { checkLength, clearSocketPath, listenAt } from '@vde-ts/link/socket-file.js'
import type { Console } from './console.ts'
import { Session, type SessionSnapshot } from './session.ts'
import { status } from './console.ts'

// A client that meets a full backlog is refused, not queued, when it does not block.
const BACKLOG = 1024
/** Wait before accepting again after the process ran out of descriptors, in milliseconds. */
const RETRY_MS = 500
const EMFILE = 24

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

/** A server as it travels, with everybody connected. */
export interface ServerSnapshot {
  readonly path: string
  readonly mode: number
  readonly fd: Ticket
  readonly sessions: readonly SessionSnapshot[]
}

/** Owns the socket file and every session until {@link ConsoleServer.close}. */
export class ConsoleServer<C> implements Watcher {
  readonly path: string
  readonly mode: number
  readonly #options: ServerOptions<C>
  readonly #sessions = new Set<Session<never>>()
  readonly #fd: number
  /** Null: the file was gone when we took over. */
  readonly #identity: BigIntStats | null
  #retryTimer: NodeJS.Timeout | null = null
  #isClosed = false

  /**
   * Listens. @throws {VdeError} ENAMETOOLONG, EADDRINUSE (somebody answers there), EEXIST (not a socket), EACCES, ENOENT
   * @param fd a listening descriptor that is at the path already, ours from now on
   */
  constructor (options: ServerOptions<C>, fd?: number) {
    this.path = options.path
    this.mode = options.mode ?? 0o600
    this.#options = options
    this.#fd = fd ?? listen(options, this.mode)
    this.#identity = lstatSync(options.path, { bigint: true, throwIfNoEntry: false }) ?? null
    native.refuseDescriptors(this.#fd)
    try {
      options.loop.add(this.#fd, IN, this)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** The server of the process that is taken over. */
  static from<C> (snapshot: ServerSnapshot, arrival: Arrival, options: Omit<ServerOptions<C>, 'path' | 'mode' | 'gid'>): ConsoleServer<C> {
    const { path, mode, fd, sessions } = snapshot
    const made = new ConsoleServer({ ...options, path, mode }, arrival.descriptor(fd))
    for (const one of sessions) {
      made.#sessions.add(Session.from(one, arrival, options.console, options.loop, made) as unknown as Session<never>)
    }
    return made
  }

  /** @throws {VdeError} EBUSY see {@link Session.snapshot} */
  snapshot (departure: Departure): ServerSnapshot {
    const { path, mode } = this
    return { path, mode, fd: departure.descriptor(this.#fd), sessions: [...this.#sessions].map((one) => one.snapshot(departure)) }
  }

  /** Sessions connected now. */
  get sessions (): number { return this.#sessions.size }

  onReady (): void {
    const failure = acceptBurst(this.#fd, (fd) => {
      this.#open(fd)
      return !this.#isClosed
    })
    if (failure < 0) this.#rest()
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
    native.shutdown(this.#fd, 2) // for a copy of it, see Session.close
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

const listen = <C>({ path, gid }: ServerOptions<C>, mode: number): number => {
  const action = 'open the management socket'
  checkLength(path, action)
  clearSocketPath(path, STREAM, action)
  return listenAt(path, { mode, ...(gid === undefined ? {} : { gid }) }, BACKLOG, action)
}

const removeOwn = (path: string, identity: BigIntStats | null): void => {
  try {
    const found = lstatSync(path, { bigint: true })
    if (found.ino === identity?.ino && found.dev === identity.dev) unlinkSync(path)
  } catch {
    // Gone already.
  }
}
