/**
 * The server side of `DIR/attach`: takes TAPs and packet sockets from clients and makes links of them.
 *
 *     accept -> wait for the packet -> inspector (another thread, another process) -> admit -> TapLink, answer
 *
 * A TAP of a stranger is dangerous: its owner still holds the open file. So it is received and checked elsewhere, read and
 * written without blocking whatever its flags say, never trusted in what it delivers, and measured in what it costs. The
 * end of the connection ends the link, and the other way round.
 */
import { native, IN, RDHUP, SEQPACKET } from '@vde-ts/native'
import { VdeError, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { acceptBurst } from '@vde-ts/link/accept.js'
import { Trickle } from '@vde-ts/link/trickle.js'
import type { Arrival, Departure, Ticket } from '@vde-ts/link/part.js'
import { socketDevice, tapDevice } from '@vde-ts/tun-tap'
import { peerOf, type Peer } from './accounts.ts'
import { deviceFor, objectionTo } from './attach-check.ts'
import {
  ATTACH_MS, MAX_PACKET, SOCKET_BUFFER, UNSUPPORTED, decodeAttach, encodeAnswer, type AttachRefusal, type AttachRequest
} from './attach-protocol.ts'
import { firstToGo } from './first-to-go.ts'
import { tapLink, type TapLink, type TapSnapshot } from './tap-link.ts'
import { slabOf } from './tap-slab.ts'
import { WriteMeter } from './write-meter.ts'

/** Connections without a TAP at a time; one more costs whoever has most of them his oldest. */
const MAX_PENDING = 256
/** Milliseconds without accepting when the descriptor table is full. */
const PAUSE_MS = 100
/** How long somebody waits at most for those who are being looked at, in milliseconds. */
const QUIET_MS = 500
/** How long the TAPs of a user whose one was slow are refused, in milliseconds. */
const BAN_MS = 30_000

const EINVAL = 22
const ECONNRESET = 104

/** Leave to plug in. */
export interface TapAdmission {
  readonly port: number
  readonly id: number
  readonly sink: FrameSink
  /** The link is ready and paused; it is the callee's from now on. Its end comes through `sink`. */
  start (link: Link): void
  /** The link could not be made: undoes `admitTap`. */
  abort (): void
}

/** Policy and world of an {@link AttachServer}. */
export interface AttachServerOptions {
  readonly loop: Loop
  /** @throws {VdeError} the client is refused */
  admitTap (request: AttachRequest, peer: Peer): TapAdmission
  /** The sink of an endpoint, in the process that took over. Absent: nobody takes over. */
  readmit?(place: Place): Pick<TapAdmission, 'sink' | 'start'>
}

type Place = Readonly<Pick<TapAdmission, 'port' | 'id'>>

/** What was handed over, and where it is plugged in. */
interface Use {
  readonly kind: string
  readonly name: string
  readonly place: Place
}

/** A descriptor in use, as it travels. */
interface AttachedSnapshot extends Use {
  readonly connection: Ticket
  readonly peer: Peer
  readonly tap: Ticket
  readonly link: TapSnapshot
}

/** A server as it travels. Who is being looked at in that moment is left out, see {@link AttachServer.whenQuiet}. */
export interface AttachSnapshot {
  readonly pending: ReadonlyArray<{ readonly connection: Ticket, readonly peer: Peer }>
  readonly attached: readonly AttachedSnapshot[]
  /** Uids, and for how many milliseconds more. */
  readonly banned: ReadonlyArray<readonly [number, number]>
}

/** Serves a listening descriptor, which stays the caller's. */
export class AttachServer implements Watcher {
  readonly #fd: number
  readonly #options: AttachServerOptions
  /** Oldest first. */
  readonly #pending = new Set<Connection>()
  readonly #attached = new Set<Connection>()
  readonly #leaving = new Trickle<Connection>((one) => { one.detach(undefined) })
  /** Until when, by uid. */
  readonly #banned = new Map<number, number>()
  #resumeTimer: NodeJS.Timeout | null = null
  /** Connections whose packet is with the inspector. */
  #inspecting = 0
  #onQuiet: (() => void) | null = null
  #isClosed = false

  /** @throws {VdeError} when `fd` cannot be watched */
  constructor (fd: number, options: AttachServerOptions) {
    this.#fd = fd
    this.#options = options
    options.loop.add(fd, IN, this)
  }

  /** Clients attached. */
  get clients (): number { return this.#attached.size }

  /** Stops, hangs up on everybody and closes their links. Idempotent. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#resumeTimer !== null) clearTimeout(this.#resumeTimer)
    this.#options.loop.remove(this.#fd)
    for (const one of [...this.#pending, ...this.#attached]) one.close()
  }

  onReady (): void {
    const failure = acceptBurst(this.#fd, (fd) => {
      this.#welcome(fd)
      return !this.#isClosed
    })
    if (failure < 0) this.#rest()
  }

  /** Calls `run` when nobody is being looked at, now or soon; after QUIET_MS whoever still is loses his connection. */
  whenQuiet (run: () => void): void {
    if (this.#inspecting === 0) {
      run()
      return
    }
    const timer = setTimeout(() => { this.#onQuiet?.() }, QUIET_MS)
    this.#onQuiet = () => {
      clearTimeout(timer)
      this.#onQuiet = null
      run()
    }
  }

  inspecting (change: 1 | -1): void {
    this.#inspecting += change
    if (this.#inspecting === 0) this.#onQuiet?.()
  }

  snapshot (departure: Departure): AttachSnapshot {
    const now = performance.now()
    return {
      pending: [...this.#pending].flatMap((one) => one.pendingSnapshot(departure) ?? []),
      attached: [...this.#attached].map((one) => one.attachedSnapshot(departure)),
      banned: [...this.#banned].map(([uid, until]) => [uid, Math.max(0, Math.round(until - now))])
    }
  }

  /** Goes on with the clients of another process. */
  restore ({ pending, attached, banned }: AttachSnapshot, arrival: Arrival): void {
    const now = performance.now()
    for (const [uid, ms] of banned) this.#banned.set(uid, now + ms)
    for (const { connection, peer } of pending) {
      this.#pending.add(new Connection(arrival.descriptor(connection), peer, this, this.#options))
    }
    for (const one of attached) {
      const connection = new Connection(arrival.descriptor(one.connection), one.peer, this, this.#options)
      connection.restore(one, arrival)
      this.#attached.add(connection)
    }
  }

  #welcome (fd: number): void {
    const peer = peerOf(fd)
    if (peer === null) {
      native.close(fd)
      return
    }
    if (this.#pending.size >= MAX_PENDING) firstToGo(this.#pending)!.close()
    this.#pending.add(new Connection(fd, peer, this, this.#options))
  }

  /** The descriptor table is full; whoever waits finds no answer and takes datagrams. */
  #rest (): void {
    const { loop } = this.#options
    loop.modify(this.#fd, 0)
    this.#resumeTimer ??= setTimeout(() => {
      this.#resumeTimer = null
      loop.modify(this.#fd, IN)
    }, PAUSE_MS)
  }

  isBanned (peer: Peer): boolean { return performance.now() < (this.#banned.get(peer.uid) ?? 0) }

  ban (peer: Peer): void {
    const now = performance.now()
    for (const [uid, until] of this.#banned) if (until <= now) this.#banned.delete(uid)
    this.#banned.set(peer.uid, now + BAN_MS)
  }

  attached (one: Connection): void {
    this.#pending.delete(one)
    this.#attached.add(one)
  }

  /** The client has hung up: it is detached when it is its turn. */
  leaves (one: Connection): void { this.#leaving.add(one) }

  gone (one: Connection): void {
    this.#pending.delete(one)
    this.#attached.delete(one)
  }
}

/** One client: first without, then with a link. */
class Connection implements Watcher {
  readonly #fd: number
  readonly peer: Peer
  readonly #server: AttachServer
  readonly #options: AttachServerOptions
  readonly #packet = new Uint8Array(MAX_PACKET)
  readonly #timer: NodeJS.Timeout
  #isInspected = false
  #use: Use | null = null
  #link: TapLink | null = null
  #sink: FrameSink | null = null
  #isClosed = false

  constructor (fd: number, peer: Peer, server: AttachServer, options: AttachServerOptions) {
    this.#fd = fd
    this.peer = peer
    this.#server = server
    this.#options = options
    this.#timer = setTimeout(() => { this.close() }, ATTACH_MS)
    options.loop.add(fd, IN | RDHUP, this)
  }

  /** Null: its packet is on its way to the inspector. */
  pendingSnapshot (departure: Departure): AttachSnapshot['pending'][number] | null {
    return this.#isInspected ? null : { connection: departure.descriptor(this.#fd), peer: this.peer }
  }

  attachedSnapshot (departure: Departure): AttachedSnapshot {
    const link = this.#link!
    return {
      ...this.#use!,
      connection: departure.descriptor(this.#fd),
      peer: this.peer,
      tap: departure.descriptor(link.fd),
      link: link.snapshot()
    }
  }

  restore ({ tap, kind, name, place, link: snapshot }: AttachedSnapshot, arrival: Arrival): void {
    clearTimeout(this.#timer)
    if (kind === 'socket') this.#options.loop.remove(this.#fd)
    else this.#options.loop.modify(this.#fd, RDHUP)
    const { sink, start } = this.#options.readmit!(place)
    const link = this.#open(arrival.descriptor(tap), { kind, name, place }, sink)
    link.restore(snapshot)
    arrival.atStart(() => { start(link) })
  }

  onReady (): void {
    if (this.#sink !== null) {
      this.#options.loop.remove(this.#fd)
      return this.#server.leaves(this)
    }
    clearTimeout(this.#timer)
    this.#options.loop.remove(this.#fd)
    this.#isInspected = true
    const result = native.inspectDescriptor(this.#fd, this.#packet, (fd, flags, name, length) => {
      this.#inspected(fd, flags, name, length)
      this.#server.inspecting(-1)
    })
    if (result < 0) this.#refuse({ errno: -result, text: native.strerror(-result) })
    else this.#server.inspecting(1)
  }

  /** Idempotent. Hangs up, and closes the link. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#server.gone(this)
    this.#options.loop.remove(this.#fd)
    // A process that tried to take over, and hangs, may have a copy: the client shall hear of its end all the same.
    native.shutdown(this.#fd, 2)
    native.close(this.#fd)
    this.#link?.close()
  }

  #inspected (tap: number, flags: number, name: string, length: number): void {
    if (this.#isClosed) {
      if (tap >= 0) native.closeElsewhere(tap)
      return
    }
    if (tap === -ECONNRESET) return this.close()
    const request = decodeAttach(length > MAX_PACKET ? new Uint8Array(0) : this.#packet.subarray(0, length))
    const refusal = 'errno' in request ? request : this.#objection(request, tap, flags)
    if (refusal === null && !('errno' in request)) {
      if (request.kind !== 'socket') return this.#admit(request, tap, name)
      const [own, given] = socketPair()
      this.#admit(request, own, name, given)
      native.close(given)
      return
    }
    if (tap >= 0) native.closeElsewhere(tap)
    this.#refuse(refusal ?? { errno: EINVAL, text: '' })
  }

  #objection (request: AttachRequest, tap: number, flags: number): AttachRefusal | null {
    const objection = objectionTo(request, tap, flags, this.peer)
    if (objection !== null) return objection
    return this.#server.isBanned(this.peer) ? { errno: UNSUPPORTED, text: 'a TAP of this user was slow, later perhaps' } : null
  }

  /** @param given what the client gets with the answer; -1: nothing */
  #admit (request: AttachRequest, tap: number, name: string, given: number = -1): void {
    let admission: TapAdmission
    try {
      admission = this.#options.admitTap(request, this.peer)
    } catch (error) {
      if (tap >= 0) native.closeElsewhere(tap)
      if (!(error instanceof VdeError)) throw error
      return this.#refuse({ errno: error.errno, text: error.message })
    }
    try {
      this.#establish(admission, tap, name, request, given)
    } catch (error) {
      if (this.#link === null) native.closeElsewhere(tap)
      admission.abort()
      this.close()
      if (!(error instanceof VdeError)) throw error
    }
  }

  #establish (admission: TapAdmission, tap: number, name: string, request: AttachRequest, given: number): void {
    const { port, id, sink } = admission
    const link = this.#open(tap, { kind: request.kind, name, place: { port, id } }, sink)
    link.offload = request.hasOffload
    // Only the hang-up: whatever else a client says must not wake us. Of a socket the end comes behind its last frame.
    if (given < 0) this.#options.loop.add(this.#fd, RDHUP, this)
    const answer = encodeAnswer({ port, id })
    const sent = native.sendDescriptors(this.#fd, answer, 0, answer.length, Int32Array.from(given < 0 ? [] : [given]))
    if (sent !== answer.length) throw new VdeError('EPIPE', 'answer a client', 'it has left')
    this.#server.attached(this)
    admission.start(link)
  }

  /** Makes the link of a descriptor that was found good. @throws {VdeError} it cannot be watched, and is still the caller's */
  #open (tap: number, use: Use, sink: FrameSink): TapLink {
    const device = deviceFor(use, tap)
    this.#link = tapLink(tap, use.name, sink, this.#options.loop, {
      label: `${use.kind} ${use.name} of uid ${this.peer.uid}`,
      device,
      ...(device === tapDevice ? { slab: slabOf(this.peer.uid) } : {}),
      ...(device === socketDevice
        ? {}
        : {
            meter: new WriteMeter(() => { setImmediate(() => { this.#handBack() }) }),
            closeTap: (fd: number) => { native.closeElsewhere(fd) }
          }),
      onRelease: () => { this.close() }
    })
    this.#use = use
    this.#sink = sink
    return this.#link
  }

  /** Its writes take too long: let the client pay for them itself. */
  #handBack (): void {
    if (this.#isClosed) return
    this.#server.ban(this.peer)
    this.#say({ errno: UNSUPPORTED, text: 'writes to the TAP take too long' })
    this.detach(new VdeError('ETIME', 'use a TAP', 'writes take too long'))
  }

  /** Tells the sink, and closes. */
  detach (why: Error | undefined): void {
    const sink = this.#sink
    this.#sink = null
    if (sink !== null && !this.#isClosed) sink.onClose(why) // which closes the link, which closes us
    this.close()
  }

  #refuse (refusal: AttachRefusal): void {
    this.#say(refusal)
    this.close()
  }

  #say (refusal: AttachRefusal): void {
    const packet = encodeAnswer(refusal)
    native.send(this.#fd, packet, 0, packet.length)
  }
}

/** Our end, which takes frames and nothing else, and the client's. Both -1 or less: there are no descriptors. */
const socketPair = (): readonly [own: number, given: number] => {
  const ends = new Int32Array(2)
  const failed = native.socketPair(SEQPACKET, ends)
  if (failed < 0) return [failed, failed]
  native.refuseDescriptors(ends[0])
  for (const end of ends) native.setBuffers(end, SOCKET_BUFFER, SOCKET_BUFFER)
  return [ends[0], ends[1]]
}
