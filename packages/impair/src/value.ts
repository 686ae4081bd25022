/**
 * An amount that may vary from frame to frame: a base, and around it a law of chance.
 *
 *     amount = base + scale * variate        uniform: variate in -1..1;  the others: mean 0, standard deviation 1
 */
import { toQuantile } from './normal.ts'
import { asUnit, type Stream } from './random.ts'

/** How an amount is spread around its base. */
export type Law = 'uniform' | 'normal' | 'pareto' | 'paretonormal' | 'table'

/** See above. Never changed once made: settings share them. */
export interface Value {
  readonly base: number
  /** As people typed it: half the width of a uniform law; three standard deviations, or one, of a normal law. */
  readonly spread: number
  readonly law: Law
  /** What a variate is multiplied with. */
  readonly scale: number
  /** Quantiles of a law from a file, at equal steps of probability. */
  readonly table: Float64Array | null
}

/** The same amount for every frame. */
export const fixed = (base: number): Value => ({ base, spread: 0, law: 'uniform', scale: 0, table: null })

/** Nothing: shared by all settings that are off. */
export const ZERO: Value = fixed(0)

// Pareto's law of shape 3 from 1 on: mean 3/2, variance 3/4, so this is brought to 0 and 1. The fourth moment is infinite.
const PARETO_MEAN = 1.5
const PARETO_DEVIATION: number = Math.sqrt(0.75)
/** netem's mixture: a quarter normal, three quarters Pareto. */
const NORMAL_PART = 0.25

/** Where amounts are put, to be read at once: a double that is returned from a call that is not inlined is an object. */
export const drawn: Float64Array = new Float64Array(1)

/**
 * Puts the amount for frame `index` into {@link drawn}. Lanes `lane` and `lane + 1` of the stream are used.
 */
export const drawValue = (value: Value, stream: Stream, index: number, lane: number): void => {
  drawn[0] = asUnit(stream.bits(index, lane))
  shape(value, stream, index, lane)
}

/** The same of a probability that lies in {@link drawn} already. */
export const shape = (value: Value, stream: Stream, index: number, lane: number): void => {
  const p = drawn[0]
  if (value.law === 'uniform') drawn[0] = 2 * p - 1
  else if (value.law === 'normal') toQuantile(drawn)
  else if (value.law === 'table') drawn[0] = value.table === null ? 0 : value.table[Math.floor(p * value.table.length)]
  else {
    const pareto = (Math.cbrt(1 / (1 - p)) - PARETO_MEAN) / PARETO_DEVIATION
    if (value.law === 'pareto') drawn[0] = pareto
    else {
      drawn[0] = asUnit(stream.bits(index, lane + 1))
      toQuantile(drawn)
      drawn[0] = NORMAL_PART * drawn[0] + (1 - NORMAL_PART) * pareto
    }
  }
  drawn[0] = value.base + value.scale * drawn[0]
}

/** The least the amount is spread to, as the original reckons: below 0 it has no effect. */
export const least = (value: Value): number => value.base - value.spread

/** Largest value of a file in netem's form: 8192 stands for one standard deviation. */
const TABLE_UNIT = 8192

/**
 * The law in `text`, in the form of netem's .dist files: whole numbers, 8192 a standard deviation, at equal steps of
 * probability; lines that begin with # are comments.
 * @throws {SyntaxError} a word that is no number, fewer than 2 or more than 65 536
 */
export const parseTable = (text: string): Float64Array => {
  const words = text.split('\n').filter((line) => !line.startsWith('#')).join(' ').split(/\s+/).filter((word) => word !== '')
  const wrong = words.find((word) => !/^[+-]?\d{1,9}(\.\d{1,9})?$/.test(word))
  if (wrong !== undefined) throw new SyntaxError(`Cannot read the table: found "${wrong.slice(0, 20)}", want numbers`)
  if (words.length < 2 || words.length > 65536) throw new SyntaxError(`Cannot read the table: found ${words.length} numbers, want 2 to 65536`)
  return Float64Array.from(words, (word) => Number(word) / TABLE_UNIT).sort()
}
