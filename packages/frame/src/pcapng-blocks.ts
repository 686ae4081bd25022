/** How far a pcapng file that is being written is whole: a disk may be full in the middle of a block. */

/** Type and length, which every block begins with. */
const HEAD = 8

/** Fed with all that was written, in pieces of any size. */
export class WholeBlocks {
  /** Octets up to the end of the last whole block. */
  octets = 0
  readonly #head = new Uint8Array(HEAD)
  #have = 0
  #left = 0

  feed (b: Uint8Array): void {
    for (let at = 0; at < b.length;) {
      const count = Math.min(this.#have < HEAD ? HEAD - this.#have : this.#left, b.length - at)
      if (this.#have < HEAD) this.#head.set(b.subarray(at, at + count), this.#have)
      at += count
      this.#take(count)
    }
  }

  #take (count: number): void {
    if (this.#have < HEAD) {
      this.#have += count
      if (this.#have === HEAD) this.#left = Math.max(this.#length, HEAD + 1) - HEAD
      return
    }
    this.#left -= count
    if (this.#left > 0) return
    this.octets += this.#length
    this.#have = 0
  }

  get #length (): number {
    const head = this.#head
    return (head[4]! | (head[5]! << 8) | (head[6]! << 16) | (head[7]! << 24)) >>> 0
  }
}
