/**
 * One cable plugged into a port: the sink of a link, the queue in front of it, and who it belongs to.
 */
import { HEADER, isFrame } from '@vde-ts/frame/ethernet.js'
import type { FrameSink, Link } from '@vde-ts/link/link.js'
import type { Owner } from './access.ts'
import type { Port } from './port.ts'
import type { FrameQueue } from './queue.ts'
import type { Between } from './interpose.ts'
import { ShapedLink } from './shaper.ts'
import type { WireForm } from './wire-form.ts'

/** What an endpoint needs of its switch. */
export interface EndpointHost {
  /** One whole frame came in on `port`. */
  forward (port: Port, buf: Uint8Array, off: number, len: number): void
  /** The endpoint closed: take it off its port. Called once. */
  endpointClosed (endpoint: Endpoint): void
  /** Its link went down or came up. */
  endpointTurned (endpoint: Endpoint): void
}

/** An endpoint as it travels, without its link: that is the part of whoever opened it. */
export interface EndpointSnapshot {
  readonly id: number
  readonly owner: Owner
  readonly module: string
  readonly description: string
  readonly isHost: boolean
  readonly queueDrops: number
  readonly queueLimit: number
  /** See {@link FrameQueue.snapshot}. */
  readonly waiting: readonly Uint8Array[]
}

/** Made by `Switch.attach`; the sink of one link from {@link Endpoint.connect} on. */
export class Endpoint implements FrameSink {
  /** A counter of the switch from 1; never a descriptor, never used twice. */
  readonly id: number
  readonly port: Port
  readonly owner: Owner
  /** Kind of medium, as the console shows it: `unix prog`, `tuntap`. */
  readonly module: string
  /** Raw text of the client: escape it before showing. */
  readonly description: string
  /** Whoever let it in knows it for a station. */
  readonly isHost: boolean
  readonly queue: FrameQueue
  /** Frames of the wire lost because the queue or the budget was full. */
  queueDrops = 0

  readonly #host: EndpointHost
  #link: Link | null = null
  #between: Between | null = null
  #isClosed = false
  #isUp = false

  constructor (
    id: number, port: Port, host: EndpointHost, queue: FrameQueue,
    who: { readonly owner: Owner, readonly module: string, readonly description: string, readonly isHost?: boolean }
  ) {
    this.id = id
    this.port = port
    this.#host = host
    this.queue = queue
    this.owner = who.owner
    this.module = who.module
    this.description = who.description
    this.isHost = who.isHost ?? false
  }

  get isClosed (): boolean { return this.#isClosed }
  get link (): Link | null { return this.#link }
  /** False before it has a link, and while the medium of that is away. */
  get isUp (): boolean { return this.#isUp }

  snapshot (): EndpointSnapshot {
    const { id, owner, module, description, isHost, queueDrops, queue } = this
    return { id, owner, module, description, isHost, queueDrops, queueLimit: queue.limit, waiting: queue.snapshot() }
  }

  /** Plugs the link in, which this endpoint must be the sink of, and starts it. The link is the endpoint's from now on. */
  connect (link: Link): void {
    if (this.#isClosed) {
      link.close()
      return
    }
    this.#link = this.#shaped(link)
    this.interpose()
    this.turn(this.#link.isUp ?? true)
    link.resume()
    this.queue.drain(this.#link) // of the process before this one
  }

  /** The port has something for between it and its links. Once: what lies between stays. */
  interpose (): void {
    const { interpose } = this.port
    if (interpose === null || this.#link === null || this.#between !== null) return
    this.#between = interpose(this.#bare(this.#link), new EndpointSide(this))
    this.#link = this.#shaped(this.#between)
    this.#between.resume()
  }

  #bare (link: Link): Link { return link instanceof ShapedLink ? link.bare : link }

  /** The port is shaped now, or no longer, or otherwise. */
  reshape (): void {
    if (this.#link === null) return
    this.#link = this.#shaped(this.#bare(this.#link))
    this.drain()
  }

  #shaped (bare: Link): Link {
    const { shaper } = this.port
    return shaper === null ? bare : new ShapedLink(bare, shaper, () => { this.drain() })
  }

  onFrame (buf: Uint8Array, off: number, len: number): void {
    // The straight way first, without a call of `arrive`: 1 ns of 58.
    if (isFrame(len) && this.#between === null && !this.#isClosed) this.#host.forward(this.port, buf, off, len)
    else if (this.#between === null) this.arrive(buf, off, len)
    else this.#between.onFrame(buf, off, len)
  }

  /** A frame has come to the port, through what lies between. */
  arrive (buf: Uint8Array, off: number, len: number): void {
    if (this.#isClosed) return
    if (isFrame(len)) this.#host.forward(this.port, buf, off, len)
    else if (len >= HEADER) this.port.drops.giant++
    else if (len > 0) this.port.drops.runt++ // length 0 is how old clients say farewell
  }

  onWritable (): void {
    if (this.#between === null) this.drain()
    else this.#between.onWritable()
  }

  /** There is room for what the queue holds. */
  drain (): void {
    if (this.#link !== null) this.queue.drain(this.#link)
  }

  onUp (): void {
    if (this.#between === null) this.turn(true)
    else this.#between.onUp()
  }

  onDown (why?: Error): void {
    if (this.#between === null) this.turn(false)
    else this.#between.onDown(why)
  }

  /** The medium is there, or away. */
  turn (isUp: boolean): void {
    if (this.#isClosed || isUp === this.#isUp) return
    this.#isUp = isUp
    this.#host.endpointTurned(this)
  }

  onClose (why?: Error): void {
    if (this.#between === null) this.close()
    else this.#between.onClose(why)
  }

  /** Sends one plain frame, behind those that wait already. */
  send (buf: Uint8Array, off: number, len: number): void {
    const link = this.#link
    if (link === null) this.port.drops.closed++
    else if (!this.#isUp) this.port.drops.down++
    else if (len > link.maxFrame) this.port.drops.oversize++
    else this.#offer(link, buf, off, len, 1, 0)
  }

  /** Sends a frame with an offload header that is not zero: as it is, or what it is on the wire. */
  sendUnfinished (form: WireForm, buf: Uint8Array, off: number, len: number): void {
    const link = this.#link
    if (link === null) this.port.drops.closed += form.frames
    else if (!this.#isUp) this.port.drops.down += form.frames
    else if (form.largest > link.maxFrame) this.port.drops.oversize += form.frames
    else if (link.offload && !form.mustFinish) this.#offer(link, buf, off, len, form.frames, form.headers)
    else this.#sendSegments(link, form)
  }

  #sendSegments (link: Link, form: WireForm): void {
    const count = form.cut()
    if (count <= 0) {
      this.port.drops.tooManySegments += form.frames
      return
    }
    for (let i = 0; i < count; i++) {
      if (this.#link !== link) return // closed by what the last one set off
      this.#offer(link, form.buf, form.at(i), form.len(i), 1, 0)
    }
  }

  #offer (link: Link, buf: Uint8Array, off: number, len: number, wireFrames: number, headers: number): void {
    if (this.queue.frames === 0 && link.send(buf, off, len)) return
    if (this.queue.push(buf, off, len, wireFrames, headers) || this.#isClosed) return
    this.port.drops.queueFull += wireFrames
    this.queueDrops += wireFrames
  }

  /** Unplugs: leaves the port, forgets what is queued, closes the link. Idempotent, also from within a flood. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const link = this.#link
    this.#link = null
    this.queue.close()
    this.#host.endpointClosed(this)
    link?.close()
  }
}

/** The endpoint, as the sink of what lies between it and its link. */
class EndpointSide implements FrameSink {
  readonly #endpoint: Endpoint

  constructor (endpoint: Endpoint) { this.#endpoint = endpoint }

  onFrame (buf: Uint8Array, off: number, len: number): void { this.#endpoint.arrive(buf, off, len) }
  onWritable (): void { this.#endpoint.drain() }
  onUp (): void { this.#endpoint.turn(true) }
  onDown (): void { this.#endpoint.turn(false) }
  onClose (): void { this.#endpoint.close() }
}
