/**
 * Where datagrams arrive: RX_BURST slots that all links of the process share, because frames are delivered and done with
 * before the next link receives.
 *
 *     slot   | HEADROOM | frame, at most SLOT_OCTETS                      |   SLOT_STRIDE apart
 *
 * The kernel gives memory page by page, so slots cost what the longest frame in each needed. The strides are no power
 * of two: the heads of the frames of a burst do not compete for the same cache lines.
 *
 * An {@link Inbox} is one link's half: it receives a burst, hands frame after frame to the sink, and when the sink pauses
 * the link in the middle keeps copies of the rest, so that pausing never loses a frame.
 */
import { native } from '@vde-ts/native'
import { clearOffload } from '@vde-ts/frame/offload.js'
import { HEADROOM, type FrameSink } from './link.ts'
import { RX_BURST, loop as processLoop, type Loop } from './loop.ts'
import { SendRing } from './send-ring.ts'

/** Longest frame a slot takes: MAX_FRAME. A longer datagram is dropped and counted. */
export const SLOT_OCTETS = 65_557
export const SLOT_STRIDE = 65_664

/** `native.receiveBatch`, or something with its signature. */
export type ReceiveBatch = (
  fd: number, buf: Uint8Array, at: number, stride: number, size: number, count: number, lengths: Int32Array) => number

/** Slots for one burst. Offload headers in front of the frames are zero, since nobody writes there, or has called `renew`. */
export class ReceiveSlab {
  readonly buf: Uint8Array = new Uint8Array(SLOT_STRIDE * RX_BURST)
  readonly lengths: Int32Array = new Int32Array(RX_BURST)
  /** True while frames of it are being delivered: nobody may receive into it. */
  busy = false

  /**
   * Makes the offload headers of the first `count` slots zero again. Owed by whoever delivers frames from further behind in
   * a slot: the headroom of those, which is their receivers' to use, lies over them.
   */
  renew (count: number): void {
    for (let i = 0; i < count; i++) clearOffload(this.buf, HEADROOM + i * SLOT_STRIDE)
  }
}

/** The process's slab. */
export const receiveSlab: ReceiveSlab = new ReceiveSlab()

const SHORTEST = 14
const EAGAIN = 11

/** All have defaults that suit a link over datagrams. */
export interface InboxOptions {
  /** Sequenced packets: an empty one is the end of the peer. For datagrams it means nothing. */
  readonly emptyIsEnd?: boolean
  readonly loop?: Loop
  readonly slab?: ReceiveSlab
  /** For tests. */
  readonly receiveBatch?: ReceiveBatch
}

/** The receiving half of a link over datagrams. Starts paused, as links do. */
export class Inbox {
  frames = 0
  octets = 0
  /** Shorter than an Ethernet header: dropped. */
  runts = 0
  /** Longer than a slot: dropped, never cut. */
  oversize = 0

  readonly #sink: FrameSink
  readonly #loop: Loop
  readonly #slab: ReceiveSlab
  readonly #receiveBatch: ReceiveBatch
  readonly #emptyIsEnd: boolean
  /** Frames that arrived in the burst in which the sink paused: at most RX_BURST, whatever their length. */
  readonly #kept = new SendRing({ maxFrames: RX_BURST, maxOctets: Infinity, lead: 'headroom' })
  #paused = true
  #closed = false
  #replaying = false
  #ended = false

  constructor (sink: FrameSink, options: InboxOptions = {}) {
    this.#sink = sink
    this.#loop = options.loop ?? processLoop
    this.#slab = options.slab ?? receiveSlab
    this.#receiveBatch = options.receiveBatch ?? native.receiveBatch
    this.#emptyIsEnd = options.emptyIsEnd ?? false
  }

  get paused (): boolean { return this.#paused }

  /** Frames kept for after a pause. */
  get kept (): number { return this.#kept.frames }

  /** Nothing is delivered until {@link resume}. The link also stops watching its descriptor for IN. */
  pause (): void { this.#paused = true }

  /** Kept frames are delivered at the end of this turn, later ones when they arrive. The link watches for IN again. */
  resume (): void {
    if (this.#closed || !this.#paused) return
    this.#paused = false
    if (this.#kept.frames > 0 || this.#ended) this.#loop.markDirty(this)
  }

  /** No delivery after it, kept frames are forgotten. May be called from within a delivery. */
  close (): void {
    this.#closed = true
    this.#paused = true
    // While one of them is being delivered its memory must stay.
    if (!this.#replaying) this.#kept.clear()
  }

  /**
   * Receives one burst from `fd` and delivers it, after what was kept.
   * @returns datagrams received (0: paused or closed, or none of them may be received yet), -errno of the socket, or
   * INBOX_END once an empty packet ended the peer
   */
  receive (fd: number): number {
    this.flush()
    if (this.#paused || this.#closed || this.#slab.busy) return 0
    if (this.#ended) return INBOX_END
    const slab = this.#slab
    const count = this.#receiveBatch(fd, slab.buf, HEADROOM, SLOT_STRIDE, SLOT_OCTETS, RX_BURST, slab.lengths)
    if (count <= 0) return count === 0 ? -EAGAIN : count
    slab.busy = true
    this.#deliver(count)
    slab.busy = false
    return this.#ended && !this.#paused && this.#kept.frames === 0 ? INBOX_END : count
  }

  #deliver (count: number): void {
    const { buf, lengths } = this.#slab
    for (let i = 0; i < count; i++) {
      const len = lengths[i]
      if (len === 0 && this.#emptyIsEnd) {
        this.#ended = true
        return
      }
      if (!this.#accepts(len)) continue
      const off = i * SLOT_STRIDE + HEADROOM
      if (this.#closed) return
      if (this.#paused) {
        this.#kept.push(buf, off, len)
        continue
      }
      this.frames++
      this.octets += len
      this.#sink.onFrame(buf, off, len)
    }
  }

  #accepts (len: number): boolean {
    if (len < SHORTEST) this.runts++
    else if (len > SLOT_OCTETS) this.oversize++
    else return true
    return false
  }

  /** Delivers what was kept; the loop calls it after {@link resume}. */
  flush (): void {
    if (this.#replaying) return
    this.#replaying = true
    const kept = this.#kept
    while (kept.frames > 0 && !this.#paused) {
      const len = kept.headLen
      this.frames++
      this.octets += len
      this.#sink.onFrame(kept.headBuf, kept.headAt, len)
      kept.drop(1)
    }
    this.#replaying = false
    if (this.#closed) kept.clear()
  }
}

/** {@link Inbox.receive}: the peer ended. */
export const INBOX_END: number = -0x7fffffff
