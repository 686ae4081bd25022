/**
 * Any link, impaired: a link that wraps another one.
 *
 *     owner --send--> out direction --> inner.send          `out`: into the link (the original's left to right)
 *     owner's sink <-- in direction <-- inner.onFrame       `in`: out of it
 *
 * It is the sink of the inner link: make it, open the inner one with it, then `connect`. Its settings may change at any
 * time; frames on their way stay.
 */
import type { FrameSink, Link } from '@vde-ts/link/link.js'
import { Direction, type Output } from './direction.ts'
import type { Engine } from './engine.ts'
import { isNothing } from './settings.ts'

/** How a link's frames are counted and its chance is seeded. */
export interface ImpairedOptions {
  /** 0 to 2^53 - 1. */
  readonly seed: number
  /** Octets by which every frame is longer in every reckoning; 0 when absent. */
  readonly added?: number
  /** What to show; absent: of the inner link. */
  readonly label?: string
}

const BITS_OF_OCTET = 8
/** One for all: links come in thousands. */
const NOTHING_TO_TELL = (): void => {}
const NO_LINK = { offload: false, maxFrame: 65557, label: 'impaired' }

/** See above. */
export class ImpairedLink implements Link, FrameSink, Output {
  readonly seed: number
  readonly out: Direction
  readonly in: Direction
  readonly #sink: FrameSink
  readonly #label: string | undefined
  #inner: Link | null = null
  #isPaused = true
  /** The inner link was told to wait, because the in direction holds. */
  #isInnerHeld = false
  /** What the owner last said of the carrier on its side, and whether our sink believes that the link is up. */
  #hasCarrier = true
  #isShownUp = true
  /** `send` has answered false. */
  #wasRefused = false
  #isClosed = false
  /** Told when other settings hold: {@link bitsPerSec} may be another one. */
  onSettings: () => void = NOTHING_TO_TELL
  readonly #parts: Array<{ close (): void }> = []
  /** The inner link has ended: to be told when all frames are through. */
  #end: { readonly why: Error | undefined } | null = null

  constructor (engine: Engine, sink: FrameSink, { seed, added = 0, label }: ImpairedOptions) {
    this.seed = seed
    this.#sink = sink
    this.#label = label
    this.out = new Direction(engine, new Outward(this), seed, 0, added)
    this.in = new Direction(engine, this, seed, 1, added)
  }

  /** Wraps `inner`, which must have been opened with this as its sink. It is this link's from now on. */
  connect (inner: Link): this {
    this.#inner = inner
    this.#isShownUp = this.isUp
    return this
  }

  /** Has `part`, such as a schedule that runs on the link, closed with it. */
  own (part: { close (): void }): void { this.#parts.push(part) }

  get offload (): boolean { return (this.#inner ?? NO_LINK).offload }
  get maxFrame (): number { return (this.#inner ?? NO_LINK).maxFrame }
  get mtu (): number | undefined { return this.#inner?.mtu }
  get label (): string { return this.#label ?? (this.#inner ?? NO_LINK).label }
  /** Frames on their way into the link, or kept by the inner one. */
  get queued (): number { return this.out.waiting + (this.#inner?.queued ?? 0) }
  get rxDrops (): number { return this.#inner?.rxDrops ?? 0 }
  get txDrops (): number { return this.#inner?.txDrops ?? 0 }

  /** The slower of what it sends and what it delivers; a direction without a rate is as fast as the inner link. */
  get bitsPerSec (): number | undefined {
    const rates = [this.out, this.in].map(({ settings: { rate } }) => rate.base).filter((rate) => rate > 0)
    return rates.length === 0 ? this.#inner?.bitsPerSec : Math.min(...rates) * BITS_OF_OCTET
  }

  /** Nothing is set: frames that come now pass as they are. */
  get isTransparent (): boolean { return [this.out, this.in].every(({ settings, isUp }) => isNothing(settings) && isUp) }

  /** Up while the inner link is and one of the directions. */
  get isUp (): boolean { return (this.#inner?.isUp ?? true) && this.#isPassing }
  get downDrops (): number { return (this.#inner?.downDrops ?? 0) + this.out.counters.drops.down }
  get #isPassing (): boolean { return this.out.isUp || this.in.isUp }

  /**
   * Cuts or mends a direction, or both. With both cut the link is down: its sink hears it, and interfaces at either end
   * lose their carrier. Frames on their way still arrive.
   */
  setUp (which: 'in' | 'out' | 'both', isUp: boolean): void {
    const wasPassing = this.#isPassing
    if (which !== 'out') this.in.isUp = isUp
    if (which !== 'in') this.out.isUp = isUp
    if (wasPassing === this.#isPassing) return
    this.#showCarrier()
    this.#showUp()
  }

  setCarrier (isOn: boolean): void {
    this.#hasCarrier = isOn
    this.#showCarrier()
  }

  #showCarrier (): void { this.#inner?.setCarrier?.(this.#hasCarrier && this.#isPassing) }

  #showUp (why?: Error): void {
    const isUp = this.isUp
    if (isUp === this.#isShownUp || this.#isClosed) return
    this.#isShownUp = isUp
    if (isUp) this.#sink.onUp()
    else this.#sink.onDown(why)
  }

  onUp (): void { this.#showUp() }
  onDown (why?: Error): void { this.#showUp(why) }

  setOffload (isOn: boolean): number { return this.#inner?.setOffload?.(isOn) ?? 0 }

  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isClosed || this.#inner === null) return true
    if (this.out.offer(buf, off, len, this.#inner.offload)) return true
    this.#wasRefused = true
    return false
  }

  onFrame (buf: Uint8Array, off: number, len: number): void {
    if (!this.in.offer(buf, off, len, true)) this.in.counters.drops.queue++
    if (this.in.isHolding) this.#hold()
  }

  /** For the out direction. */
  sendInner (buf: Uint8Array, off: number, len: number): boolean {
    return this.#inner === null || this.#inner.send(buf, off, len)
  }

  /** For the in direction. */
  deliver (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isPaused) return false
    this.#sink.onFrame(buf, off, len)
    return true
  }

  #hold (): void {
    this.#isInnerHeld = true
    this.#inner?.pause()
  }

  onRoom (): void {
    if (this.#end !== null) return this.#tellEnd()
    if (!this.#isInnerHeld || this.in.isHolding || this.#isPaused) return
    this.#isInnerHeld = false
    this.#inner?.resume()
  }

  /** For the out direction. */
  onOutRoom (): void {
    if (!this.#wasRefused || this.out.isHolding || this.#isClosed) return
    this.#wasRefused = false
    this.#sink.onWritable()
  }

  onWritable (): void {
    this.out.drain()
    this.onOutRoom()
  }

  onClose (why?: Error): void {
    this.#end = { why }
    this.#tellEnd()
  }

  #tellEnd (): void {
    if (this.#end === null || this.in.waiting > 0 || this.#isClosed) return
    const { why } = this.#end
    this.#end = null
    this.#sink.onClose(why)
  }

  pause (): void {
    this.#isPaused = true
    this.#hold()
  }

  resume (): void {
    if (this.#isClosed) return
    this.#isPaused = false
    this.in.drain()
    // The sink may have paused again.
    if (this.#isPaused || this.in.isHolding) return
    this.#isInnerHeld = false
    this.#inner?.resume()
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const part of this.#parts) part.close()
    this.in.close()
    this.out.close()
    this.#inner?.close()
  }
}

/** Where the out direction leads: an object without closures, as links come in thousands. */
class Outward implements Output {
  readonly #link: ImpairedLink

  constructor (link: ImpairedLink) { this.#link = link }

  deliver (buf: Uint8Array, off: number, len: number): boolean { return this.#link.sendInner(buf, off, len) }
  onRoom (): void { this.#link.onOutRoom() }
  onSettings (): void { this.#link.onSettings() }
}
