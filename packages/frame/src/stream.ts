/**
 * The vde stream: frames over octets (pipes, ssh, serial lines).
 *
 *     | length, 2 octets, big-endian | frame | length | frame | ...
 *
 * QEMU (`-netdev stream`) and passt do the same with 4 octets of length.
 *
 * Nothing else is there: no mark, no checksum. A length over the limit is therefore either an honest peer with larger
 * frames or a stream that is out of step. Policy: report it (`desyncs`, `onDesync`), skip exactly as many octets as
 * were announced and read the next length there. The honest peer stays in step and loses that frame only; the other
 * one cannot be told from noise by anybody, and no part of an announced frame is ever taken for a length.
 */
import { copyOctets } from './octets.ts'
import { HEADROOM, clearOffload } from './offload.ts'

/** Octets in front of each frame. */
export const STREAM_HEADER = 2
/** Octets of a length of QEMU and passt. */
export const LONG_STREAM_HEADER = 4
/** Either. */
export type StreamHeader = typeof STREAM_HEADER | typeof LONG_STREAM_HEADER
/** Longest frame the length can announce; with 4 octets this is what we take. */
export const MAX_STREAM_FRAME = 0xffff
/** Longest frame the C programs take: what to send to a peer that may be one of them. */
export const MAX_C_FRAME = 9236

const SHORTEST = 14

/** Takes what {@link StreamDecoder} finds. Must not throw. */
export interface StreamSink {
  /** One frame, 14 octets or more, with HEADROOM writable octets in front and a zero offload header. Borrowed. */
  onFrame (buf: Uint8Array, off: number, len: number): void
  /** A length over the limit arrived and is being skipped. */
  onDesync? (length: number): void
}

/** Writes the length of a frame of `len` octets in front of `at`, in `header` octets. */
export const writeStreamHeader = (buf: Uint8Array, at: number, len: number, header: StreamHeader = STREAM_HEADER): void => {
  buf[at - 1] = len
  buf[at - 2] = len >> 8
  if (header === STREAM_HEADER) return
  buf[at - 3] = len >> 16
  buf[at - 4] = 0
}

/**
 * Frame -> its octets on the stream, a new array. For tests and small tools; links write header and frame into a ring.
 * @throws {RangeError} a frame over MAX_STREAM_FRAME
 */
export const encodeStreamFrame = (buf: Uint8Array, off: number, len: number): Uint8Array => {
  if (len > MAX_STREAM_FRAME) throw new RangeError(`Cannot encode a frame: ${len} octets, want at most ${MAX_STREAM_FRAME}`)
  const out = new Uint8Array(STREAM_HEADER + len)
  writeStreamHeader(out, STREAM_HEADER, len)
  out.set(buf.subarray(off, off + len), STREAM_HEADER)
  return out
}

/**
 * Octets in pieces of any size -> frames. Frames that lie whole in a piece are delivered where they lie; only one that
 * is split is put together in the decoder's own slot. Nothing is allocated per frame.
 */
export class StreamDecoder {
  /** Frames delivered. */
  frames = 0
  /** Frames of 1..13 octets: dropped. */
  runts = 0
  /** Lengths over the limit: skipped. */
  desyncs = 0
  /**
   * True: `push` returns as soon as the current sink call is over, with the octets it used. The owner keeps the rest
   * and pushes it later. This is how a sink that pauses its link in the middle of a piece gets no frame more.
   */
  held = false

  readonly #sink: StreamSink
  readonly #max: number
  readonly #header: number
  #slot: Uint8Array | null = null
  /** Octets of the header that are read: all of them while in a frame. */
  #headerAt = 0
  #length = 0
  /** Octets of the split frame that are in the slot, or of the skipped one that passed. */
  #filled = 0

  /**
   * @param max longest frame taken
   * @param header octets of a length
   */
  constructor (sink: StreamSink, max: number = MAX_STREAM_FRAME, header: StreamHeader = STREAM_HEADER) {
    this.#sink = sink
    this.#max = header === STREAM_HEADER ? Math.min(max, MAX_STREAM_FRAME) : max
    this.#header = header
  }

  /** Octets of an unfinished header or frame: not 0 at the end of the stream means that it was cut. */
  get pending (): number { return this.#headerAt < this.#header ? this.#headerAt : this.#header + this.#filled }

  /**
   * Takes a piece of the stream. Its used octets, and the HEADROOM in front of `off` where there is some, may be
   * overwritten: they become the headroom of frames.
   * @returns octets used: `len`, or fewer when {@link held} was set meanwhile
   */
  push (buf: Uint8Array, off: number, len: number): number {
    const end = off + len
    let at = off
    while (at < end && !this.held) {
      if (this.#headerAt === this.#header) {
        at = this.#continue(buf, at, end)
        continue
      }
      this.#length = ((this.#length << 8) | buf[at++]) >>> 0
      if (++this.#headerAt === this.#header) at = this.#begin(buf, at, end)
    }
    return at - off
  }

  /** Forgets what is not whole: the next octet begins a length. */
  reset (): void { this.#next() }

  /** A length is complete and its frame starts at `at`. @returns where to read on */
  #begin (buf: Uint8Array, at: number, end: number): number {
    const len = this.#length
    this.#filled = 0
    if (len === 0) {
      this.#next()
      return at
    }
    if (len > this.#max) {
      this.desyncs++
      this.#sink.onDesync?.(len)
      return at
    }
    if (end - at < len || at < HEADROOM) return at
    this.#next()
    if (len < SHORTEST) {
      this.runts++
      return at + len
    }
    clearOffload(buf, at)
    this.frames++
    this.#sink.onFrame(buf, at, len)
    return at + len
  }

  /** More of a frame that was not whole. @returns where to read on */
  #continue (buf: Uint8Array, at: number, end: number): number {
    const len = this.#length
    const count = Math.min(end - at, len - this.#filled)
    if (len <= this.#max) this.#collect(buf, at, count)
    this.#filled += count
    if (this.#filled < len) return at + count
    this.#next()
    if (len > this.#max) return at + count
    if (len < SHORTEST) {
      this.runts++
      return at + count
    }
    this.frames++
    clearOffload(this.#slot as Uint8Array, HEADROOM)
    this.#sink.onFrame(this.#slot as Uint8Array, HEADROOM, len)
    return at + count
  }

  #collect (buf: Uint8Array, at: number, count: number): void {
    // Made at the first need, because most streams never split a frame; larger than asked so that it is made once.
    this.#slot ??= new Uint8Array(HEADROOM + this.#max)
    copyOctets(this.#slot, HEADROOM + this.#filled, buf, at, count)
  }

  #next (): void {
    this.#headerAt = 0
    this.#length = 0
    this.#filled = 0
  }
}
