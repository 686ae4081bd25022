/** Seeded random input, and proof that feeding it leaves nothing behind. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { HEADROOM, OFFLOAD, type FrameSink } from '@vde-ts/link'
import { Segmenter } from '@vde-ts/frame/segment.js'

/** Inputs in all: E2E_INPUTS, else a million in CI and a tenth of it elsewhere. */
export const INPUTS: number = Number(process.env.E2E_INPUTS ?? (process.env.CI === undefined ? 100_000 : 1_000_000))

/** Seed of the run: E2E_SEED, so that a failure can be had again. */
export const SEED: number = Number(process.env.E2E_SEED ?? 20_260_101)

/** Growth of the heap that is noise, in octets. */
const NOISE = 4 << 20

/** mulberry32: small, fast, and the same everywhere. */
export class Random {
  #state: number
  constructor (seed: number) { this.#state = seed | 0 }

  /** 0..2^32-1 */
  next (): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }

  /** 0..n-1 */
  below (n: number): number { return this.next() % n }
  /** True once in `n`. */
  once (n: number): boolean { return this.below(n) === 0 }
  pick<T> (list: readonly T[]): T { return list[this.below(list.length)]! }

  fill (buf: Uint8Array, off: number, len: number): void {
    for (let i = off; i < off + len; i++) buf[i] = this.next()
  }

  bytes (len: number): Uint8Array {
    const out = new Uint8Array(len)
    this.fill(out, 0, len)
    return out
  }

  /** Text of up to `most` characters: words of `vocabulary`, and what people do not type. */
  text (vocabulary: readonly string[], most: number): string {
    let out = ''
    while (out.length < most && !this.once(6)) {
      out += this.once(5) ? String.fromCharCode(this.below(this.once(4) ? 0x10000 : 128)) : this.pick(vocabulary)
    }
    return out
  }
}

/** A sink for what comes out: each frame must be one for the wire, or one that can be cut into some. */
export class FrameJudge implements FrameSink {
  frames = 0
  readonly #segmenter = new Segmenter()

  onFrame (buf: Uint8Array, off: number, len: number): void {
    this.frames++
    assert.ok(len >= 14 && off >= HEADROOM && off + len <= buf.length)
    assert.ok(this.#segmenter.cut(buf, off, len) > 0)
    // What is in front of a frame is for its receiver to write to.
    buf.fill(0xee, off - HEADROOM, off - OFFLOAD)
  }

  onWritable (): void {}
  onUp (): void {}
  onDown (): void {}
  onClose (): void {}
}

const collect = (): (() => void) => {
  if (globalThis.gc !== undefined) return globalThis.gc as () => void
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

const used = (gc: () => void): number => {
  gc()
  gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const descriptors = (): number => readdirSync('/proc/self/fd').length

/**
 * Calls `step` `count` times and asserts that the second half leaves no more memory than the first, and no descriptor. A throw
 * is reported with the number of the input, so that a debugger can stop there. Says how fast it was.
 */
export const grind = async (count: number, step: (i: number) => void): Promise<void> => {
  const gc = collect()
  let half = 0
  let open = 0
  const start = performance.now()
  for (let i = 0; i < count; i++) {
    if (i === count >> 1) {
      half = used(gc)
      open = descriptors()
    }
    // Timers and the deadline get their turn.
    if (i % 10_000 === 9999) await new Promise((resolve) => { setImmediate(resolve) })
    try {
      step(i)
    } catch (error) {
      throw new Error(`Input ${i} of seed ${SEED} failed: ${error instanceof Error ? error.stack : String(error)}`, { cause: error })
    }
  }
  const seconds = (performance.now() - start) / 1000
  const growth = used(gc) - half
  console.log(`    ${Math.round(count / seconds)} inputs/s, heap ${growth >= 0 ? '+' : ''}${growth} octets, ${descriptors()} descriptors`)
  assert.equal(descriptors(), open, 'descriptors')
  assert.ok(growth < NOISE, `${growth} octets more after ${count >> 1} further inputs`)
}
