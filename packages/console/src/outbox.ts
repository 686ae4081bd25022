/**
 * Text on its way to a descriptor: takes pieces from a dialogue only while the descriptor takes octets, so what is held in
 * memory is one block, whatever the length of the replies.
 */
import type { Dialogue } from './dialogue.ts'

/** Octets gathered before they are written. */
const BLOCK = 65536
/** Octets written per turn of the loop before others get theirs. */
const TURN = 4 * BLOCK
/** Pieces per turn: many short lines cost time, not octets. */
const TURN_PIECES = 512

/** Writes octets, answers how many, or `-errno` (`-EAGAIN`: none now). */
export type Write = (buf: Uint8Array, off: number, len: number) => number

/** `idle`: everything said; `full`: wait until writable; `turn`: more to say, others first; `broken`: nobody reads. */
export type Flushed = 'idle' | 'full' | 'turn' | 'broken'

const EAGAIN = 11
const EINTR = 4

/**
 * The writing half of a session. It neither watches nor closes the descriptor: {@link Outbox.flush} tells what to
 * wait for.
 */
export class Outbox<C> {
  readonly #dialogue: Dialogue<C>
  readonly #write: Write
  #block: Buffer | null = null
  #at = 0

  constructor (dialogue: Dialogue<C>, write: Write) {
    this.#dialogue = dialogue
    this.#write = write
  }

  /** What was taken from the dialogue and not written. */
  snapshot (): Uint8Array { return new Uint8Array(this.#block?.subarray(this.#at) ?? []) }

  restore (unwritten: Uint8Array): void { if (unwritten.length > 0) this.#block = Buffer.from(unwritten) }

  /** Writes what there is to say. */
  flush (): Flushed {
    let written = 0
    let pieces = 0
    for (;;) {
      if (this.#block === null) {
        if (written >= TURN || pieces >= TURN_PIECES) return 'turn'
        pieces += this.#gather(TURN_PIECES - pieces)
        if (this.#block === null) return 'idle'
      }
      const result = this.#writeBlock()
      if (result < 0) return result === -EAGAIN ? 'full' : 'broken'
      written += result
    }
  }

  /** Fills the block; answers how many pieces it took. */
  #gather (most: number): number {
    let text = ''
    let pieces = 0
    while (text.length < BLOCK && pieces < most) {
      const piece = this.#dialogue.next()
      if (piece === null) break
      text += piece
      pieces++
    }
    if (text !== '') this.#block = Buffer.from(text)
    return pieces
  }

  #writeBlock (): number {
    const block = this.#block!
    const result = this.#write(block, this.#at, block.length - this.#at)
    if (result < 0) return result === -EINTR ? 0 : result
    this.#at += result
    if (this.#at === block.length) {
      this.#block = null
      this.#at = 0
    }
    return result
  }
}
