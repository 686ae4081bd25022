/**
 * A bounded first-in first-out queue of frame copies, laid out so that many leave in one system call.
 *
 * Frames are appended to the last chunk (`chunk-pool.ts`); a frame never crosses chunks, and one that is drained goes back.
 * The first chunk a queue takes is as large as its last busy period needed: a thousand links with a broadcast each hold
 * 1 KiB each, not 64.
 */
import { HEADROOM, OFFLOAD, clearOffload } from '@vde-ts/frame/offload.js'
import { LONG_STREAM_HEADER, STREAM_HEADER, writeStreamHeader, type StreamHeader } from '@vde-ts/frame/stream.js'
import { copyOctets } from '@vde-ts/frame/octets.js'
import { giveChunk, takeChunk, type Chunk } from './chunk-pool.ts'

/** What stands in front of each frame in the queue. */
export type Lead =
  /** nothing: datagrams */
  'none' |
  /** the length of the vde stream in two octets, or in the four of QEMU, which are part of the span */
  'stream' | 'long-stream' |
  /** HEADROOM with a zero offload header, not part of the span: frames to be delivered to a sink */
  'headroom' |
  /** as `headroom`, with the frame's own offload header */
  'offload'

const LEAD_OCTETS = { none: 0, stream: STREAM_HEADER, 'long-stream': LONG_STREAM_HEADER, headroom: HEADROOM, offload: HEADROOM } as const

/** Bounds and layout of a {@link SendRing}. */
export interface RingOptions {
  /** Most frames held; 64 when absent. */
  readonly maxFrames?: number
  /** Most octets of frames held, 128 KiB when absent. An empty queue takes a frame of any length. */
  readonly maxOctets?: number
  readonly lead?: Lead
  /** Shared among queues: octets all of them may hold; beyond it each still holds one frame, so that all go on. */
  readonly budget?: Budget
}

/** Octets that several queues may hold together. */
export class Budget {
  readonly limit: number
  used = 0
  constructor (limit: number) { this.limit = limit }
}

/** `native.sendBatch`, or `native.writeVector`. */
export type SendSpans = (fd: number, buf: Uint8Array, spans: Int32Array, first: number, count: number) => number

/** `native.write`, `native.writeNowait` or `native.send`. */
export type SendOctets = (fd: number, buf: Uint8Array, off: number, len: number) => number

/** The queue: `push` at one end, `drain`, `drainStream` or `drop` at the other. */
export class SendRing {
  /** Frames and octets of frames held. */
  frames = 0
  octets = 0
  readonly #maxFrames: number
  readonly #maxOctets: number
  readonly #lead: Lead
  readonly #leadOctets: number
  /** Octets of the lead that are part of the span. */
  readonly #header: StreamHeader | 0
  readonly #budget: Budget | null
  #head: Chunk | null = null
  #tail: Chunk | null = null
  /** Stream: octets of the first frame that are gone. */
  #partial = 0
  /** Octets, leads included, since the queue was last empty: what the next busy period is expected to need. */
  #busy = 0

  constructor (options: RingOptions = {}) {
    this.#maxFrames = options.maxFrames ?? 64
    this.#maxOctets = options.maxOctets ?? 128 * 1024
    this.#lead = options.lead ?? 'none'
    this.#leadOctets = LEAD_OCTETS[this.#lead]
    this.#header = this.#lead === 'stream' ? STREAM_HEADER : this.#lead === 'long-stream' ? LONG_STREAM_HEADER : 0
    this.#budget = options.budget ?? null
  }

  /** Copies a frame to the end. False: no room, not taken. `off` >= OFFLOAD with lead `offload`. */
  push (buf: Uint8Array, off: number, len: number): boolean {
    if (!this.#hasRoom(len)) return false
    const lead = this.#leadOctets
    const chunk = this.#chunkFor(lead + len)
    const at = chunk.free + lead
    copyOctets(chunk.buf, at, buf, off, len)
    chunk.free = at + len
    this.#writeLead(chunk, at, buf, off, len)
    chunk.end++
    this.frames++
    this.octets += len
    this.#busy += lead + len
    if (this.#budget !== null) this.#budget.used += len
    return true
  }

  #hasRoom (len: number): boolean {
    if (this.frames === 0) return true
    const budget = this.#budget
    if (budget !== null && budget.used + len > budget.limit) return false
    return this.frames < this.#maxFrames && this.octets + len <= this.#maxOctets
  }

  /** A chunk with room for `octets` and one span: the last one, or a new last one. */
  #chunkFor (octets: number): Chunk {
    const tail = this.#tail
    if (tail !== null && tail.free + octets <= tail.buf.length && tail.end * 2 < tail.spans.length) return tail
    // A queue that grows takes each time a chunk as large as all it had.
    const expected = tail === null ? this.#busy : this.#busy * 2
    const chunk = takeChunk(Math.max(octets, expected))
    if (tail === null) {
      this.#head = chunk
      this.#busy = 0
    } else tail.next = chunk
    this.#tail = chunk
    return chunk
  }

  #writeLead (chunk: Chunk, at: number, buf: Uint8Array, off: number, len: number): void {
    const pair = chunk.end * 2
    chunk.spans[pair] = at
    chunk.spans[pair + 1] = len
    if (this.#lead === 'none') return
    const header = this.#header
    if (header !== 0) {
      writeStreamHeader(chunk.buf, at, len, header)
      chunk.spans[pair] = at - header
      chunk.spans[pair + 1] = len + header
    } else if (this.#lead === 'headroom') clearOffload(chunk.buf, at)
    else for (let i = 1; i <= OFFLOAD; i++) chunk.buf[at - i] = buf[off - i]
  }

  /**
   * Sends everything that goes. `send` takes spans and answers how many left.
   * @returns 0 when the queue is empty, else the -errno that stopped it: EAGAIN waits for room, any other concerns the
   * first frame, which is still held ({@link drop} it or {@link clear} all)
   */
  drain (send: SendSpans, fd: number): number {
    let chunk = this.#head
    while (chunk !== null) {
      const sent = send(fd, chunk.buf, chunk.spans, chunk.first, chunk.end - chunk.first)
      if (sent <= 0) return sent === 0 ? -EAGAIN : sent
      this.drop(sent)
      chunk = this.#head
    }
    return 0
  }

  /**
   * The same for a stream: `write` takes octets, at most `atMost` at once, and may take fewer. A frame of which a part
   * is gone stays first.
   */
  drainStream (write: SendOctets, fd: number, atMost: number = Infinity): number {
    let chunk = this.#head
    while (chunk !== null) {
      const at = chunk.spans[chunk.first * 2] + this.#partial
      const written = write(fd, chunk.buf, at, Math.min(chunk.free - at, atMost))
      if (written <= 0) return written === 0 ? -EAGAIN : written
      this.#advance(written)
      chunk = this.#head
    }
    return 0
  }

  #advance (octets: number): void {
    let left = octets + this.#partial
    this.#partial = 0
    while (this.#head !== null) {
      const len = this.#head.spans[this.#head.first * 2 + 1]
      if (left < len) break
      left -= len
      this.drop(1)
    }
    this.#partial = left
  }

  /** Where the first frame lies: {@link headBuf}, from {@link headAt}, {@link headLen} octets. Only when `frames` > 0. */
  get headBuf (): Uint8Array { return (this.#head as Chunk).buf }
  get headAt (): number { return (this.#head as Chunk).spans[(this.#head as Chunk).first * 2] }
  get headLen (): number { return (this.#head as Chunk).spans[(this.#head as Chunk).first * 2 + 1] }

  /** Copies of the frames held, oldest first, without their leads. Not of a stream, whose first frame may be cut. */
  * copies (): Generator<Uint8Array> {
    for (let chunk = this.#head; chunk !== null; chunk = chunk.next) {
      for (let pair = chunk.first * 2; pair < chunk.end * 2; pair += 2) {
        const at = chunk.spans[pair]
        yield new Uint8Array(chunk.buf.subarray(at, at + chunk.spans[pair + 1]))
      }
    }
  }

  /** Lets go of the first `count` frames, all of one chunk unless `count` is 1. */
  drop (count: number): void {
    const chunk = this.#head
    if (chunk === null) return
    let octets = 0
    for (let i = 0; i < count; i++) octets += chunk.spans[(chunk.first + i) * 2 + 1] - this.#header
    chunk.first += count
    this.frames -= count
    this.octets -= octets
    if (this.#budget !== null) this.#budget.used -= octets
    if (chunk.first === chunk.end) this.#release(chunk)
  }

  #release (chunk: Chunk): void {
    this.#head = chunk.next
    if (chunk.next === null) this.#tail = null
    giveChunk(chunk)
  }

  /** Forgets everything, also a frame that is half written. */
  clear (): void {
    this.#partial = 0
    while (this.#head !== null) this.drop(this.#head.end - this.#head.first)
  }
}

const EAGAIN = 11
