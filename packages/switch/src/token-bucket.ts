/**
 * Token bucket: so much per second, and a burst at once. A frame is let through while any credit is left and may leave a
 * debt, so that one larger than the burst passes too, and the average is still the rate.
 */

/** Writes the time of a steady clock, nanoseconds from anywhere, into `cell[0]`: a number returned would be an object. */
export type Clock = (cell: Float64Array) => void

/** How much of something per second. */
export interface Rate {
  readonly unit: 'frames' | 'bits'
  readonly perSec: number
  /** At once, after a silence; in `unit`. */
  readonly burst: number
}

// Where the numbers of a bucket lie: fractions in properties could be objects, each time anew.
const NOW = 0
const LAST = 1
const TOKENS = 2
const PER_NS = 3
const BURST = 4

/** One bucket, full at its birth. */
export class TokenBucket {
  readonly rate: Rate
  readonly #isBits: boolean
  readonly #clock: Clock
  readonly #cells: Float64Array

  constructor (rate: Rate, clock: Clock) {
    this.rate = rate
    this.#isBits = rate.unit === 'bits'
    this.#clock = clock
    this.#cells = Float64Array.of(0, 0, rate.burst, rate.perSec / 1e9, rate.burst)
    clock(this.#cells)
    this.#cells[LAST] = this.#cells[NOW]
  }

  /** The same bucket, apart, as full as this one. */
  copy (): TokenBucket {
    const made = new TokenBucket(this.rate, this.#clock)
    made.#cells.set(this.#cells)
    return made
  }

  /** Takes what so many frames of so many octets cost. False: there is no credit, nothing was taken. */
  take (frames: number, octets: number): boolean {
    const cells = this.#cells
    this.#refill()
    const tokens = cells[TOKENS]
    if (tokens <= 0) return false
    cells[TOKENS] = tokens - (this.#isBits ? octets * 8 : frames)
    return true
  }

  /** Takes that, credit or not. */
  spend (frames: number, octets: number): void { this.#cells[TOKENS] -= this.#isBits ? octets * 8 : frames }

  /** Whether there is credit. */
  get hasCredit (): boolean {
    this.#refill()
    return this.#cells[TOKENS] > 0
  }

  /** Microseconds until there is credit, 0 when there is some. */
  waitUs (): number {
    this.#refill()
    const tokens = this.#cells[TOKENS]
    return tokens > 0 ? 0 : Math.ceil(-tokens / this.#cells[PER_NS] / 1000) + 1
  }

  #refill (): void {
    const cells = this.#cells
    this.#clock(cells)
    if (cells[NOW] === cells[LAST]) return // in the same turn, as nearly always in a storm
    const tokens = cells[TOKENS] + (cells[NOW] - cells[LAST]) * cells[PER_NS]
    cells[LAST] = cells[NOW]
    cells[TOKENS] = tokens < cells[BURST] ? tokens : cells[BURST]
  }
}
