/**
 * MiniWorld's two models of pseudo-WiFi. Both know the distance in whole metres only, rounded to the nearest, ties to even.
 *
 *     linear       rate = B for d <= 1, else 2B / (d + 1);   delay = 0 for d <= 1, else d - 1 ms
 *     exponential  rate = B / 2^floor(d / 4);                delay = 2^floor(d / 4) ms
 *
 * There is a link while the rate is 1000 kbit/s or more. Jitter is a tenth of the delay, uniform, 25 % correlated.
 */
import { change } from '@vde-ts/impair/settings.js'
import { fixed } from '@vde-ts/impair/value.js'
import { INITIAL } from '@vde-ts/impair/words.js'
import type { Quality, QualityModel } from '../quality.ts'
import { roundEven } from '../round.ts'

/** kbit/s: of the models that are told none. */
export const WIFI_RATE = 54_000
const LEAST_RATE = 1000
const CORRELATION = 0.25
const STEP = 4

/** Octets per second in a kbit/s. */
export const KBIT = 125
const MS = 1e6

const wifi = (rateKbit: number, delayMs: number): Quality => {
  const spread = delayMs * MS / 10
  const delay = { base: delayMs * MS, spread, law: 'uniform', scale: spread, table: null } as const
  return change(INITIAL, { rate: fixed(rateKbit * KBIT), delay, delayCorrelation: CORRELATION })
}

/** Answers by the table of all whole metres: a step asks thousands of times for a hundred answers. */
const tabulated = (at: (metres: number) => Quality | null): QualityModel => {
  const table: Quality[] = []
  for (let d = 0, found = at(d); found !== null; d++, found = at(d)) table.push(found)
  return { reach: table.length - 0.5, quality: (distance) => table[roundEven(distance)] ?? null }
}

/**
 * @param rateKbit B; within 1000 to 10^7 (the reach is twice as many metres as it has Mbit/s)
 * @throws {RangeError} a rate beyond
 */
export const linear = (rateKbit: number = WIFI_RATE): QualityModel => {
  checkRate(rateKbit)
  return tabulated((d) => {
    const rate = d <= 1 ? rateKbit : 2 * rateKbit / (d + 1)
    return rate < LEAST_RATE ? null : wifi(rate, Math.max(0, d - 1))
  })
}

/** @throws {RangeError} as {@link linear} */
export const exponential = (rateKbit: number = WIFI_RATE): QualityModel => {
  checkRate(rateKbit)
  return tabulated((d) => {
    const factor = 2 ** Math.floor(d / STEP)
    return rateKbit / factor < LEAST_RATE ? null : wifi(rateKbit / factor, factor)
  })
}

const MOST_RATE = 1e7

const checkRate = (rateKbit: number): void => {
  if (rateKbit >= LEAST_RATE && rateKbit <= MOST_RATE) return
  throw new RangeError(`Cannot make the model: found a rate of ${rateKbit} kbit/s, want ${LEAST_RATE} to ${MOST_RATE}`)
}
