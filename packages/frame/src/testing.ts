/**
 * What tests of octets share: hex, seeded chance, frames, octets and time per run. Not part of the product, but exported,
 * because every package tests with it.
 */

/** Octets from text in hex; blanks and line ends are ignored. */
export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))

/** Chance that can be repeated: mulberry32. */
export interface Random {
  /** 0 <= value < below. */
  int (below: number): number
  octets (len: number): Uint8Array
  pick <T> (list: readonly T[]): T
}

/** The same chance for the same `seed`. */
export const seeded = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const int = (below: number): number => Math.floor(next() / 0x1_0000_0000 * below)
  return {
    int,
    octets: (len) => Uint8Array.from({ length: len }, () => next() & 0xff),
    pick: (list) => list[int(list.length)]
  }
}

/** An Ethernet frame of `len` octets from station `from`, with the number `serial` and a pattern made of it behind. */
export const testFrame = (len: number, serial: number = 0, from: number = 1): Uint8Array => {
  const frame = new Uint8Array(len)
  for (let i = 0; i < len; i++) frame[i] = (serial * 7 + i) & 0xff
  frame.set(hex('02 00 00 00 00 ff 02 00 00 00 00'), 0)
  frame[11] = from
  frame[12] = 0x88
  frame[13] = 0xb5 // local experimental ethertype
  for (let i = 0; i < 4 && 14 + i < len; i++) frame[14 + i] = serial >>> (24 - 8 * i)
  return frame
}

/**
 * Heap octets per call, best of five rounds: below 1 nothing is allocated. Run with --expose-gc. As long as something is,
 * more rounds follow: code that waits for the optimiser, on a busy machine, keeps its numbers on the heap.
 * @throws {TypeError} without --expose-gc
 */
export const bytesPerRun = (fn: (i: number) => void, n: number = 20_000): number => {
  const collect = globalThis.gc
  if (collect === undefined) throw new TypeError('Cannot measure: run node with --expose-gc')
  for (let i = 0; i < n; i++) fn(i) // warm up: the optimised code is what ships
  let best = Infinity
  for (let round = 0; round < 5 || (best >= n && round < 40); round++) {
    collect()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < n; i++) fn(i)
    const used = process.memoryUsage().heapUsed - before
    if (used >= 0 && used < best) best = used
  }
  return best / n
}

/** Milliseconds `fn` takes, best of three: for linear-time checks. */
export const bestMs = (fn: () => void): number => {
  let best = Infinity
  for (let round = 0; round < 3; round++) {
    const start = performance.now()
    fn()
    best = Math.min(best, performance.now() - start)
  }
  return best
}
