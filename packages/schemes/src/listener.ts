/**
 * The server side of the vde protocol: owns a directory with `ctl`, and makes a link of every client that is admitted.
 *
 *     accept -> PendingRequest -> connect to the client's socket -> admit -> bind DIR/<name> -> reply -> DatagramLink
 *
 * Policy is the user's: `admit` says which port, or throws. The listener keeps what a hostile client could use up small:
 * requests are bounded in number, length and time, a full descriptor table costs the client its connection and us
 * nothing, and a control stream that has had its request is watched for its end only, so what else is sent there wakes
 * nobody. Errors of one client are a line in the log.
 */
import { closeSync, constants, existsSync, fstatSync, openSync } from 'node:fs'
import { native, DGRAM, IN, RDHUP } from '@vde-ts/native'
import { VdeError, systemError, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { SOCKADDR, encodeReply, type ControlRequest } from '@vde-ts/frame/control.js'
import { peerOf, type Peer } from './accounts.ts'
import { ControlDirectory, type DirectoryOptions } from './control-directory.ts'
import { DatagramLink } from './datagram-link.ts'
import { PendingRequest, REQUEST_MS, type PendingOwner } from './pending-request.ts'
import { bindWithMode, removeFile, removeStale, setAccess, type Access } from './socket-file.ts'

/** Connections without a request at a time; one more costs the oldest its place. */
export const MAX_PENDING = 256
/** Connections accepted per wake-up. */
const ACCEPT_BURST = 32
/** Milliseconds without accepting when even the spare descriptor does not help. */
const PAUSE_MS = 100
/** Milliseconds between two log lines about a full descriptor table, and the period in which LOG_LINES refusals are told. */
const LOG_MS = 10000
const LOG_LINES = 20
const O_PATH = 0o10000000

const EAGAIN = 11
const ENFILE = 23
const EMFILE = 24

/** Leave of `admit` to join. */
export interface Admission {
  /** Name of the data socket in the directory, never used before: `001.7`, `fd6`. */
  readonly name: string
  readonly sink: FrameSink
  /** Port zero: permissions of the data socket in place of those of the others. */
  readonly access?: { readonly mode: number, readonly gid: number }
  /** The link is ready and paused; it is the callee's from now on. Its end comes through `sink`. */
  start (link: Link): void
  /** The link could not be made: undoes `admit`. */
  abort (): void
}

export interface ListenerOptions extends DirectoryOptions {
  readonly loop: Loop
  /** @throws {VdeError} the client is refused, and the message logged */
  admit (request: ControlRequest, peer: Peer): Admission
  /** One line for the operator. */
  log (line: string): void
  /** Milliseconds a client may take for its request; absent: 5 s. */
  readonly timeoutMs?: number
}

export class VdeListener implements Watcher, PendingOwner {
  readonly directory: ControlDirectory
  readonly #options: ListenerOptions
  /** Oldest first. */
  readonly #pending = new Set<PendingRequest>()
  readonly #links = new Set<DatagramLink>()
  #spare: number
  #loggedAt = -Infinity
  #windowAt = -Infinity
  #lines = 0
  #resumeTimer: NodeJS.Timeout | null = null
  #isClosed = false

  /** @throws {VdeError} see {@link ControlDirectory} */
  constructor (options: ListenerOptions) {
    this.#options = options
    this.directory = new ControlDirectory(options)
    this.#spare = native.eventfd(0)
    options.loop.add(this.directory.fd, IN, this)
  }

  /** Clients joined. */
  get clients (): number { return this.#links.size }
  /** Connections that have not said what they want. */
  get pending (): number { return this.#pending.size }

  /** Hangs up on everybody and removes every file. Links that were handed out are closed, their sinks hear nothing. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#resumeTimer !== null) clearTimeout(this.#resumeTimer)
    this.#options.loop.remove(this.directory.fd)
    for (const pending of this.#pending) this.#drop(pending)
    for (const link of this.#links) link.close()
    if (this.#spare >= 0) native.close(this.#spare)
    this.directory.close()
  }

  onReady (): void {
    for (let i = 0; i < ACCEPT_BURST; i++) {
      const fd = native.accept(this.directory.fd)
      if (fd === -EAGAIN) return
      if (fd === -EMFILE || fd === -ENFILE) return this.#shed()
      if (fd >= 0) this.#welcome(fd)
    }
  }

  accepted (pending: PendingRequest, request: ControlRequest): void {
    this.#pending.delete(pending)
    try {
      this.#join(pending, request)
    } catch (error) {
      native.close(pending.fd)
      this.#log(pending.peer, error instanceof Error ? error.message : String(error))
    }
  }

  refused (pending: PendingRequest, why: string): void {
    this.#pending.delete(pending)
    native.close(pending.fd)
    if (why !== '') this.#log(pending.peer, why)
  }

  #welcome (fd: number): void {
    const peer = peerOf(fd)
    if (peer === null) {
      native.close(fd)
      return
    }
    for (const oldest of this.#pending) {
      if (this.#pending.size < MAX_PENDING) break
      this.#drop(oldest)
    }
    try {
      this.#pending.add(new PendingRequest(fd, peer, this.#options.loop, this, this.#options.timeoutMs ?? REQUEST_MS))
    } catch (error) {
      native.close(fd)
      this.#log(peer, (error as Error).message)
    }
  }

  #drop (pending: PendingRequest): void {
    this.#pending.delete(pending)
    pending.release()
    native.close(pending.fd)
  }

  /**
   * The descriptor table is full, and epoll would report the waiting connection for ever: the spare descriptor makes room
   * to accept it and hang up.
   */
  #shed (): void {
    const now = performance.now()
    if (now - this.#loggedAt > LOG_MS) {
      this.#loggedAt = now
      this.#options.log('too many open files: clients are turned away')
    }
    if (this.#spare >= 0) {
      native.close(this.#spare)
      const fd = native.accept(this.directory.fd)
      if (fd >= 0) native.close(fd)
      this.#spare = native.eventfd(0)
      if (fd >= 0 && this.#spare >= 0) return
    } else this.#spare = native.eventfd(0)
    const { loop } = this.#options
    loop.modify(this.directory.fd, 0)
    this.#resumeTimer ??= setTimeout(() => {
      this.#resumeTimer = null
      loop.modify(this.directory.fd, IN)
    }, PAUSE_MS)
  }

  #join (pending: PendingRequest, request: ControlRequest): void {
    const data = connectToClient(request, pending.peer)
    let admission: Admission
    try {
      admission = this.#options.admit(request, pending.peer)
    } catch (error) {
      native.close(data)
      throw error
    }
    try {
      this.#establish(pending, data, admission)
    } catch (error) {
      admission.abort()
      throw error
    }
  }

  /** Names the data socket, replies, and hands the link over. Owns `data`. */
  #establish (pending: PendingRequest, data: number, admission: Admission): void {
    const path = `${this.directory.path}/${admission.name}`
    const control = pending.fd
    const { loop } = this.#options
    let isBound = false
    let isJoined = false
    let link: DatagramLink | null = null
    try {
      isBound = this.#bind(data, path, pending.peer, admission)
      const made = link = new DatagramLink(data, admission.sink, loop, {
        label: path,
        onRelease: () => {
          if (!isJoined) return
          removeFile(path)
          loop.remove(control)
          native.close(control)
          this.#links.delete(made)
        }
      })
      const reply = encodeReply(path)
      const written = native.write(control, reply, 0, reply.length)
      if (written !== reply.length) throw new VdeError('EPIPE', `answer a client on "${path}"`, 'it has left')
      loop.add(control, RDHUP, { onReady () { made.end() } })
      isJoined = true
      this.#links.add(made)
    } catch (error) {
      if (link === null) native.close(data)
      else link.close()
      if (isBound) removeFile(path)
      throw error
    }
    admission.start(link)
  }

  #bind (data: number, path: string, peer: Peer, admission: Admission): boolean {
    const action = `make the data socket "${path}"`
    if (!removeStale(path)) throw new VdeError('EADDRINUSE', action, 'something else has that name')
    const access = this.#dataAccess(peer, admission)
    const keepsOwner = access.gid === undefined && access.uid === undefined
    const result = bindWithMode(data, path, keepsOwner ? access.mode : 0)
    if (result < 0) throw systemError(result, action, native.strerror(-result))
    if (keepsOwner) return true
    try {
      setAccess(path, access, action)
    } catch (error) {
      removeFile(path)
      throw error
    }
    return true
  }

  /** A root switch gives the socket to the client; another leaves it open to whom it serves. */
  #dataAccess (peer: Peer, admission: Admission): Access & { readonly mode: number } {
    const mode = admission.access?.mode ?? this.#options.mode
    const own = admission.access?.gid ?? -1
    const gid = own === -1 ? this.#options.gid : own
    const group = gid === -1 ? {} : { gid }
    if (process.geteuid!() !== 0 || peer.uid < 0) return { mode, ...group }
    return { mode: admission.access === undefined ? mode & 0o700 : mode, uid: peer.uid, ...group }
  }

  /** Whoever is refused may come again at once and for ever: so many lines in a period, then their number. */
  #log (peer: Peer, why: string): void {
    const now = performance.now()
    if (now - this.#windowAt > LOG_MS) {
      if (this.#lines > LOG_LINES) this.#options.log(`${this.#lines - LOG_LINES} more clients were refused`)
      this.#windowAt = now
      this.#lines = 0
    }
    if (++this.#lines > LOG_LINES) return
    this.#options.log(`client of uid ${peer.uid < 0 ? 'unknown' : peer.uid} pid ${peer.pid} refused: ${why}`)
  }
}

/**
 * A socket connected to the one the client named. The client must own it: else it could have us, perhaps root, write
 * frames into any socket of the system (/dev/log takes datagrams too). The name is looked up once, so that what was
 * checked is what is connected. An abstract address has no owner and is open to everybody anyway.
 * @throws {VdeError} ENOENT, EACCES, EPERM, ECONNREFUSED, EPROTOTYPE
 */
const connectToClient = (request: ControlRequest, peer: Peer): number => {
  const action = `connect to the client's data socket "${request.path}"`
  const fd = native.unixSocket(DGRAM)
  if (fd < 0) throw systemError(fd, action, native.strerror(-fd))
  let named = -1
  try {
    if (request.path !== '') {
      named = openSync(request.path, O_PATH | constants.O_NOFOLLOW)
      const found = fstatSync(named)
      if (!found.isSocket()) throw new VdeError('ENOTSOCK', action, 'it is not a socket')
      if (found.uid !== peer.uid && peer.uid > 0) throw new VdeError('EPERM', action, `it belongs to uid ${found.uid}, not to the client`)
    }
    const result = named === -1 || !existsSync('/proc/self/fd')
      ? native.connectAddress(fd, request.address, 0, SOCKADDR)
      : native.connectUnix(fd, `/proc/self/fd/${named}`)
    if (result < 0) throw systemError(result, action, native.strerror(-result))
    return fd
  } catch (error) {
    native.close(fd)
    if (error instanceof VdeError) throw error
    throw new VdeError('EACCES', action, (error as Error).message, { cause: error })
  } finally {
    if (named !== -1) closeSync(named)
  }
}
