/**
 * The server side of `DIR/attach`: takes TAPs and packet sockets from clients and makes links of them.
 *
 *     accept -> wait for the packet -> inspector (another thread, another process) -> admit -> TapLink, answer
 *
 * A TAP of a stranger is dangerous: its owner still holds the open file. So it is received and checked elsewhere, read and
 * written without blocking whatever its flags say, never trusted in what it delivers, and measured in what it costs. The
 * end of the connection ends the link, and the other way round.
 */
import { native, IN, RDHUP } from '@vde-ts/native'
import { VdeError, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { acceptBurst } from '@vde-ts/link/accept.js'
import { tapDevice } from '@vde-ts/tun-tap'
import { peerOf, type Peer } from './accounts.ts'
import { deviceFor, objectionTo } from './attach-check.ts'
import {
  ATTACH_MS, MAX_PACKET, UNSUPPORTED, decodeAttach, encodeAnswer, type AttachRefusal, type AttachRequest
} from './attach-protocol.ts'
import { tapLink, tapSlab, type TapLink } from './tap-link.ts'
import { WriteMeter } from './write-meter.ts'

/** Connections without a TAP at a time; one more costs the oldest its place. */
const MAX_PENDING = 256
/** Milliseconds without accepting when the descriptor table is full. */
const PAUSE_MS = 100
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
}

/** Serves a listening descriptor, which stays the caller's. */
export class AttachServer implements Watcher {
  readonly #fd: number
  readonly #options: AttachServerOptions
  /** Oldest first. */
  readonly #pending = new Set<Connection>()
  readonly #attached = new Set<Connection>()
  /** Until when, by uid. */
  readonly #banned = new Map<number, number>()
  #resumeTimer: NodeJS.Timeout | null = null
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

  #welcome (fd: number): void {
    const peer = peerOf(fd)
    if (peer === null) {
      native.close(fd)
      return
    }
    for (const oldest of this.#pending) {
      if (this.#pending.size < MAX_PENDING) break
      oldest.close()
    }
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

  gone (one: Connection): void {
    this.#pending.delete(one)
    this.#attached.delete(one)
  }
}

/** One client: first without, then with a link. */
class Connection implements Watcher {
  readonly #fd: number
  readonly #peer: Peer
  readonly #server: AttachServer
  readonly #options: AttachServerOptions
  readonly #packet = new Uint8Array(MAX_PACKET)
  readonly #timer: NodeJS.Timeout
  #link: TapLink | null = null
  #sink: FrameSink | null = null
  #isClosed = false

  constructor (fd: number, peer: Peer, server: AttachServer, options: AttachServerOptions) {
    this.#fd = fd
    this.#peer = peer
    this.#server = server
    this.#options = options
    this.#timer = setTimeout(() => { this.close() }, ATTACH_MS)
    options.loop.add(fd, IN | RDHUP, this)
  }

  onReady (): void {
    if (this.#sink !== null) return this.#detach(undefined)
    clearTimeout(this.#timer)
    this.#options.loop.remove(this.#fd)
    const result = native.inspectDescriptor(this.#fd, this.#packet,
      (fd, flags, name, length) => { this.#inspected(fd, flags, name, length) })
    if (result < 0) this.#refuse({ errno: -result, text: native.strerror(-result) })
  }

  /** Idempotent. Hangs up, and closes the link. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#server.gone(this)
    this.#options.loop.remove(this.#fd)
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
    if (refusal === null && !('errno' in request)) return this.#admit(request, tap, name)
    if (tap >= 0) native.closeElsewhere(tap)
    this.#refuse(refusal ?? { errno: EINVAL, text: '' })
  }

  #objection (request: AttachRequest, tap: number, flags: number): AttachRefusal | null {
    const objection = objectionTo(request, tap, flags, this.#peer)
    if (objection !== null) return objection
    return this.#server.isBanned(this.#peer) ? { errno: UNSUPPORTED, text: 'a TAP of this user was slow, later perhaps' } : null
  }

  #admit (request: AttachRequest, tap: number, name: string): void {
    let admission: TapAdmission
    try {
      admission = this.#options.admitTap(request, this.#peer)
    } catch (error) {
      native.closeElsewhere(tap)
      if (!(error instanceof VdeError)) throw error
      return this.#refuse({ errno: error.errno, text: error.message })
    }
    try {
      this.#establish(admission, tap, name, request)
    } catch (error) {
      if (this.#link === null) native.closeElsewhere(tap)
      admission.abort()
      this.close()
      if (!(error instanceof VdeError)) throw error
    }
  }

  #establish (admission: TapAdmission, tap: number, name: string, request: AttachRequest): void {
    const { loop } = this.#options
    const device = deviceFor(request, tap)
    this.#link = tapLink(tap, name, admission.sink, loop, {
      label: `${request.kind} ${name} of uid ${this.#peer.uid}`,
      device,
      ...(device === tapDevice ? { slab: slabOf(this.#peer.uid) } : {}),
      meter: new WriteMeter(() => { setImmediate(() => { this.#handBack() }) }),
      closeTap: (fd) => { native.closeElsewhere(fd) },
      onRelease: () => { this.close() }
    })
    this.#link.offload = request.hasOffload
    // Only the hang-up: whatever else a client says must not wake us.
    loop.add(this.#fd, RDHUP, this)
    const answer = encodeAnswer({ port: admission.port, id: admission.id })
    if (native.send(this.#fd, answer, 0, answer.length) !== answer.length) throw new VdeError('EPIPE', 'answer a client', 'it has left')
    this.#sink = admission.sink
    this.#server.attached(this)
    admission.start(this.#link)
  }

  /** Its writes take too long: let the client pay for them itself. */
  #handBack (): void {
    if (this.#isClosed) return
    this.#server.ban(this.#peer)
    this.#say({ errno: UNSUPPORTED, text: 'writes to the TAP take too long' })
    this.#detach(new VdeError('ETIME', 'use a TAP', 'writes take too long'))
  }

  #detach (why: Error | undefined): void {
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

const slabs = new Map<number, Uint8Array>()

/**
 * Old kernels leave octets of the slab untouched in front of a frame when the giver has made the header longer; it would be
 * handed what another user received there. Only our own user and root attach there, so there are two at most.
 */
const slabOf = (uid: number): Uint8Array => {
  let slab = slabs.get(uid)
  if (slab === undefined) {
    slab = tapSlab()
    slabs.set(uid, slab)
  }
  return slab
}
