/**
 * Bytes into lines. A line ends at LF; a CR before it is dropped. What follows the last LF waits for its end.
 */

/** Longest line, in octets. A path is at most 4 096. */
export const MAX_LINE = 8192

const LF = 10
const CR = 13

/** A buffer as it travels. */
export interface LinesSnapshot {
  readonly rest: Uint8Array
  readonly isSkipping: boolean
  readonly lines: ReadonlyArray<string | null>
}

/**
 * Octets in, lines of UTF-8 out. Holds MAX_LINE octets of an unfinished line, and complete lines until they are
 * taken.
 */
export class LineBuffer {
  #rest: Buffer = Buffer.alloc(0)
  /** Inside a line that is too long: everything up to its end is dropped. */
  #isSkipping = false
  #lines: Array<string | null> = []
  #at = 0

  snapshot (): LinesSnapshot {
    return { rest: new Uint8Array(this.#rest), isSkipping: this.#isSkipping, lines: this.#lines.slice(this.#at) }
  }

  restore ({ rest, isSkipping, lines }: LinesSnapshot): void {
    this.#rest = Buffer.from(rest)
    this.#isSkipping = isSkipping
    this.#lines = [...lines]
    this.#at = 0
  }

  /** Octets of an unfinished line. */
  get pending (): number { return this.#rest.length }

  /** Text of the unfinished line. */
  get pendingText (): string { return this.#rest.toString() }

  /** Lines that wait. */
  get count (): number { return this.#lines.length - this.#at }

  /** Takes octets; keeps copies only. */
  push (buf: Uint8Array, off: number, len: number): void {
    const added = Buffer.from(buf.buffer, buf.byteOffset + off, len)
    let from = 0
    for (let end = added.indexOf(LF); end >= 0; end = added.indexOf(LF, from)) {
      this.#finish(added.subarray(from, end))
      from = end + 1
    }
    this.#keep(added.subarray(from))
  }

  /** Makes a line of what is unfinished, if anything is. */
  flush (): void {
    if (this.#rest.length > 0 || this.#isSkipping) this.#finish(Buffer.alloc(0))
  }

  /** The next line; null for one that was too long, undefined when none is complete. */
  shift (): string | null | undefined {
    if (this.#at === this.#lines.length) return undefined
    const line = this.#lines[this.#at++]
    if (this.#at === this.#lines.length) {
      this.#lines = []
      this.#at = 0
    }
    return line
  }

  #finish (tail: Buffer): void {
    const line = this.#rest.length === 0 ? tail : Buffer.concat([this.#rest, tail])
    const isLong = this.#isSkipping || line.length > MAX_LINE
    const end = line.length > 0 && line[line.length - 1] === CR ? line.length - 1 : line.length
    this.#lines.push(isLong ? null : line.toString('utf8', 0, end))
    this.#rest = Buffer.alloc(0)
    this.#isSkipping = false
  }

  #keep (tail: Buffer): void {
    if (this.#isSkipping || tail.length === 0) return
    if (this.#rest.length + tail.length > MAX_LINE) {
      this.#rest = Buffer.alloc(0)
      this.#isSkipping = true
    } else {
      this.#rest = Buffer.concat([this.#rest, tail])
    }
  }
}
