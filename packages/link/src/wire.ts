/**
 * Two links joined: what one delivers the other sends.
 *
 *     left link --onFrame--> left end --send--> right link        and the same from right to left
 *
 * When a link is full the frame it did not take is kept, the link it came from is paused, and both go on when there is
 * room: a fast side runs at the pace of the slow one and nothing is lost in between. A link that is down takes the carrier
 * of the other one, and frames for it are dropped and counted. Sinks are given when links are
 * opened, links when both are: `new Wire()`, open with `wire.left` and `wire.right`, then `wire.join`.
 */
import { HEADER } from '@vde-ts/frame/ethernet.js'
import { isPlain } from '@vde-ts/frame/offload.js'
import { MAX_SEGMENTS, Segmenter } from '@vde-ts/frame/segment.js'
import type { FrameSink, Link } from './link.ts'
import { tooBigText } from './too-big.ts'
import { SendRing } from './send-ring.ts'

/** Which link of a wire, by the order of {@link Wire.join}. */
export type Side = 'left' | 'right'

/** Looks at frames that arrive at one end, before they are sent on. Must not throw, must not change them. */
export type FrameObserver = (side: Side, buf: Uint8Array, off: number, len: number) => void

/** Told once, when the first side has ended. What that side sent has left by then. Both links are still to be closed. */
export type OnEnd = (side: Side, why?: Error) => void

/** How long frames of an ended side may wait for room at the other, in milliseconds. */
const LINGER_MS = 2000
/** Between two looks whether they have left, in milliseconds: `onWritable` tells only of room for more. */
const LOOK_MS = 5

/** What an end tells its wire. */
interface WireEvents {
  ended (side: Side, why?: Error): void
  /** The first frame that `to` cannot take for its length. */
  tooBig (to: Link, len: number): void
}

/** One direction: the sink of one link, which feeds the other one. */
export class WireEnd implements FrameSink {
  /** Frames and octets that arrived here. */
  frames = 0
  octets = 0
  /** Shorter than an Ethernet header: dropped. */
  runts = 0
  /** Longer than the other link takes: dropped. */
  oversize = 0
  /** For a link without offload, and not to be made into frames of the wire: dropped. */
  unfinished = 0
  /** For a link whose medium is away: dropped. */
  down = 0
  /** Delivered before the links were joined or in spite of a pause: dropped. */
  lost = 0
  observer: FrameObserver | null = null

  readonly #side: Side
  readonly #wire: WireEvents
  /** The one frame that did not go, with the segments behind it; more only from a link that delivers in spite of a pause. */
  readonly #kept = new SendRing({ lead: 'offload', maxFrames: 2 * MAX_SEGMENTS })
  #segmenter: Segmenter | null = null
  #from: Link | null = null
  #to: Link | null = null
  #opposite: WireEnd | null = null
  #isGoing = false
  #isToUp = true
  /** The link this is the sink of has been up. */
  #wasUp = false

  constructor (side: Side, wire: WireEvents) {
    this.#side = side
    this.#wire = wire
  }

  /** @param opposite the end whose frames go to `from` */
  join (from: Link, to: Link, opposite: WireEnd): void {
    this.#from = from
    this.#to = to
    this.#opposite = opposite
    this.#isToUp = to.isUp ?? true
    this.#wasUp ||= from.isUp ?? true
    if (!this.#isToUp) from.setCarrier?.(false)
  }

  /** Frames on their way to the other link. */
  get waiting (): number { return this.#kept.frames + (this.#to?.queued ?? 0) }

  onFrame (buf: Uint8Array, off: number, len: number): void {
    const to = this.#to
    this.frames++
    this.octets += len
    if (this.observer !== null) this.observer(this.#side, buf, off, len)
    if (to === null) this.lost++
    else if (!this.#isToUp) this.down++
    else if (len < HEADER) this.runts++
    else if (!to.offload && !isPlain(buf, off)) this.#finish(to, buf, off, len)
    else this.#pass(to, buf, off, len)
  }

  /** The other link takes finished frames only: it is sent what this one is on the wire. */
  #finish (to: Link, buf: Uint8Array, off: number, len: number): void {
    const segmenter = this.#segmenter ??= new Segmenter()
    const count = segmenter.cut(buf, off, len)
    if (count <= 0) this.unfinished++
    for (let i = 0; i < count; i++) this.#pass(to, segmenter.buf, segmenter.at(i), segmenter.len(i))
  }

  #pass (to: Link, buf: Uint8Array, off: number, len: number): void {
    if (len > to.maxFrame) this.#refuse(to, len)
    else if (this.#kept.frames > 0 || !to.send(buf, off, len)) this.#keep(buf, off, len)
  }

  /** Counted each time, named once. */
  #refuse (to: Link, len: number): void { if (this.oversize++ === 0) this.#wire.tooBig(to, len) }

  #keep (buf: Uint8Array, off: number, len: number): void {
    if (!this.#kept.push(buf, off, len)) this.lost++
    this.#from?.pause()
  }

  /** There is room in the link that this end's sink belongs to: the opposite direction goes on. */
  onWritable (): void { this.#opposite?.go() }

  /** False: the medium of the link has never been there; the end it comes to is a failure to open. */
  get wasUp (): boolean { return this.#wasUp }

  onUp (): void {
    this.#wasUp = true
    this.#opposite?.turn(true)
  }

  onDown (): void { this.#opposite?.turn(false) }

  /** The medium of the link this end sends to has come or gone: the link the frames come from shows it. */
  turn (isUp: boolean): void {
    this.#isToUp = isUp
    this.#from?.setCarrier?.(isUp)
  }

  /** Sends what was kept, then lets the link deliver again. */
  go (): void {
    // Sending may give room at once and call this again: the frame in hand must not go twice.
    if (this.#isGoing) return
    this.#isGoing = true
    const isThrough = this.#sendKept()
    this.#isGoing = false
    if (isThrough) this.#from?.resume()
  }

  #sendKept (): boolean {
    const kept = this.#kept
    while (kept.frames > 0) {
      const to = this.#to
      // The other link may have changed meanwhile (one that joins again): a frame too long for it now would stay for ever.
      if (!this.#isToUp) this.down++
      else if (to !== null && kept.headLen > to.maxFrame) this.#refuse(to, kept.headLen)
      else if (to !== null && !to.send(kept.headBuf, kept.headAt, kept.headLen)) return false
      kept.drop(1)
    }
    return true
  }

  onClose (why?: Error): void { this.#wire.ended(this.#side, why) }

  /** Drops what is kept, and every frame from now on. */
  cut (): void {
    this.#to = null
    this.#from = null
    // While one is being sent its memory must stay; the loop there drops the rest.
    if (!this.#isGoing) this.#kept.clear()
  }
}

/** The joint: two sinks first, two links later. */
export class Wire {
  /** Sinks of the two links, and their counters. */
  readonly left: WireEnd = new WireEnd('left', this)
  readonly right: WireEnd = new WireEnd('right', this)
  #links: readonly Link[] = []
  #onEnd: OnEnd | null = null
  #ended: { readonly side: Side, readonly why: Error | undefined } | null = null
  #deadline = 0
  #timer: NodeJS.Timeout | null = null
  #isTold = false
  readonly #log: (line: string) => void

  /** @param log for whoever runs the program; absent: dropped */
  constructor (log: (line: string) => void = () => {}) { this.#log = log }

  /** Joins and resumes the links that were opened with {@link left} and {@link right}. */
  join (left: Link, right: Link, onEnd: OnEnd): void {
    this.#links = [left, right]
    this.#onEnd = onEnd
    this.left.join(left, right, this.right)
    this.right.join(right, left, this.left)
    left.resume()
    right.resume()
    if (this.#ended !== null) this.#linger()
  }

  /** Has `observer` see every frame, null none. Costs nothing while it is null. */
  observe (observer: FrameObserver | null): void {
    this.left.observer = observer
    this.right.observer = observer
  }

  /** Closes both links; onEnd is not called any more. Idempotent. */
  close (): void {
    this.#isTold = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.left.cut()
    this.right.cut()
    for (const link of this.#links) link.close()
    this.#links = []
  }

  /** For {@link WireEnd}: the link of that side has ended. */
  ended (side: Side, why?: Error): void {
    if (this.#ended !== null) {
      // Both are gone: nothing that waits can leave.
      if (side !== this.#ended.side) this.#tell()
      return
    }
    this.#ended = { side, why }
    this.#deadline = performance.now() + LINGER_MS
    if (this.#onEnd !== null) this.#linger()
  }

  /** For {@link WireEnd}. */
  tooBig (to: Link, len: number): void { this.#log(tooBigText(to, len)) }

  /** Waits until what the ended side had sent has left, or cannot be waited for any longer. */
  #linger (): void {
    const end = this.#ended?.side === 'left' ? this.left : this.right
    if (end.waiting === 0 || performance.now() >= this.#deadline) return this.#tell()
    this.#timer = setTimeout(() => { this.#linger() }, LOOK_MS)
  }

  #tell (): void {
    if (this.#isTold || this.#ended === null || this.#onEnd === null) return
    this.#isTold = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#onEnd(this.#ended.side, this.#ended.why)
  }
}
