/** MiniWorld's default: one quality up to a distance, nothing beyond. Distances are rounded to whole metres, ties to even. */
import { INITIAL } from '@vde-ts/impair/words.js'
import type { Quality, QualityModel } from '../quality.ts'
import { roundEven } from '../round.ts'

/** Metres at which the default range ends: 29.4 is inside, 29.6 is not. */
export const RANGE = 30

/**
 * @param range whole metres, the first at which there is no link
 * @throws {RangeError} no such range
 */
export const range = (quality: Quality = INITIAL, end: number = RANGE): QualityModel => {
  if (!Number.isInteger(end) || end < 1 || end > 1e9) throw new RangeError(`Cannot make the model: found a range of ${end} m, want a whole number from 1 to 10^9`)
  return { reach: end - 0.5, quality: (distance) => roundEven(distance) < end ? quality : null }
}

/** The same quality at any distance. */
export const fixed = (quality: Quality = INITIAL): QualityModel => ({ reach: Infinity, quality: () => quality })
