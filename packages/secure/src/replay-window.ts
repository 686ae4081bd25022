/**
 * Which numbers have been seen, as RFC 6479 does it: a ring of words, of which the one that is being filled is cleared
 * when the greatest number reaches it, so that nothing is ever shifted.
 *
 *     | word | word | word | ... |      32 numbers each; number n is bit n % 32 of word (n / 32) % WORDS
 *
 * Numbers are integers from 0 to 2^31 - 1: they stay off the heap.
 */

const WORDS = 256
/** Numbers further behind the greatest are taken for seen: the word being filled does not count. */
export const WINDOW: number = (WORDS - 1) * 32

/** See above. */
export class ReplayWindow {
  /** The greatest number seen; -1: none. */
  greatest = -1
  readonly #words = new Int32Array(WORDS)

  /** False: it was seen, or is too old to know. */
  isFresh (n: number): boolean {
    if (n > this.greatest) return true
    if (this.greatest - n > WINDOW) return false
    return (this.#words[(n >> 5) % WORDS]! & (1 << (n & 31))) === 0
  }

  /** Notes a number that is fresh, and authentic. */
  note (n: number): void {
    if (n > this.greatest) {
      const from = Math.max(this.greatest, 0) >> 5
      const steps = Math.min((n >> 5) - (this.greatest < 0 ? -1 : from), WORDS)
      for (let i = 0; i < steps; i++) this.#words[((n >> 5) - i) % WORDS] = 0
      this.greatest = n
    }
    const word = (n >> 5) % WORDS
    this.#words[word] = this.#words[word]! | (1 << (n & 31))
  }
}
