/**
 * Egress shaping: what leaves a port leaves no faster than a rate. A link of the port is wrapped in one that says "full"
 * while there is no credit, so frames wait in the queue of the endpoint, as they do for a slow medium; a timer tells it
 * when to go on. A shaped port takes frames of the wire only, which lets them go evenly.
 */
import type { Link } from '@vde-ts/link/link.js'
import { TokenBucket, type Clock, type Rate } from './token-bucket.ts'

/** Calls back once after so many microseconds, or a little later. */
export type After = (us: number, call: () => void) => void

/** The rate of one port, shared by its endpoints. */
export class Shaper {
  readonly bucket: TokenBucket
  readonly #after: After
  #waiting: ShapedLink[] = []

  constructor (rate: Rate, clock: Clock, after: After) {
    this.bucket = new TokenBucket(rate, clock)
    this.#after = after
  }

  /** Has `link` told when there is credit again. */
  await (link: ShapedLink): void {
    this.#waiting.push(link)
    if (this.#waiting.length === 1) this.#after(this.bucket.waitUs(), () => { this.#wake() })
  }

  #wake (): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const link of waiting) link.goOn()
  }
}

/** A link that is full while its port has no credit. */
export class ShapedLink implements Link {
  readonly offload = false
  readonly bare: Link
  readonly #shaper: Shaper
  readonly #onWritable: () => void
  #isWaiting = false

  constructor (bare: Link, shaper: Shaper, onWritable: () => void) {
    this.bare = bare
    this.#shaper = shaper
    this.#onWritable = onWritable
  }

  get maxFrame (): number { return this.bare.maxFrame }
  get bitsPerSec (): number | undefined { return this.bare.bitsPerSec }
  get label (): string { return this.bare.label }
  get queued (): number { return this.bare.queued ?? 0 }
  get rxDrops (): number { return this.bare.rxDrops ?? 0 }
  get txDrops (): number { return this.bare.txDrops ?? 0 }
  get isUp (): boolean { return this.bare.isUp ?? true }
  get downDrops (): number { return this.bare.downDrops ?? 0 }

  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isWaiting) return false
    if (!this.#shaper.bucket.hasCredit) {
      this.#isWaiting = true
      this.#shaper.await(this)
      return false
    }
    if (!this.bare.send(buf, off, len)) return false
    this.#shaper.bucket.spend(1, len)
    return true
  }

  /** There is credit again. */
  goOn (): void {
    this.#isWaiting = false
    this.#onWritable()
  }

  setOffload (isOn: boolean): number { return this.bare.setOffload?.(isOn) ?? -1 }
  setCarrier (isOn: boolean): void { this.bare.setCarrier?.(isOn) }
  pause (): void { this.bare.pause() }
  resume (): void { this.bare.resume() }
  close (): void { this.bare.close() }
}
