/**
 * Frames waiting for a link that was full: a bounded FIFO per endpoint, in chunks borrowed from the switch's budget.
 *
 *     chunk:  |  sent  | lead, 8 octets | virtio_net_hdr, 12 | frame ... | lead | hdr | frame ... |   free   |
 *                       ^ head (oldest)                                                           ^ tail
 *
 *     lead:   | len, 4 octets | frames on the wire, 2 | headers of each, 2 |
 *
 * Bounds are in frames and octets of the wire: a super-frame counts as the segments it stands for.
 *
 * A chunk is filled once from its front and given back when its last frame has gone, so whatever lies in front of the
 * oldest frame is dead and may be scribbled on by the receiver (the headroom of the link contract). A queue that never
 * filled owns nothing. Tail drop: what does not fit is refused, the caller counts it.
 */
import { copyOctets } from '@vde-ts/frame/octets.js'
import { OFFLOAD, type Link } from '@vde-ts/link/link.js'

/** Frames an endpoint queues unless told otherwise. */
export const DEFAULT_QUEUE_FRAMES = 1024
/** Octets of frames an endpoint queues at most. */
export const QUEUE_OCTETS: number = 2 * 1024 * 1024
/** Octets of chunks all queues of a switch hold at most. */
export const SWITCH_OCTETS: number = 32 * 1024 * 1024

const CHUNK = 16 * 1024
const LEAD = 8
const OVERHEAD = LEAD + OFFLOAD

class Chunk {
  readonly bytes: Uint8Array
  head = 0
  tail = 0
  next: Chunk | null = null

  constructor (size: number) { this.bytes = new Uint8Array(size) }

  hasRoom (size: number): boolean { return this.tail + size <= this.bytes.length }
}

/**
 * Storage of all queues of one switch. A queue may hold at most what it leaves to the others, so clients that never read
 * get less the more of them there are, and the next one still gets something. Chunks that come back are kept for the
 * next burst and let go by `trim`.
 */
export class QueueBudget {
  readonly limit: number
  #used = 0
  #free: Chunk[] = []

  constructor (limit: number = SWITCH_OCTETS) { this.limit = limit }

  /** Octets of chunks in use. */
  get used (): number { return this.#used }
  /** Octets of chunks kept for reuse. */
  get spare (): number { return this.#free.length * CHUNK }

  /** Whether a chunk of `size` octets can be had by a queue that holds `held`. */
  mayTake (size: number, held: number): boolean { return this.#used + Math.max(size, CHUNK) + held <= this.limit }

  /** An empty chunk of `size` octets or more for a queue that holds `held` octets of chunks; null: not for this one. */
  take (size: number, held: number): Chunk | null {
    if (!this.mayTake(size, held)) return null
    const want = Math.max(size, CHUNK)
    this.#used += want
    if (want > CHUNK) return new Chunk(want) // one super-frame; not kept afterwards
    return this.#free.pop() ?? new Chunk(CHUNK)
  }

  give (chunk: Chunk): void {
    this.#used -= chunk.bytes.length
    if (chunk.bytes.length !== CHUNK) return
    chunk.head = 0
    chunk.tail = 0
    chunk.next = null
    this.#free.push(chunk)
  }

  /** Lets go of half of the spare chunks: called once a second, so an idle switch soon holds none. */
  trim (): void { this.#free.length >>= 1 }
}

/** The queue of one endpoint. */
export class FrameQueue {
  /** Most frames it holds; lowering it drops none that wait already. */
  limit: number
  /** Frames waiting, as on the wire. */
  frames = 0
  /** Octets of the frames waiting, as on the wire. */
  octets = 0

  readonly #budget: QueueBudget
  #first: Chunk | null = null
  #last: Chunk | null = null
  /** Octets of its chunks. */
  #held = 0
  #isDraining = false
  #isClosed = false

  constructor (budget: QueueBudget, limit: number) {
    this.#budget = budget
    this.limit = limit
  }

  /**
   * Copies a frame and its offload header behind the others; `off` >= OFFLOAD. False: no room, nothing was kept.
   * @param wireFrames segments the frame stands for, at most 65 535, each with `headers` octets of headers
   */
  push (buf: Uint8Array, off: number, len: number, wireFrames: number = 1, headers: number = 0): boolean {
    const octets = len + (wireFrames - 1) * headers
    if (!this.#mayHold(octets)) return false
    const size = OVERHEAD + len
    let chunk = this.#last
    if (chunk === null || !chunk.hasRoom(size)) {
      chunk = this.#append(size)
      if (chunk === null) return false
    }
    writeLead(chunk.bytes, chunk.tail, len, wireFrames, headers)
    copyOctets(chunk.bytes, chunk.tail + LEAD, buf, off - OFFLOAD, OFFLOAD + len)
    chunk.tail += size
    this.frames += wireFrames
    this.octets += octets
    return true
  }

  /** Whether {@link push} would take a plain frame of `len` octets. */
  mayPush (len: number): boolean {
    if (!this.#mayHold(len)) return false
    return this.#last?.hasRoom(OVERHEAD + len) === true || this.#budget.mayTake(OVERHEAD + len, this.#held)
  }

  #mayHold (octets: number): boolean {
    return !this.#isClosed && this.frames < this.limit && this.octets + octets <= QUEUE_OCTETS
  }

  /** Sends the oldest frames until the link is full again or none is left. */
  drain (link: Link): void {
    if (this.#isDraining) return
    this.#isDraining = true
    while (this.#first !== null && !this.#isClosed) {
      const chunk = this.#first
      // Read before the send: the receiver may write into the headroom, where the lead lies.
      const len = readLength(chunk.bytes, chunk.head)
      const wireFrames = read16(chunk.bytes, chunk.head + 4)
      const headers = read16(chunk.bytes, chunk.head + 6)
      if (!link.send(chunk.bytes, chunk.head + OVERHEAD, len)) break
      chunk.head += OVERHEAD + len
      this.frames -= wireFrames
      this.octets -= len + (wireFrames - 1) * headers
      if (chunk.head === chunk.tail) this.#dropFirst(chunk)
    }
    this.#isDraining = false
    if (this.#isClosed) this.#release()
  }

  /** Copies of the chunks, oldest first, with what waits in them as laid out above. */
  snapshot (): Uint8Array[] {
    const chunks: Uint8Array[] = []
    for (let chunk = this.#first; chunk !== null; chunk = chunk.next) {
      chunks.push(new Uint8Array(chunk.bytes.subarray(chunk.head, chunk.tail)))
    }
    return chunks
  }

  /** Queues what {@link snapshot} answered, also above the limit, which may have been lowered meanwhile. */
  restore (chunks: readonly Uint8Array[]): void {
    const { limit } = this
    this.limit = Infinity
    for (const bytes of chunks) {
      for (let at = 0, len = 0; at < bytes.length; at += OVERHEAD + len) {
        len = readLength(bytes, at)
        this.push(bytes, at + OVERHEAD, len, read16(bytes, at + 4), read16(bytes, at + 6))
      }
    }
    this.limit = limit
  }

  /** Forgets every frame and takes no more. Inside {@link drain} the chunk being sent stays whole until the send returns. */
  close (): void {
    this.#isClosed = true
    if (!this.#isDraining) this.#release()
  }

  #append (size: number): Chunk | null {
    const chunk = this.#budget.take(size, this.#held)
    if (chunk === null) return null
    this.#held += chunk.bytes.length
    if (this.#last === null) this.#first = chunk
    else this.#last.next = chunk
    this.#last = chunk
    return chunk
  }

  #dropFirst (chunk: Chunk): void {
    this.#first = chunk.next
    if (this.#first === null) this.#last = null
    this.#held -= chunk.bytes.length
    this.#budget.give(chunk)
  }

  #release (): void {
    while (this.#first !== null) this.#dropFirst(this.#first)
    this.frames = 0
    this.octets = 0
  }
}

const writeLead = (bytes: Uint8Array, at: number, len: number, wireFrames: number, headers: number): void => {
  bytes[at] = len >>> 16
  bytes[at + 1] = len >>> 8
  bytes[at + 2] = len
  bytes[at + 4] = wireFrames >>> 8
  bytes[at + 5] = wireFrames
  bytes[at + 6] = headers >>> 8
  bytes[at + 7] = headers
}

const readLength = (bytes: Uint8Array, at: number): number => (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]
const read16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1]
