/**
 * Chance of radio networks: each draw is a pure function of the scenario's seed, what it is for, and whom it is about.
 * The numbers of {@link RADIO_STREAMS} are part of what a seed means, so they never change; those of the impairment engine
 * end at 100.
 */
import { toQuantile } from '@vde-ts/impair/normal.js'
import { Stream, asUnit } from '@vde-ts/impair/random.js'

/** What draws are for. */
export const RADIO_STREAMS = { shadowing: 101, asymmetry: 102, waypoint: 103, walk: 104 } as const

/** The stream of one purpose. @throws {RangeError} a seed that is not a whole number of 0 to 2^53 - 1 */
export const radioStream = (seed: number, purpose: keyof typeof RADIO_STREAMS): Stream => {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`Cannot use the seed ${seed}: want a whole number of 0 to 2^53 - 1`)
  return new Stream(seed, 0, RADIO_STREAMS[purpose])
}

const cell = new Float64Array(1)

/** A number inside of 0..1. */
export const uniform = (stream: Stream, index: number, lane: number): number => asUnit(stream.bits(index, lane))

/** A number of the standard normal law. */
export const normal = (stream: Stream, index: number, lane: number): number => {
  cell[0] = uniform(stream, index, lane)
  toQuantile(cell)
  return cell[0]
}

const FNV_BASIS = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** A number for two names in their order: FNV-1a, spread well enough for names of nodes. */
export const pairNumber = (a: string, b: string): number => {
  let value = FNV_BASIS
  for (let i = 0; i < a.length; i++) value = Math.imul(value ^ a.charCodeAt(i), FNV_PRIME)
  // No name holds a zero, so ('ab', 'c') is not ('a', 'bc').
  value = Math.imul(value, FNV_PRIME)
  for (let i = 0; i < b.length; i++) value = Math.imul(value ^ b.charCodeAt(i), FNV_PRIME)
  return value >>> 0
}
