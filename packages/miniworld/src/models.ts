/** Link quality models by the names that scenarios use: dotted paths of MiniWorld's classes, and ours. */
import { change } from '@vde-ts/impair/settings.js'
import { fixed } from '@vde-ts/impair/value.js'
import { INITIAL } from '@vde-ts/impair/words.js'
import { KBIT, exponential, linear } from '@vde-ts/radio/models/wifi.js'
import { range } from '@vde-ts/radio/models/range.js'
import type { QualityModel } from '@vde-ts/radio/quality.js'
import type { Scenario } from './scenario.ts'

/** What kind of text `info links` shows of a model. */
export type ModelKind = 'range' | 'wifi'

/** A model and how it is shown. */
export interface ScenarioModel {
  readonly kind: ModelKind
  readonly quality: QualityModel
}

const rangeOf = (kbit: number | null): QualityModel =>
  range(kbit === null ? INITIAL : change(INITIAL, { rate: fixed(kbit * KBIT) }))

/** The last part of a class path; the modules before it do not matter. */
const MODELS: Readonly<Record<string, readonly [kind: ModelKind, make: (kbit: number | null) => QualityModel]>> = {
  LinkQualityModelRange: ['range', rangeOf],
  LinkQualityModelWiFiLinear: ['wifi', (kbit) => linear(kbit ?? undefined)],
  LinkQualityModelWiFiExponential: ['wifi', (kbit) => exponential(kbit ?? undefined)],
  range: ['range', rangeOf],
  linear: ['wifi', (kbit) => linear(kbit ?? undefined)],
  exponential: ['wifi', (kbit) => exponential(kbit ?? undefined)]
}

const PATH = 'network.links.model'

/** @throws {SyntaxError} a class that does not exist, a bandwidth that the model cannot have */
export const modelOf = (scenario: Scenario): ScenarioModel => {
  const path = scenario.look<string>(PATH) ?? 'LinkQualityModelRange'
  const found = path.slice(path.lastIndexOf('.') + 1)
  if (!Object.hasOwn(MODELS, found)) {
    throw scenario.wrong(PATH, `the class "${found.slice(0, 60)}"`, `one of ${Object.keys(MODELS).join(', ')}`)
  }
  const [kind, make] = MODELS[found]!
  try {
    return { kind, quality: make(scenario.look<number>('network.links.bandwidth')) }
  } catch (error) {
    const [, what = '', wanted = ''] = /found (.*), want (.*)$/.exec((error as Error).message) ?? []
    throw scenario.wrong('network.links.bandwidth', what, wanted)
  }
}
