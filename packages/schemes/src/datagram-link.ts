/**
 * A link over a connected AF_UNIX socket that keeps message borders: a packet is a frame. The data half of both sides of
 * the vde protocol, and of seqpacket://.
 *
 *     socket --recvmmsg--> Inbox --> sink.onFrame
 *     send --> SendRing (one batch) --sendmmsg at the end of the turn--> socket
 *
 * What the kernel does not take stays in the ring and waits for EPOLLOUT; while the ring is full `send` answers false.
 * EPOLLOUT comes in both cases the kernel knows: mutually connected sockets are limited by our SO_SNDBUF, and when the
 * peer is not connected back (User Mode Linux) by its queue of max_dgram_qlen, for which epoll registers as well.
 *
 * A peer that closed its socket shows as ECONNREFUSED, then ENOTCONN: that ends the link. It must, because the kernel has
 * undone the connection, and from then on anybody with access to our socket's file could send us frames in its name. A
 * medium in which others may follow on the peer (ptp) has the link go down instead.
 */
import { native, ERR, HUP, IN, OUT } from '@vde-ts/native'
import { systemError, type Flushable, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { INBOX_END, Inbox, SLOT_OCTETS } from '@vde-ts/link/receive-slab.js'
import { Budget, SendRing } from '@vde-ts/link/send-ring.js'

/** Asked of the kernel, which allows ordinary users wmem_max: 1 MiB is some 900 full frames, and 5 ms at 2 Gbit/s. */
const SOCKET_OCTETS = 1024 * 1024
/**
 * Octets in the rings of all links: a flood to a thousand of them fills each with up to 64 frames within a turn, and one
 * that is not read keeps them. Beyond it a ring is drained before each frame, so batches get short, never the progress.
 */
const ringBudget: Budget = new Budget(8 * 1024 * 1024)
/** Bursts taken from a socket whose peer has ended; more than its buffer can hold. */
const LAST_BURSTS = 256

const EAGAIN = 11
const EINTR = 4
/** The peer's socket is gone: EPIPE, ECONNRESET, ENOTCONN, ECONNREFUSED. */
const GONE: ReadonlySet<number> = new Set([-32, -104, -107, -111])

/** What differs between the media over such a socket. */
export interface DatagramOptions {
  readonly label: string
  /** SOCK_SEQPACKET: an empty packet is the end of the peer. On datagrams it means nothing and is ignored. */
  readonly emptyIsEnd?: boolean
  /** False: there is no peer yet. */
  readonly isUp?: boolean
  /** The peer is gone and the link went down, until {@link DatagramLink.raise}. Absent: that ends the link. */
  readonly onPeerGone?: () => void
  /** Something arrived although the link is down. */
  readonly onHeard?: () => void
  /** Called once when the link is closed, after its descriptor: for what else belongs to it. */
  readonly onRelease?: () => void
  /** Goes on where the link of another process stopped. Its frames leave after the first `resume`. */
  readonly snapshot?: DatagramSnapshot
}

/** A link as it travels, without its descriptor, which is its owner's to name. */
export interface DatagramSnapshot {
  /** What the kernel has not taken. */
  readonly unsent: readonly Uint8Array[]
  readonly txDrops: number
  readonly runts: number
  readonly oversize: number
}

/**
 * The link, see above. {@link DatagramLink.end} is for media that hear of the end elsewhere, as vde does on its
 * control stream.
 */
export class DatagramLink implements Link, Watcher, Flushable {
  readonly offload = false
  readonly maxFrame: number = SLOT_OCTETS
  readonly label: string
  isUp: boolean
  downDrops = 0
  /** Frames that the kernel refused for good: too long for the socket, no memory, not permitted. */
  txDrops = 0

  readonly #fd: number
  readonly #sink: FrameSink
  readonly #loop: Loop
  readonly #inbox: Inbox
  readonly #ring = new SendRing({ budget: ringBudget })
  readonly #onRelease: (() => void) | null
  readonly #onPeerGone: (() => void) | null
  readonly #onHeard: (() => void) | null
  #isDirty = false
  #isBlocked = false
  /** `send` answered false: `onWritable` is owed. */
  #isFull = false
  #isEnded = false
  /** `onClose` was called. */
  #isTold = false
  #isClosed = false
  #why: Error | undefined = undefined

  /** Takes over `fd`, which is non-blocking; the link is paused. @throws {VdeError} when it cannot be watched */
  constructor (fd: number, sink: FrameSink, loop: Loop, options: DatagramOptions) {
    this.label = options.label
    this.isUp = options.isUp ?? true
    this.#fd = fd
    this.#sink = sink
    this.#loop = loop
    this.#inbox = new Inbox(sink, { loop, emptyIsEnd: options.emptyIsEnd ?? false })
    this.#onRelease = options.onRelease ?? null
    this.#onPeerGone = options.onPeerGone ?? null
    this.#onHeard = options.onHeard ?? null
    native.setBuffers(fd, SOCKET_OCTETS, SOCKET_OCTETS)
    native.refuseDescriptors(fd)
    loop.add(fd, 0, this)
    if (options.snapshot !== undefined) this.#restore(options.snapshot)
  }

  /** A link that is delivering: what a paused one keeps does not travel. */
  snapshot (): DatagramSnapshot {
    const { runts, oversize } = this.#inbox
    return { unsent: [...this.#ring.copies()], txDrops: this.txDrops, runts, oversize }
  }

  #restore ({ unsent, txDrops, runts, oversize }: DatagramSnapshot): void {
    for (const frame of unsent) this.#ring.push(frame, 0, frame.length)
    this.txDrops = txDrops
    this.#inbox.runts = runts
    this.#inbox.oversize = oversize
  }

  /** Frames that arrived shorter than a header or longer than the suite carries: dropped. */
  get rxDrops (): number { return this.#inbox.runts + this.#inbox.oversize }

  /** Frames waiting for the kernel. */
  get queued (): number { return this.#ring.frames }

  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isClosed || this.#isEnded) return true
    if (!this.isUp) {
      this.downDrops++
      return true
    }
    if (len > this.maxFrame) {
      this.txDrops++
      return true
    }
    if (!this.#ring.push(buf, off, len) && !this.#pushAfterFlush(buf, off, len)) {
      this.#isFull = true
      return false
    }
    if (!this.#isDirty && !this.#isBlocked) this.#markDirty()
    return true
  }

  #markDirty (): void {
    this.#isDirty = true
    this.#loop.markDirty(this)
  }

  pause (): void {
    if (this.#inbox.paused) return
    this.#inbox.pause()
    this.#watch()
  }

  resume (): void {
    if (this.#isClosed || this.#isTold || !this.#inbox.paused) return
    this.#inbox.resume()
    if (this.#ring.frames > 0 && !this.#isDirty && !this.#isBlocked) this.#markDirty()
    if (this.#isEnded) setImmediate(() => { this.#finish() })
    else this.#watch()
  }

  /** There is a peer: the socket is connected. */
  raise (): void {
    if (this.isUp || this.#isClosed || this.#isEnded) return
    this.isUp = true
    this.#sink.onUp()
  }

  /** There is no peer; what waited for it is lost. */
  lower (why?: Error): void {
    if (!this.isUp || this.#isClosed || this.#isEnded) return
    this.isUp = false
    this.downDrops += this.#ring.frames
    this.#ring.clear()
    this.#isBlocked = false
    this.#watch()
    this.#sink.onDown(why)
    if (this.#isClosed || !this.#isFull) return
    this.#isFull = false
    this.#sink.onWritable()
  }

  /** Delivers what has arrived. False: something waits still, because the link is paused. */
  takeRest (): boolean {
    for (let burst = 0; burst < LAST_BURSTS; burst++) {
      if (this.#isClosed || this.#isTold) return true
      if (this.#inbox.paused) return this.#inbox.kept === 0 && (native.poll(this.#fd, IN, 0) & IN) === 0
      if (this.#inbox.receive(this.#fd) < 0) break
    }
    return true
  }

  /** Says that the peer is gone. What it sent before is delivered first, also when the link is paused now. */
  end (why?: Error): void {
    if (this.#isEnded || this.#isClosed) return
    this.#isEnded = true
    this.#why = why
    this.#loop.remove(this.#fd)
    this.#finish()
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // What was sent in this turn is still in the ring.
    this.#ring.drain(native.sendBatch, this.#fd)
    this.#ring.clear()
    this.#inbox.close()
    this.#loop.remove(this.#fd)
    native.close(this.#fd)
    this.#onRelease?.()
  }

  onReady (events: number): void {
    if ((events & OUT) !== 0) this.flush()
    if (this.#isClosed || this.#isEnded) return
    if ((events & IN) !== 0) this.#receive()
    if ((events & (HUP | ERR)) !== 0) this.#onTrouble(events)
  }

  /** The loop calls it at the end of a turn in which something was sent. */
  flush (): void {
    this.#isDirty = false
    if (this.#isClosed || this.#isEnded) return
    const result = this.#drain()
    if (GONE.has(result)) return this.#lose(systemError(result, `send to ${this.label}`, 'the peer closed its data socket'))
    const isBlocked = result !== 0
    if (isBlocked !== this.#isBlocked) {
      this.#isBlocked = isBlocked
      this.#watch()
    }
    if (isBlocked || !this.#isFull) return
    this.#isFull = false
    this.#sink.onWritable()
  }

  /** Empties the ring. A frame the kernel does not want is counted and dropped. @returns 0, -EAGAIN or one of GONE */
  #drain (): number {
    for (;;) {
      const result = this.#ring.drain(native.sendBatch, this.#fd)
      if (result === 0 || result === -EAGAIN || GONE.has(result)) return result
      if (result === -EINTR) continue
      this.#ring.drop(1)
      this.txDrops++
    }
  }

  /** In a long burst the ring fills before the turn ends. What ends the link here is left to the flush, outside of `send`. */
  #pushAfterFlush (buf: Uint8Array, off: number, len: number): boolean {
    return !this.#isBlocked && this.#drain() === 0 && this.#ring.push(buf, off, len)
  }

  #receive (): void {
    if (!this.isUp) this.#onHeard?.()
    const result = this.#inbox.receive(this.#fd)
    if (result === INBOX_END) this.end()
  }

  #lose (why: Error): void {
    if (this.#onPeerGone === null) return this.end(why)
    this.lower(why)
    this.#onPeerGone()
  }

  #onTrouble (events: number): void {
    const error = native.socketError(this.#fd)
    if ((events & HUP) !== 0) this.end()
    else if (GONE.has(-error)) this.#lose(systemError(error, `receive from ${this.label}`, native.strerror(error)))
  }

  /** After the end: delivers what waits, then tells. A paused link tells when it is resumed, if frames wait in it. */
  #finish (): void {
    if (!this.takeRest() || this.#isClosed || this.#isTold) return
    this.#isTold = true
    this.#inbox.pause()
    this.#sink.onClose(this.#why)
  }

  #watch (): void {
    if (this.#isClosed || this.#isEnded) return
    this.#loop.modify(this.#fd, (this.#inbox.paused ? 0 : IN) | (this.#isBlocked ? OUT : 0))
  }
}
