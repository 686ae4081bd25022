/** How many addresses of the forwarding table each port holds, and may hold; grown to the highest port there is. */
const NO_LIMIT = 0x7fffffff
const FIRST_PORTS = 64

export class AddressCounts {
  #counts: Int32Array = new Int32Array(FIRST_PORTS)
  #limits: Int32Array = new Int32Array(FIRST_PORTS).fill(NO_LIMIT)

  /** The same numbers, apart. */
  copy (): AddressCounts {
    const made = new AddressCounts()
    made.#counts = new Int32Array(this.#counts)
    made.#limits = new Int32Array(this.#limits)
    return made
  }

  of (port: number): number { return port < this.#counts.length ? this.#counts[port] : 0 }
  isFull (port: number): boolean { return port < this.#counts.length && this.#counts[port] >= this.#limits[port] }

  /** Null: any number. What the port holds already stays. */
  setLimit (port: number, limit: number | null): void {
    this.#reserve(port)
    this.#limits[port] = limit ?? NO_LIMIT
  }

  up (port: number): void {
    this.#reserve(port)
    this.#counts[port]++
  }

  /** Of a port that was counted up. */
  down (port: number): void { this.#counts[port]-- }

  #reserve (port: number): void {
    const length = this.#counts.length
    if (port < length) return
    const wider = Math.max(port + 1, length * 2)
    const counts = new Int32Array(wider)
    const limits = new Int32Array(wider).fill(NO_LIMIT)
    counts.set(this.#counts)
    limits.set(this.#limits)
    this.#counts = counts
    this.#limits = limits
  }
}
