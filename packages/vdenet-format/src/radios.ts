/** Radios: who is on them, and where. */
import type { Radio, RadioStation } from '@vde-ts/model/model.js'
import { checkPoint, type Point } from '@vde-ts/radio/positions.js'
import { makeModel, type ModelSpec } from '@vde-ts/radio/spec.js'
import type { Path } from '@vde-ts/strict-yaml/finding.js'
import type { Notes } from './notes.ts'
import type { RawFile, RawRadio, RawWords } from './raw.ts'
import { wordsOf } from './wires.ts'

/** Interface of the nodes unless given. */
const USUAL = 'wlan0'
const SEED = 1

/** The radios of a file. */
export const radiosOf = (notes: Notes, file: RawFile): Radio[] => Object.entries(file.radios ?? {}).map(([name, raw]) => {
  const path = ['radios', name]
  notes.declare('radio', name, path)
  const seed = raw.seed ?? SEED
  return { name, model: modelOf(notes, path, raw, seed), seed, stations: stationsOf(notes, path, raw) }
})

/** Null: a hub. */
const modelOf = (notes: Notes, path: Path, { hub = false, model }: RawRadio, seed: number): Radio['model'] => {
  if (hub === (model !== undefined)) {
    notes.refuse(path, `found ${hub ? 'a model and "hub: true"' : 'no model'}, want a model, or "hub: true" where everybody hears everybody`)
  }
  if (hub || model === undefined) return null
  const { name, ...options } = typeof model === 'string' ? { name: model } : model
  const spec = { model: name, ...options }
  attempt(notes, [...path, 'model'], () => makeModel(spec as ModelSpec, seed))
  return spec
}

const stationsOf = (notes: Notes, path: Path, { hub = false, if: iface = USUAL, nodes }: RawRadio): RadioStation[] =>
  Object.entries(nodes).map(([node, raw]) => {
    const here = [...path, 'nodes', node]
    if (Array.isArray(raw) === hub) {
      notes.refuse(here, hub ? 'found a position, want impairments: in a hub places do not matter' : 'found no position, want one: [x, y]')
      return { node, iface, at: [], impair: '' }
    }
    if (hub) return { node, iface, at: [], impair: wordsOf(notes, here, (raw ?? {}) as RawWords, {}) }
    const at = raw as readonly number[]
    attempt(notes, here, () => { checkPoint(at as unknown as Point, 'plane') })
    return { node, iface, at: [...at], impair: '' }
  })

/** What is refused with an error of a value, is refused at its place. */
const attempt = (notes: Notes, path: Path, action: () => unknown): void => {
  try {
    action()
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof SyntaxError)) throw error
    notes.refuse(path, error.message.replace(/^Cannot [^:]*: /, ''), 'RADIO_INVALID')
  }
}
