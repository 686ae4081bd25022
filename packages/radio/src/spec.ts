/**
 * A quality model as plain data, as files have it, and the model it makes.
 *
 *     { model: 'exponential', rate: '20mbit', impair: 'loss=1%', hysteresis: { connect: 18, disconnect: 22 },
 *       directions: [{ from: 'a', to: 'b', impair: 'delay=50ms' }] }
 *
 * Distances are metres, rates have their unit. `impair` is laid on each quality of the model, `directions` on those of one
 * direction, in this order.
 */
import { parseRate } from '@vde-ts/impair/units.js'
import { adjusted, hysteresis, type Adjust } from './models/around.ts'
import { logDistance, type LogDistanceOptions } from './models/log-distance.ts'
import { fixed, range } from './models/range.ts'
import { table } from './models/table.ts'
import { KBIT, exponential, linear } from './models/wifi.ts'
import { qualityOf, readQuality, type QualityModel } from './quality.ts'

/** The names of models. */
export const MODEL_NAMES = ['fixed', 'range', 'linear', 'exponential', 'log-distance', 'table'] as const

/** A row of a table. */
export interface RowSpec {
  /** Metres; left out: any. */
  readonly upTo?: number
  /** Words of the impairment engine; null: no link. */
  readonly impair: string | null
  readonly from?: string
  readonly to?: string
}

/** What is laid on one direction. */
export interface DirectionSpec { readonly from: string, readonly to: string, readonly impair: string }

/** See above. A field that the model does not have is an error. */
export interface ModelSpec extends Omit<LogDistanceOptions, 'seed'> {
  readonly model: typeof MODEL_NAMES[number]
  /** `range`: whole metres at which it ends. */
  readonly range?: number
  /** `linear`, `exponential`: the rate near by, `54mbit`. */
  readonly rate?: string
  /** `table`. */
  readonly table?: readonly RowSpec[]
  readonly impair?: string
  readonly directions?: readonly DirectionSpec[]
  readonly hysteresis?: { readonly connect: number, readonly disconnect: number }
}

const COMMON = ['model', 'impair', 'directions', 'hysteresis']
const OWN: Readonly<Record<ModelSpec['model'], readonly string[]>> = {
  fixed: [],
  range: ['range'],
  linear: ['rate'],
  exponential: ['rate'],
  'log-distance': ['exponent', 'reference', 'power', 'shadowing', 'asymmetry'],
  table: ['table']
}

/**
 * @param seed of the network: what is by chance in the model
 * @throws {RangeError | SyntaxError} an unknown model, a field it does not have, a value it cannot be
 */
export const makeModel = (spec: ModelSpec, seed: number): QualityModel => {
  if (!Object.hasOwn(OWN, spec.model)) throw new RangeError(`Cannot make the model: found "${spec.model}", want one of ${MODEL_NAMES.join(', ')}`)
  const wanted = [...COMMON, ...OWN[spec.model]]
  const foreign = Object.keys(spec).find((key) => !wanted.includes(key))
  if (foreign !== undefined) throw new RangeError(`Cannot make the model: found ${foreign}, want of ${spec.model} only ${wanted.join(', ')}`)
  const inner = INNER[spec.model](spec, seed)
  const steady = spec.hysteresis === undefined ? inner : hysteresis(inner, spec.hysteresis.connect, spec.hysteresis.disconnect)
  return withWords(steady, spec)
}

const rateOf = ({ rate }: ModelSpec): number | undefined => rate === undefined ? undefined : parseRate(rate, 'rate') / KBIT

const INNER: Readonly<Record<ModelSpec['model'], (spec: ModelSpec, seed: number) => QualityModel>> = {
  fixed: () => fixed(),
  range: (spec) => range(undefined, spec.range),
  linear: (spec) => linear(rateOf(spec)),
  exponential: (spec) => exponential(rateOf(spec)),
  'log-distance': ({ exponent, reference, power, shadowing, asymmetry }, seed) =>
    logDistance({ ...given({ exponent, reference, power, shadowing, asymmetry }), seed }),
  table: ({ table: rows = [] }) => table(rows.map(({ upTo = Infinity, impair, ...ends }) =>
    ({ upTo, quality: impair === null ? null : qualityOf(impair), ...ends })))
}

/** Without what is undefined. */
const given = <T extends object>(options: T): Given<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

const withWords = (inner: QualityModel, { impair, directions = [] }: ModelSpec): QualityModel => {
  if (impair === undefined && directions.length === 0) return inner
  const all = impair === undefined ? null : readQuality(impair)
  const byDirection = new Map<string, Adjust>()
  for (const { from, to, impair: words } of directions) {
    const [before, own] = [byDirection.get(JSON.stringify([from, to])) ?? all, readQuality(words)]
    byDirection.set(JSON.stringify([from, to]), before === null ? own : (quality) => own(before(quality)))
  }
  if (byDirection.size === 0) return adjusted(inner, () => all)
  return adjusted(inner, (from, to) => byDirection.get(JSON.stringify([from, to])) ?? all)
}
