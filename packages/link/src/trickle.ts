/**
 * Work that comes by the thousand and can wait: a few items per turn of libuv, so that frames pass in between. A thousand
 * clients that leave at once would otherwise hold everybody else up for as long as their leaving takes, 30 ms and more.
 */

/** Items of a turn: ends of clients take 20 to 50 us each. */
const PER_TURN = 8

/** See above; in order. */
export class Trickle<Item> {
  readonly #work: (item: Item) => void
  #waiting: Item[] = []
  #at = 0
  #isPlanned = false

  /** @param work must not throw */
  constructor (work: (item: Item) => void) { this.#work = work }

  /** Items not done yet. */
  get waiting (): number { return this.#waiting.length - this.#at }

  /** Has the work done for `item`, soon, never within this call. */
  add (item: Item): void {
    this.#waiting.push(item)
    if (this.#isPlanned) return
    this.#isPlanned = true
    setImmediate(() => { this.#turn() })
  }

  #turn (): void {
    for (let i = 0; i < PER_TURN && this.waiting > 0; i++) this.#work(this.#waiting[this.#at++])
    this.#isPlanned = this.waiting > 0
    if (this.#isPlanned) {
      setImmediate(() => { this.#turn() })
      return
    }
    this.#waiting = []
    this.#at = 0
  }
}
