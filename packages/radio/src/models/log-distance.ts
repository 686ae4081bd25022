/**
 * Log-distance path loss with log-normal shadowing, and the rates of OFDM radios.
 *
 *     received [dBm] = power - reference - 10 * exponent * log10(max(d, 1 m)) + shadowing(pair) + asymmetry(direction)
 *     rate           = the fastest whose sensitivity is met [IEEE 802.11-2020 table 17-18, 20 MHz]; none: no link
 *     loss           = 10 % at its sensitivity, a tenth of that for each dB above
 *
 * Shadowing is what stands between two nodes: drawn once per pair, the same both ways, as radio is reciprocal. Asymmetry is
 * what is not: power, noise and antennas of one node, drawn per direction. Both are normal, in dB, from the seed and the names.
 */
import { change } from '@vde-ts/impair/settings.js'
import { fixed } from '@vde-ts/impair/value.js'
import { INITIAL } from '@vde-ts/impair/words.js'
import { normal, pairNumber, radioStream } from '../chance.ts'
import type { QualityModel } from '../quality.ts'
import { KBIT } from './wifi.ts'

/** Sensitivity in dBm and the rate in kbit/s that it gives, fastest first. */
const RATES = [
  [-65, 54_000], [-66, 48_000], [-70, 36_000], [-74, 24_000], [-77, 18_000], [-79, 12_000], [-81, 9000], [-82, 6000]
] as const

/** See above. All in dB or dBm but the exponent and the seed. */
export interface LogDistanceOptions {
  /** 2 in free space, 2.7 to 4 in streets and buildings. */
  readonly exponent?: number
  /** Path loss at one metre; 40 is free space at 2.4 GHz. */
  readonly reference?: number
  /** Of the sender, antennas included. */
  readonly power?: number
  /** Standard deviation per pair. */
  readonly shadowing?: number
  /** Standard deviation per direction. */
  readonly asymmetry?: number
  readonly seed?: number
}

const DEFAULTS: Required<LogDistanceOptions> = { exponent: 3, reference: 40, power: 20, shadowing: 0, asymmetry: 0, seed: 1 }
/** What each may be. */
const LIMITS = { exponent: [1, 10], reference: [0, 200], power: [-50, 100], shadowing: [0, 50], asymmetry: [0, 50] } as const
/** No draw of 32 bits is farther from the mean than 6.4 standard deviations. */
const FARTHEST = 6.4
const WORST = RATES.at(-1)![0]

/** @throws {RangeError} an option out of its range */
export const logDistance = (options: LogDistanceOptions = {}): QualityModel => {
  const { exponent, reference, power, shadowing, asymmetry, seed } = { ...DEFAULTS, ...options }
  check({ exponent, reference, power, shadowing, asymmetry })
  const [pairs, directions] = [radioStream(seed, 'shadowing'), radioStream(seed, 'asymmetry')]
  const luck = (from: string, to: string): number => {
    const pair = from < to ? pairNumber(from, to) : pairNumber(to, from)
    return shadowing * normal(pairs, pair, 0) + asymmetry * normal(directions, pairNumber(from, to), 0)
  }
  const budget = power - reference
  return {
    reach: 10 ** ((budget - WORST + FARTHEST * (shadowing + asymmetry)) / (10 * exponent)),
    quality: (distance, from, to) => {
      const received = budget - 10 * exponent * Math.log10(Math.max(distance, 1)) + luck(from, to)
      const found = RATES.find(([sensitivity]) => received >= sensitivity)
      if (found === undefined) return null
      return change(INITIAL, { rate: fixed(found[1] * KBIT), loss: fixed(10 ** (1 - (received - found[0]))) })
    }
  }
}

const check = (options: Readonly<Record<keyof typeof LIMITS, number>>): void => {
  for (const name of Object.keys(LIMITS) as Array<keyof typeof LIMITS>) {
    const [least, most] = LIMITS[name]
    if (options[name] >= least && options[name] <= most) continue
    throw new RangeError(`Cannot make the model: found ${name} ${options[name]}, want ${least} to ${most}`)
  }
}
