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
import { native, IN } from '@vde-ts/native'
import { VdeError, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { encodeReply, type ControlRequest } from '@vde-ts/frame/control.js'
import { escapeControls } from '@vde-ts/frame/escape.js'
import type { Arrival, Departure } from '@vde-ts/link/part.js'
import type { AttachRequest } from './attach-protocol.ts'
import { AttachServer, type AttachSnapshot, type TapAdmission } from './attach-server.ts'
import { peerOf, type Peer } from './accounts.ts'
import { ControlDirectory, type DirectoryOptions, type DirectorySnapshot } from './control-directory.ts'
import { firstToGo } from './first-to-go.ts'
import { PendingRequest, REQUEST_MS, type PendingOwner, type PendingSnapshot } from './pending-request.ts'
import { VdeClient, type ClientSnapshot } from './vde-client.ts'
import { bindDataSocket, connectToClient, type DataAccess } from './data-socket.ts'
import { acceptBurst } from '@vde-ts/link/accept.js'
import { removeFile } from '@vde-ts/link/socket-file.js'

/** Connections without a request at a time; one more costs whoever has most of them his oldest. */
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
  /** What {@link ListenerOptions.readmit} finds the sink by, in another process: JSON. */
  readonly place: object
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
  /** The sink of `place`, in the process that took over. Without it a listener is not taken over. */
  readmit?(place: object): Pick<Admission, 'sink' | 'start'>
  /** Takes TAPs that clients hand over, on `attach`. Absent: not offered. @throws {VdeError} the client is refused */
  admitTap?(request: AttachRequest, peer: Peer): TapAdmission
  /** One line for the operator. */
  log (line: string): void
  /** Milliseconds a client may take for its request; absent: 10 s. */
  readonly timeoutMs?: number
}

/** A listener as it travels, with everybody who joined or is about to. */
export interface ListenerSnapshot {
  readonly directory: DirectorySnapshot
  readonly pending: readonly PendingSnapshot[]
  readonly clients: readonly ClientSnapshot[]
  readonly attach: AttachSnapshot | null
}

/** Owns the directory, the connections that wait, and the links of all clients until {@link VdeListener.close}. */
export class VdeListener implements Watcher, PendingOwner {
  readonly directory: ControlDirectory
  readonly #options: ListenerOptions
  /** Oldest first. */
  readonly #pending = new Set<PendingRequest>()
  readonly #clients = new Set<VdeClient>()
  readonly #attach: AttachServer | null
  #spare: number
  #loggedAt = -Infinity
  #windowAt = -Infinity
  #lines = 0
  #resumeTimer: NodeJS.Timeout | null = null
  #isClosed = false

  /** @throws {VdeError} see {@link ControlDirectory} */
  constructor (options: ListenerOptions, directory: ControlDirectory | null = null) {
    this.#options = options
    const { admitTap } = options
    this.directory = directory ?? ControlDirectory.make({ ...options, hasAttach: admitTap !== undefined })
    this.#attach = admitTap === undefined ? null : new AttachServer(this.directory.attachFd, { ...options, admitTap })
    this.#spare = native.eventfd(0)
    native.refuseDescriptors(this.directory.fd)
    options.loop.add(this.directory.fd, IN, this)
  }

  /** The listener of the process that is taken over. */
  static from (snapshot: ListenerSnapshot, arrival: Arrival, options: ListenerOptions): VdeListener {
    const made = new VdeListener(options, ControlDirectory.from(snapshot.directory, arrival))
    for (const pending of snapshot.pending) {
      made.#pending.add(PendingRequest.from(pending, arrival, options.loop, made, options.timeoutMs ?? REQUEST_MS))
    }
    for (const client of snapshot.clients) made.#readmit(client, arrival)
    if (snapshot.attach !== null) made.#attach?.restore(snapshot.attach, arrival)
    return made
  }

  snapshot (departure: Departure): ListenerSnapshot {
    return {
      directory: this.directory.snapshot(departure),
      pending: [...this.#pending].map((one) => one.snapshot(departure)),
      clients: [...this.#clients].map((one) => one.snapshot(departure)),
      attach: this.#attach?.snapshot(departure) ?? null
    }
  }

  /** Calls `run`, soon, when {@link snapshot} misses nobody, see {@link AttachServer.whenQuiet}. */
  whenQuiet (run: () => void): void {
    if (this.#attach === null) run()
    else this.#attach.whenQuiet(run)
  }

  #readmit (snapshot: ClientSnapshot, arrival: Arrival): void {
    const { sink, start } = this.#options.readmit!(snapshot.place)
    const client = VdeClient.from(snapshot, arrival, sink, this.#options.loop, (one) => { this.#clients.delete(one) })
    this.#clients.add(client)
    arrival.atStart(() => { start(client.link) })
  }

  /** Clients joined. */
  get clients (): number { return this.#clients.size + (this.#attach?.clients ?? 0) }
  /** Connections that have not said what they want. */
  get pending (): number { return this.#pending.size }

  /** Hangs up on everybody and removes every file. Links that were handed out are closed, their sinks hear nothing. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#resumeTimer !== null) clearTimeout(this.#resumeTimer)
    this.#options.loop.remove(this.directory.fd)
    this.directory.leave()
    for (const pending of this.#pending) this.#drop(pending)
    for (const client of this.#clients) client.link.close()
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
    if (this.#pending.size >= MAX_PENDING) this.#drop(firstToGo(this.#pending)!)
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
    let isBound = false
    let client: VdeClient | null = null
    try {
      const { mode, gid, loop } = this.#options
      bindDataSocket(data, path, pending.peer, { mode, gid }, admission.access)
      isBound = true
      const { sink, place } = admission
      client = new VdeClient({ data, control, path, sink, loop, place }, (one) => { this.#clients.delete(one) })
      const reply = encodeReply(path)
      const written = native.write(control, reply, 0, reply.length)
      if (written !== reply.length) throw new VdeError('EPIPE', `answer a client on "${path}"`, 'it has left')
      client.join()
      this.#clients.add(client)
    } catch (error) {
      if (client === null) native.close(data)
      else client.link.close()
      if (isBound) removeFile(path)
      throw error
    }
    admission.start(client.link)
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
