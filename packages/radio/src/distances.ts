/** The distances of all pairs of nodes: the upper triangle, row by row. NaN stands for "no link", which is not a number. */
export class Distances {
  readonly count: number
  /** Metres of (0,1), (0,2)... (1,2)...: see {@link Distances.at}. */
  readonly metres: Float64Array

  /** No links. */
  constructor (count: number) {
    this.count = count
    this.metres = new Float64Array(count * (count - 1) / 2).fill(NaN)
  }

  /** Place of the pair of two different nodes, in either order. */
  at (i: number, j: number): number {
    return i < j ? i * (2 * this.count - i - 1) / 2 + j - i - 1 : this.at(j, i)
  }

  /** Metres, or NaN. */
  get (i: number, j: number): number { return this.metres[this.at(i, j)]! }

  /** @param metres NaN: no link */
  set (i: number, j: number, metres: number): void { this.metres[this.at(i, j)] = metres }

  /** No links. */
  clear (): void { this.metres.fill(NaN) }
}
