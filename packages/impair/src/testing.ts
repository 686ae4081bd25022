/** A world without waiting: time moves when a test says so. And what tests of chance compare. Not part of the product. */
import type { Link } from '@vde-ts/link/link.js'
import { memoryPair } from '@vde-ts/link/memory.js'
import { Recorder } from '@vde-ts/link/testing.js'
import { Engine } from './engine.ts'
import { ImpairedLink, type ImpairedOptions } from './impaired-link.ts'
import { HEADROOM } from './limits.ts'
import { NOTHING, change, type Settings } from './settings.ts'

/** An engine in virtual time, nanoseconds from 0. */
export class VirtualWorld {
  readonly clock: Float64Array = new Float64Array(1)
  readonly engine: Engine

  constructor (cap?: number) { this.engine = new Engine(this, cap) }

  get time (): number { return this.clock[0] }
  set time (time: number) { this.clock[0] = time }
  get due (): number { return this.engine.nextDue }

  tick (): void {}
  arm (): void {}

  /** Does everything due up to `time`, each at its time. */
  runUntil (time: number): void {
    while (this.due <= time) {
      this.time = Math.max(this.time, this.due)
      this.engine.run()
    }
    this.time = time
  }

  /** Until nothing is due any more. */
  drain (): void {
    while (this.due < Infinity) this.runUntil(this.due)
  }
}

/** What came out of a {@link bench}: times of arrival and numbers of frames, in order. */
export interface Arrivals { readonly times: number[], readonly serials: number[] }

/** A link between memory, impaired in both directions, whose far end notes what arrives. */
export const bench = (
  settings: Partial<Settings> = {}, options: Partial<ImpairedOptions> = {}, world: VirtualWorld = new VirtualWorld()
): { world: VirtualWorld, link: ImpairedLink, sink: Recorder, far: Recorder, farLink: Link, arrivals: Arrivals } => {
  const sink = new Recorder()
  const far = new Recorder()
  const arrivals: Arrivals = { times: [], serials: [] }
  const link = new ImpairedLink(world.engine, sink, { seed: 1, ...options })
  const [inner, farLink] = memoryPair(link, {
    onFrame (buf, off, len) {
      arrivals.times.push(world.time)
      arrivals.serials.push(((buf[off + 14] << 24) | (buf[off + 15] << 16) | (buf[off + 16] << 8) | buf[off + 17]) >>> 0)
      far.onFrame(buf, off, len)
    },
    onWritable () { far.onWritable() },
    onUp () { far.onUp() },
    onDown () { far.onDown() },
    onClose (why) { far.onClose(why) }
  })
  link.connect(inner)
  link.out.settings = change(NOTHING, settings)
  link.in.settings = change(NOTHING, settings)
  link.resume()
  farLink.resume()
  return { world, link, sink, far, farLink, arrivals }
}

/** A frame of `len` octets whose octets 14..17 are its number; used again for each. */
export class Numbered {
  readonly buf: Uint8Array
  readonly len: number

  constructor (len: number) {
    this.len = len
    this.buf = new Uint8Array(HEADROOM + len)
  }

  number (serial: number): this {
    for (let i = 0; i < 4; i++) this.buf[HEADROOM + 14 + i] = serial >>> (24 - 8 * i)
    return this
  }

  send (link: Link, serial: number): boolean { return link.send(this.number(serial).buf, HEADROOM, this.len) }
}

/** Mean, variance and correlation of neighbours. */
export const moments = (values: ArrayLike<number>): { mean: number, variance: number, correlation: number } => {
  const n = values.length
  let sum = 0
  for (let i = 0; i < n; i++) sum += values[i]
  const mean = sum / n
  let squares = 0
  let products = 0
  for (let i = 0; i < n; i++) {
    squares += (values[i] - mean) ** 2
    if (i > 0) products += (values[i] - mean) * (values[i - 1] - mean)
  }
  return { mean, variance: squares / n, correlation: squares === 0 ? 0 : products / squares }
}

/** Kolmogorov-Smirnov: the largest distance between the sample and `probability`, times the root of its size. */
export const ksDistance = (values: Float64Array, probability: (x: number) => number): number => {
  const sorted = Float64Array.from(values).sort()
  let most = 0
  for (let i = 0; i < sorted.length; i++) {
    const p = probability(sorted[i])
    most = Math.max(most, Math.abs(p - i / sorted.length), Math.abs(p - (i + 1) / sorted.length))
  }
  return most * Math.sqrt(sorted.length)
}

/** Two samples, one law? The distance as {@link ksDistance}; 1.63 is passed by chance once in a hundred. */
export const ksTwoSamples = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  const left = Float64Array.from(a).sort()
  const right = Float64Array.from(b).sort()
  let i = 0
  let j = 0
  let most = 0
  while (i < left.length && j < right.length) {
    const value = Math.min(left[i], right[j])
    while (i < left.length && left[i] === value) i++
    while (j < right.length && right[j] === value) j++
    most = Math.max(most, Math.abs(i / left.length - j / right.length))
  }
  return most * Math.sqrt(left.length * right.length / (left.length + right.length))
}

/** How often chance makes a distance of {@link ksDistance} or {@link ksTwoSamples} as large (Kolmogorov's series). */
export const ksProbability = (distance: number): number => {
  let sum = 0
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * distance) ** 2)
  // Below, the series does not come to an end; p is 1 to six digits there.
  return distance < 0.3 ? 1 : Math.min(1, Math.max(0, sum))
}

/** Chi-square of counts against one expectation each, as a standard normal variable (Wilson and Hilferty). */
export const chiSquareZ = (counts: ArrayLike<number>, expected: (i: number) => number): number => {
  let sum = 0
  for (let i = 0; i < counts.length; i++) sum += (counts[i] - expected(i)) ** 2 / expected(i)
  const k = counts.length - 1
  return ((sum / k) ** (1 / 3) - (1 - 2 / (9 * k))) / Math.sqrt(2 / (9 * k))
}
