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
import { native, IN, RDHUP } from '@vde-ts/native'
import { VdeError, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { encodeReply, type ControlRequest } from '@vde-ts/frame/control.js'
import { escapeControls } from '@vde-ts/frame/escape.js'
import type { AttachRequest } from './attach-protocol.ts'
import { AttachServer, type TapAdmission } from './attach-server.ts'
import { peerOf, type Peer } from './accounts.ts'
import { ControlDirectory, type DirectoryOptions } from './control-directory.ts'
import { DatagramLink } from './datagram-link.ts'
import { PendingRequest, REQUEST_MS, type PendingOwner } from './pending-request.ts'
import { bindDataSocket, connectToClient, type DataAccess } from './data-socket.ts'
import { acceptBurst } from '@vde-ts/link/accept.js'
import { removeFile } from '@vde-ts/link/socket-file.js'

/** Connections without a request at a time; one more costs the oldest its place. */
export const MAX_PENDING = 256
/** Milliseconds without accepting when even the spare descriptor does not help. */
const PAUSE_MS = 100
/** Milliseconds between two log lines about a full descriptor table, and the period in which LOG_LINES refusals are told. */
const LOG_MS = 10000
const LOG_LINES = 20

/** Leave of `admit` to join. */
export interface Admission {
  /** Name of the data socket in the directory, never used before: `001.7`, `fd6`. */
  readonly name: string
  readonly sink: FrameSink
  /** Port zero: permissions of the data socket in place of those of the others. */
  readonly access?: DataAccess
  /** The link is ready and paused; it is the callee's from now on. Its end comes through `sink`. */
  start (link: Link): void
  /** The link could not be made: undoes `admit`. */
  abort (): void
}

/** Where to listen, and who decides about clients. */
export interface ListenerOptions extends DirectoryOptions {
  readonly loop: Loop
  /** @throws {VdeError} the client is refused, and the message logged */
  admit (request: ControlRequest, peer: Peer): Admission
  /** Takes TAPs that clients hand over, on `attach`. Absent: not offered. @throws {VdeError} the client is refused */
  admitTap?(request: AttachRequest, peer: Peer): TapAdmission
  /** One line for the operator. */
  log (line: string): void
  /** Milliseconds a client may take for its request; absent: 5 s. */
  readonly timeoutMs?: number
}

/** Owns the directory, the connections that wait, and the links of all clients until {@link VdeListener.close}. */
export class VdeListener implements Watcher, PendingOwner {
  readonly directory: ControlDirectory
  readonly #options: ListenerOptions
  /** Oldest first. */
  readonly #pending = new Set<PendingRequest>()
  readonly #links = new Set<DatagramLink>()
  readonly #attach: AttachServer | null
  #spare: number
  #loggedAt = -Infinity
  #windowAt = -Infinity
  #lines = 0
  #resumeTimer: NodeJS.Timeout | null = null
  #isClosed = false

  /** @throws {VdeError} see {@link ControlDirectory} */
  constructor (options: ListenerOptions) {
    this.#options = options
    const { admitTap } = options
    this.directory = new ControlDirectory({ ...options, hasAttach: admitTap !== undefined })
    this.#attach = admitTap === undefined ? null : new AttachServer(this.directory.attachFd, { loop: options.loop, admitTap })
    this.#spare = native.eventfd(0)
    options.loop.add(this.directory.fd, IN, this)
  }

  /** Clients joined. */
  get clients (): number { return this.#links.size + (this.#attach?.clients ?? 0) }
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
    this.#attach?.close()
    if (this.#spare >= 0) native.close(this.#spare)
    this.directory.close()
  }

  onReady (): void {
    const failure = acceptBurst(this.directory.fd, (fd) => {
      this.#welcome(fd)
      return !this.#isClosed
    })
    if (failure < 0) this.#shed(failure)
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
   * Nobody can be accepted (the descriptor table is full), and epoll would report the waiting connection for ever: the
   * spare descriptor makes room to accept it and hang up.
   */
  #shed (failure: number): void {
    const now = performance.now()
    if (now - this.#loggedAt > LOG_MS) {
      this.#loggedAt = now
      this.#options.log(`clients are turned away: ${native.strerror(-failure)}`)
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
      const { mode, gid } = this.#options
      bindDataSocket(data, path, pending.peer, { mode, gid }, admission.access)
      isBound = true
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
      loop.add(control, RDHUP, {
        onReady () {
          loop.remove(control)
          made.end()
        }
      })
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

  /**
   * Whoever is refused may come again at once and for ever: so many lines in a period, then their number. `why` may name
   * what the client sent, such as a path.
   */
  #log (peer: Peer, why: string): void {
    const now = performance.now()
    if (now - this.#windowAt > LOG_MS) {
      if (this.#lines > LOG_LINES) this.#options.log(`${this.#lines - LOG_LINES} more clients were refused`)
      this.#windowAt = now
      this.#lines = 0
    }
    if (++this.#lines > LOG_LINES) return
    this.#options.log(`client of uid ${peer.uid < 0 ? 'unknown' : peer.uid} pid ${peer.pid} refused: ${escapeControls(why)}`)
  }
}
