/**
 * Memory for queues of frames, in chunks that all queues of the process share: an idle queue holds none, steady traffic
 * allocates none.
 *
 *     chunk   | frame | frame | frame |      free      |     spans: (at, len) (at, len) (at, len)
 *               ^ first                ^ end
 *
 * Chunks that come back are kept for the next burst, which is usually like the last, and half of them let go every
 * TRIM_MS. A bound instead of a clock was tried: a flood to a thousand ports passed it each turn, so the excess was made
 * anew each turn and left to the collector, which let 30 MiB of it gather.
 */

/** Octets of the chunks of each class. The largest holds the longest frame with its headroom. */
const SIZES = [1024, 4096, 16_384, 67_584] as const
/** A span for every so many octets: frames below that (on average) end a chunk early. */
const OCTETS_PER_SPAN = 64
/** Octets of free chunks of a class that stay for good, and that are kept at most. */
const KEPT_OCTETS = 256 * 1024
const MOST_OCTETS = 16 * 1024 * 1024
const TRIM_MS = 1000

/** See above; a queue owns it from {@link takeChunk} to {@link giveChunk}. */
export interface Chunk {
  readonly buf: Uint8Array
  readonly spans: Int32Array
  readonly size: number
  /** Pairs of `spans`: the first not gone, and one after the last. */
  first: number
  end: number
  /** Where the next frame is put. */
  free: number
  next: Chunk | null
}

const pools: Array<{ head: Chunk | null, count: number }> = SIZES.map(() => ({ head: null, count: 0 }))
let trimmer: NodeJS.Timeout | null = null

const sizeFor = (octets: number): number => {
  for (let size = 0; size < SIZES.length - 1; size++) {
    if (octets <= SIZES[size]) return size
  }
  return SIZES.length - 1
}

/** An empty chunk with room for `octets`, or of the largest size. */
export const takeChunk = (octets: number): Chunk => {
  const size = sizeFor(octets)
  const pool = pools[size]
  const chunk = pool.head
  if (chunk === null) {
    const spans = new Int32Array(SIZES[size] / OCTETS_PER_SPAN * 2)
    return { buf: new Uint8Array(SIZES[size]), spans, size, first: 0, end: 0, free: 0, next: null }
  }
  pool.head = chunk.next
  pool.count--
  chunk.next = null
  return chunk
}

/** Takes a chunk back, whatever is in it. */
export const giveChunk = (chunk: Chunk): void => {
  const pool = pools[chunk.size]
  const spare = pool.count * SIZES[chunk.size]
  if (spare >= MOST_OCTETS) return
  chunk.first = 0
  chunk.end = 0
  chunk.free = 0
  chunk.next = pool.head
  pool.head = chunk
  pool.count++
  if (spare >= KEPT_OCTETS && trimmer === null) trimmer = setTimeout(trim, TRIM_MS).unref()
}

/** Octets of chunks nobody uses. */
export const spareOctets = (): number => pools.reduce((sum, { count }, size) => sum + count * SIZES[size], 0)

/** Lets go of half of what each class keeps too much. */
const trim = (): void => {
  trimmer = null
  for (const [size, pool] of pools.entries()) {
    const least = KEPT_OCTETS / SIZES[size]
    for (let excess = (pool.count - least) >> 1; excess > 0 && pool.head !== null; excess--) {
      pool.head = pool.head.next
      pool.count--
    }
    if (pool.count > least + 1) trimmer ??= setTimeout(trim, TRIM_MS).unref()
  }
}
