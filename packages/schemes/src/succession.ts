/**
 * A link whose medium comes and goes while the link stays: one connection after the other behind the same sink.
 *
 *     sink <--> Succession <--> the connection of now, or none: down
 *
 * Who makes connections (a listener, a client that tries again) gives each to `adopt`, opened with the succession as its
 * sink, and hears from `onLost` when it is over. `onClose` of the sink is never called by itself.
 */
import type { FrameSink, Link } from '@vde-ts/link'
import { SLOT_OCTETS } from '@vde-ts/link/receive-slab.js'

const EOPNOTSUPP = 95

/** What differs between media. */
export interface SuccessionOptions {
  readonly label: string
  /** What the connections take; needed as long as there was none. */
  readonly maxFrame?: number
  /** The connection is over and closed, and the link down. */
  onLost (why?: Error): void
  /** It came up or went down; the sink is told next. */
  onTurn? (isUp: boolean): void
  /** Called once, when the link is closed. */
  onRelease? (): void
}

/** See above. Opened down. */
export class Succession implements Link, FrameSink {
  readonly label: string
  isUp = false
  readonly #sink: FrameSink
  readonly #options: SuccessionOptions
  #link: Link | null = null
  #maxFrame: number
  #offload = false
  /** Lost while there was no connection, or by those that are closed. */
  #downDrops = 0
  #isPaused = true
  #isClosed = false
  #owesWritable = false
  /** A connection that ended before it was adopted. */
  #early: { readonly why: Error | undefined } | null = null

  constructor (sink: FrameSink, options: SuccessionOptions) {
    this.label = options.label
    this.#sink = sink
    this.#options = options
    this.#maxFrame = options.maxFrame ?? SLOT_OCTETS
  }

  get offload (): boolean { return this.#offload }
  get maxFrame (): number { return this.#maxFrame }
  get mtu (): number | undefined { return this.#link?.mtu }
  get bitsPerSec (): number | undefined { return this.#link?.bitsPerSec }
  get queued (): number { return this.#link?.queued ?? 0 }
  get downDrops (): number { return this.#downDrops + (this.#link?.downDrops ?? 0) }
  /** True while there is a connection, up or down. */
  get isTaken (): boolean { return this.#link !== null }
  get isClosed (): boolean { return this.#isClosed }

  /** A connection is being made; what was heard of others that came to nothing is forgotten. */
  expect (): void { this.#early = null }

  /**
   * Takes a connection over.
   * @param isOpening the succession is not in use yet: then that it is up is no change
   */
  adopt (link: Link, isOpening: boolean = false): void {
    if (this.#isClosed) return link.close()
    this.#link = link
    this.#maxFrame = link.maxFrame
    this.#offload = link.offload
    if (!this.#isPaused) link.resume()
    const early = this.#early
    if (early !== null) return this.onClose(early.why)
    if (this.#link !== link) return // it ended when it was resumed
    if (isOpening) this.isUp = link.isUp ?? true
    else if (link.isUp ?? true) this.#turn(true)
  }

  send (buf: Uint8Array, off: number, len: number): boolean {
    const link = this.#link
    if (link === null) {
      this.#downDrops++
      return true
    }
    if (link.send(buf, off, len)) return true
    this.#owesWritable = true
    return false
  }

  setOffload (isOn: boolean): number { return this.#link?.setOffload?.(isOn) ?? -EOPNOTSUPP }
  setCarrier (isOn: boolean): void { this.#link?.setCarrier?.(isOn) }

  pause (): void {
    this.#isPaused = true
    this.#link?.pause()
  }

  resume (): void {
    this.#isPaused = false
    this.#link?.resume()
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#drop()
    this.#options.onRelease?.()
  }

  onFrame (buf: Uint8Array, off: number, len: number): void { this.#sink.onFrame(buf, off, len) }

  onWritable (): void {
    this.#owesWritable = false
    this.#sink.onWritable()
  }

  onUp (): void { if (this.#link !== null) this.#turn(true) }
  onDown (why?: Error): void { if (this.#link !== null) this.#turn(false, why) }

  /** The connection is over; also to end it from outside. */
  onClose (why?: Error): void {
    if (this.#isClosed) return
    if (this.#link === null) {
      this.#early = { why }
      return
    }
    this.#early = null
    this.#drop()
    this.#turn(false, why)
    this.#options.onLost(why)
  }

  /** Closes the connection, and goes down; nothing is lost, so `onLost` is not told. */
  release (): void {
    this.#drop()
    this.#turn(false)
  }

  #drop (): void {
    const link = this.#link
    if (link === null) return
    this.#downDrops += link.downDrops ?? 0
    this.#link = null
    link.close()
  }

  #turn (isUp: boolean, why?: Error): void {
    if (isUp === this.isUp || this.#isClosed) return
    this.isUp = isUp
    this.#options.onTurn?.(isUp)
    if (isUp) this.#sink.onUp()
    else this.#sink.onDown(why)
    if (this.#owesWritable && !this.#isClosed) this.onWritable()
  }
}
