/**
 * Where queued frames lie: cells by their length, cut from blocks of one size, all under one cap.
 *
 *     block   | cell | cell | cell | ...  |      all cells of a block have the size of its class
 *     cell    | HEADROOM, its last OFFLOAD the frame's header | frame |
 *
 * A cell is one number: block << CELL_BITS | index in the block. A block whose cells are all free serves another class or
 * goes; the last few are kept. A frame of 64 octets costs 128, one of 1514 costs 1664, a super-frame a block.
 */
import { HEADROOM, MAX_CELL_FRAME } from './limits.ts'

const CELL_BITS = 10
const CELL_MASK = (1 << CELL_BITS) - 1
const UNIT_BITS = 7
const UNIT = 1 << UNIT_BITS
/** Octets of a block: of one super-frame, and 513 cells of the smallest class. */
const BLOCK: number = Math.ceil((HEADROOM + MAX_CELL_FRAME) / UNIT) * UNIT
/** Octets of the cells of each class, in units. Ethernet's 1514 and 1518 fit 13, jumbo frames of 9000 fit 73. */
const CLASSES = [1, 2, 3, 4, 6, 8, 10, 13, 16, 24, 36, 52, 73, 128, 256, BLOCK / UNIT] as const
/** Free blocks kept for the next burst. */
const SPARE = 32

/** Class of a cell by its octets in units, rounded up. */
const classOf = Uint8Array.from({ length: BLOCK / UNIT + 1 }, (_, units) =>
  CLASSES.findIndex((size) => size >= units))

class Block {
  readonly buf: Uint8Array = new Uint8Array(BLOCK)
  /** Its number, and the size of its cells in octets. */
  readonly number: number
  size = 0
  /** Indices of its free cells, the next one on top. */
  readonly #free: Uint16Array = new Uint16Array(BLOCK / UNIT)
  free = 0
  cells = 0
  kind = 0
  /** Neighbours in the list of its class's blocks that have a free cell. */
  previous: Block | null = null
  next: Block | null = null

  constructor (number: number) { this.number = number }

  serve (kind: number): void {
    this.kind = kind
    this.size = CLASSES[kind] * UNIT
    this.cells = Math.floor(BLOCK / this.size)
    this.free = this.cells
    for (let i = 0; i < this.cells; i++) this.#free[i] = this.cells - 1 - i
  }

  take (): number { return this.#free[--this.free] }
  give (index: number): void { this.#free[this.free++] = index }
}

/** All cells of one process, or one test. */
export class Arena {
  /** Octets of blocks in use at most. Lowering it frees nothing. */
  limit: number
  /** Octets of blocks that hold a frame. */
  used = 0
  readonly #blocks: Array<Block | null> = []
  readonly #vacant: number[] = []
  readonly #spare: Block[] = []
  readonly #open: Array<Block | null> = CLASSES.map(() => null)

  constructor (limit: number) { this.limit = limit }

  /** A cell for `len` octets of frame, at most MAX_CELL_FRAME; -1: the cap is reached. */
  take (len: number): number {
    const kind = classOf[(HEADROOM + len + UNIT - 1) >> UNIT_BITS]
    const block = this.#open[kind] ?? this.#begin(kind)
    if (block === null) return -1
    const index = block.take()
    if (block.free === 0) this.#unlink(block)
    return (block.number << CELL_BITS) | index
  }

  /** Lets go of a cell. */
  give (cell: number): void {
    const block = this.#blocks[cell >> CELL_BITS] as Block
    block.give(cell & CELL_MASK)
    if (block.free === block.cells) this.#retire(block)
    else if (block.free === 1) this.#link(block)
  }

  /** Where the cell lies; its frame begins at {@link at}. */
  buf (cell: number): Uint8Array { return (this.#blocks[cell >> CELL_BITS] as Block).buf }
  at (cell: number): number { return (cell & CELL_MASK) * (this.#blocks[cell >> CELL_BITS] as Block).size + HEADROOM }

  #begin (kind: number): Block | null {
    if (this.used + BLOCK > this.limit) return null
    const block = this.#spare.pop() ?? this.#make()
    this.#blocks[block.number] = block
    this.used += BLOCK
    block.serve(kind)
    this.#link(block)
    return block
  }

  #make (): Block { return new Block(this.#vacant.pop() ?? this.#blocks.length) }

  #retire (block: Block): void {
    // A class of one cell per block has it in no list: it was full.
    if (block.cells > 1) this.#unlink(block)
    this.used -= BLOCK
    if (this.#spare.length < SPARE) {
      this.#spare.push(block)
      return
    }
    this.#blocks[block.number] = null
    this.#vacant.push(block.number)
  }

  #link (block: Block): void {
    const first = this.#open[block.kind]
    block.previous = null
    block.next = first
    if (first !== null) first.previous = block
    this.#open[block.kind] = block
  }

  #unlink (block: Block): void {
    if (block.previous === null) this.#open[block.kind] = block.next
    else block.previous.next = block.next
    if (block.next !== null) block.next.previous = block.previous
    block.previous = null
    block.next = null
  }
}
