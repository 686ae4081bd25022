/**
 * How long writes to one medium take. A write to a TAP runs the receiver's firewall and protocols in our thread: the owner
 * of the other end can make each cost milliseconds (50 000 rules: 1.7 ms) and so slow down everybody.
 *
 * Every SAMPLE-th write is timed, since two looks at the clock cost about 80 ns; after a slow one all are, until quick ones
 * prevail. A medium is slow when slow writes prevail by MARGIN and LOST_MS were lost in them. Not by their mean: a write
 * during which our thread had to wait for the processor takes long as well, but few do.
 */

/** One write in so many is timed. A power of two. */
export const SAMPLE = 16
/** A write may take so long. */
export const SLOW_MS = 0.1
/** Slow writes more than quick ones, of those timed. */
const MARGIN = 4
/** Time that may be lost before somebody is told. */
export const LOST_MS = 100

/** See above. */
export class WriteMeter {
  readonly #onSlow: () => void
  #writes = 0
  #slow = 0
  #quick = 0
  #lostMs = 0
  #isTold = false

  /** @param onSlow called once, from within a write: the caller acts later */
  constructor (onSlow: () => void) { this.#onSlow = onSlow }

  /** To be asked before each write: whether it is to be timed. */
  isDue (): boolean { return this.#slow > 0 || (++this.#writes & (SAMPLE - 1)) === 0 }

  /** What a timed write took. */
  took (ms: number): void {
    if (ms <= SLOW_MS) {
      if (this.#slow === 0 || ++this.#quick <= this.#slow) return
      this.#slow = this.#quick = this.#lostMs = 0
      return
    }
    this.#slow++
    this.#lostMs += ms
    if (this.#lostMs < LOST_MS || this.#slow < this.#quick + MARGIN || this.#isTold) return
    this.#isTold = true
    this.#onSlow()
  }
}
