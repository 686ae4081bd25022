/**
 * The one order of all that is to happen: a 4-ary heap of (time, order of insertion) in typed arrays.
 *
 *     times   | t0 | t1 | t2 | ...      children of place i: 4i + 1 .. 4i + 4
 *     orders  | o0 | o1 | o2 | ...      equal times leave in the order they came
 *     ids     | a  | b  | c  | ...      places[a] = 0: an id is moved or taken out wherever it lies
 *
 * Ids are small integers that the caller gives out; each is in the heap once at most. Its time is read from the caller's
 * column, because a double that crosses a call which is not inlined is an object. Arrays double when they are full, nothing
 * else allocates. A pop and a push with 10^5 entries: see `inside` of tools/bench.
 */

const FIRST = 64
const ARITY_BITS = 2

/** What is due next, see above. Times are nanoseconds. */
export class ReleaseHeap {
  size = 0
  #times = new Float64Array(FIRST)
  #orders = new Int32Array(FIRST)
  #ids = new Int32Array(FIRST)
  #places = new Int32Array(FIRST).fill(-1)
  #order = 0

  /** Time of the first entry; only when `size` > 0. */
  get topTime (): number { return this.#times[0] }

  has (id: number): boolean { return id < this.#places.length && this.#places[id] !== -1 }

  /** Adds `id`, which is not in the heap, to be due at `due[id]`. */
  push (id: number, due: Float64Array): void {
    if (this.size === this.#times.length) this.#grow()
    if (id >= this.#places.length) this.#growPlaces(id)
    const place = this.size++
    this.#times[place] = due[id]
    this.#orders[place] = this.#order
    this.#order = (this.#order + 1) | 0
    this.#ids[place] = id
    this.#up(place, place)
  }

  /** Takes the first entry out. Only when `size` > 0. @returns its id */
  pop (): number {
    const id = this.#ids[0]
    this.#takeOut(0)
    return id
  }

  /** Takes `id` out, wherever it lies. False: it was not in the heap. */
  remove (id: number): boolean {
    if (!this.has(id)) return false
    this.#takeOut(this.#places[id])
    return true
  }

  #takeOut (place: number): void {
    this.#places[this.#ids[place]] = -1
    const last = --this.size
    if (place === last) return
    if (place > 0 && this.#isBefore(last, (place - 1) >> ARITY_BITS)) this.#up(last, place)
    else this.#down(last, place)
  }

  #isBefore (a: number, b: number): boolean {
    const time = this.#times[a]
    const other = this.#times[b]
    // The order wraps: what lies less than 2^31 insertions ahead is later.
    return time < other || (time === other && ((this.#orders[a] - this.#orders[b]) | 0) < 0)
  }

  /** Puts the entry that lies at `from` at `place`, or above it as its time wants. Place `from` is free then. */
  #up (from: number, place: number): void {
    const time = this.#times[from]
    const order = this.#orders[from]
    const id = this.#ids[from]
    while (place > 0) {
      const parent = (place - 1) >> ARITY_BITS
      const other = this.#times[parent]
      if (other < time || (other === time && ((this.#orders[parent] - order) | 0) < 0)) break
      this.#move(parent, place)
      place = parent
    }
    this.#times[place] = time
    this.#orders[place] = order
    this.#ids[place] = id
    this.#places[id] = place
  }

  /** The same downwards. `from` is behind the last entry. */
  #down (from: number, place: number): void {
    for (;;) {
      const first = (place << ARITY_BITS) + 1
      if (first >= this.size) break
      const end = Math.min(first + (1 << ARITY_BITS), this.size)
      let least = first
      for (let i = first + 1; i < end; i++) if (this.#isBefore(i, least)) least = i
      if (this.#isBefore(from, least)) break
      this.#move(least, place)
      place = least
    }
    this.#move(from, place)
  }

  #move (from: number, place: number): void {
    const id = this.#ids[from]
    this.#times[place] = this.#times[from]
    this.#orders[place] = this.#orders[from]
    this.#ids[place] = id
    this.#places[id] = place
  }

  #grow (): void {
    const room = this.#times.length * 2
    this.#times = grown(new Float64Array(room), this.#times)
    this.#orders = grown(new Int32Array(room), this.#orders)
    this.#ids = grown(new Int32Array(room), this.#ids)
  }

  #growPlaces (id: number): void {
    const places = new Int32Array(Math.max(this.#places.length * 2, id + 1)).fill(-1)
    this.#places = grown(places, this.#places)
  }
}

/** `larger` with what `old` holds at its start. */
export const grown = <T extends Float64Array | Int32Array> (larger: T, old: T): T => {
  larger.set(old)
  return larger
}
