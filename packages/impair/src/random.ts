/**
 * Chance that can be repeated, whatever happens in between: a draw is a pure function of
 *
 *     (seed, direction, impairment) -- hashed once --> key;    (key, frame index, lane) -- hashed --> 32 bits
 *
 * so the k-th frame meets the same fate in every run, whatever the timing and whatever other impairments are on. A lane
 * is one of several draws that one frame needs of one impairment. The hash is two rounds of a 32-bit finaliser with the key
 * in between; random.test.ts holds what it must give (chi-square of bytes and pairs, Kolmogorov-Smirnov, serial correlation).
 */

/** One round: a permutation of 32 bits in which every input bit changes half of the output's. */
const mix = (word: number): number => {
  let x = word ^ (word >>> 16)
  x = Math.imul(x, 0x21f0aaad)
  x ^= x >>> 15
  x = Math.imul(x, 0x735a2d97)
  return x ^ (x >>> 15)
}

const LANE = 0x9e3779b1 | 0
const HIGH = 0x85ebca6b | 0
const UNIT = 2 ** -32

/** The draws of one impairment in one direction. */
export class Stream {
  readonly #first: number
  readonly #second: number

  /**
   * @param seed 0 to 2^53 - 1
   * @param direction 0 or 1
   * @param impairment its number, one of {@link STREAMS}
   */
  constructor (seed: number, direction: number, impairment: number) {
    const high = Math.floor(seed / 2 ** 32)
    const salt = mix((seed | 0) ^ mix(high + 0x68e31da4))
    this.#first = mix(salt + Math.imul(impairment, LANE) + direction)
    this.#second = mix(this.#first ^ Math.imul(impairment + 1, HIGH) ^ (direction + 0x2545f491))
  }

  /** 32 random bits, signed. */
  bits (index: number, lane: number): number {
    const high = index < 0x1_0000_0000 ? 0 : Math.floor(index / 0x1_0000_0000)
    const once = mix((index | 0) ^ this.#first)
    return mix((once + Math.imul(high, HIGH) + Math.imul(lane, LANE)) ^ this.#second)
  }
}

/** Bits as a number inside of 0..1, never 0 nor 1. Apart and tiny, so that it is inlined: a double returned is an object. */
export const asUnit = (bits: number): number => ((bits >>> 0) + 0.5) * UNIT

/** Numbers of the impairments: part of what a seed means, so they never change. */
export const STREAMS = {
  loss: 1,
  lossValue: 2,
  burstValue: 3,
  dup: 4,
  dupValue: 5,
  delay: 6,
  noise: 7,
  noiseValue: 8,
  corrupt: 9,
  corruptPlace: 10,
  reorder: 11,
  rateValue: 12,
  speedValue: 13,
  capacityValue: 14,
  mtuValue: 15,
  red: 16,
  markov: 17
} as const
