/**
 * A YAML file as a value, or everything that is wrong with it.
 *
 *     text --yaml--> document --ajv, against the schema--> value
 *                       |                 |
 *                       +---- places -----+--> findings, each with line, column and path
 *
 * YAML is read strictly: a key twice, an unknown tag or an unclosed quote is a finding, and so is any key that the schema does
 * not name, with the name that is nearest to it. What a pattern or a range wants is said in words by the schema's
 * `description`. Who checks further asks {@link Reading.at} for places, and adds findings of his own.
 */
import { Ajv, type ValidateFunction } from 'ajv'
import { LineCounter, parseDocument, type Document, type YAMLError } from 'yaml'
import { doubledKeys, type Doubled } from './doubled.ts'
import { pathText, sortFindings, type Finding, type Path, type Position } from './finding.ts'
import { placeOf, positionOf, type Spot } from './places.ts'
import { explain, isDoubled } from './schema-error.ts'

/** Of the file, in UTF-16 units: more is no configuration. */
const MAX_TEXT = 16 * 1024 * 1024

/** What came out of a file. */
export interface Reading<T> {
  /** Null: there are findings. */
  readonly value: T | null
  /** What stands there, for whoever wants to look further where there are findings; undefined: it is no YAML. */
  readonly raw: unknown
  /** Where that does not fit the schema: a value, or the key of one. */
  readonly misfits: readonly Path[]
  readonly findings: readonly Finding[]
  /** Where something stands; a thing that is not there is where the nearest thing around it is. */
  at (path: Path, spot?: Spot): Position
}

/** A JSON Schema (draft 7) made ready. T is what it describes; nobody checks that. */
export interface Checker<T> {
  read (text: string, file: string): Reading<T>
}

/** @throws {Error} the schema is not one */
export const checkerOf = <T>(schema: object): Checker<T> => {
  let validate: ValidateFunction | null = null
  return {
    read (text, file) {
      // Made when it is needed: a schema of some hundred lines takes 30 ms.
      validate ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, ownProperties: true }).compile(schema)
      return read<T>(text, file, validate)
    }
  }
}

/** Of a file that cannot be looked at. */
const NOTHING = { value: null, raw: undefined, misfits: [] }

const read = <T>(text: string, file: string, validate: ValidateFunction): Reading<T> => {
  const start = { line: 1, column: 1 }
  const refuse = (message: string): Reading<T> =>
    ({ ...NOTHING, findings: [{ file, ...start, code: 'YAML_SYNTAX', path: '', message, hint: null }], at: () => start })
  if (text.length > MAX_TEXT) return refuse(`found ${text.length} characters, want at most ${MAX_TEXT}`)
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: false, prettyErrors: false })
    const at = (path: Path, spot: Spot = 'value'): Position => placeOf(document, lines, path, spot)
    const troubles = [...document.errors, ...document.warnings].map((error) => syntaxFinding(error, file, lines))
    const doubled = doubledKeys(document.contents).map((key) => doubledFinding(key, file, lines))
    if (troubles.length > 0) return { ...NOTHING, findings: sortFindings([...troubles, ...doubled]), at }
    const { findings, ...found } = checked(document, file, validate, at)
    const all = sortFindings([...doubled, ...findings])
    return { ...found, value: all.length > 0 ? null : found.raw as T, findings: all, at }
  } catch (error) {
    // What the parser throws: too deep for its stack, an alias that is none or that multiplies.
    if (error instanceof RangeError) return refuse('found lists or maps in each other, too deep to read, want a flatter file')
    if (error instanceof ReferenceError) return refuse(`found aliases that cannot be resolved, ${error.message}`)
    throw error
  }
}

const checked = (
  document: Document, file: string, validate: ValidateFunction, at: Reading<unknown>['at']
): Pick<Reading<unknown>, 'raw' | 'misfits' | 'findings'> => {
  const raw: unknown = document.toJS()
  if (validate(raw)) return { raw, misfits: [], findings: [] }
  const explained = (validate.errors ?? []).filter((error) => !isDoubled(error)).map(explain)
  const findings = explained.map(({ spot, path, where, code, message, hint }) =>
    ({ file, ...at(where, spot), path, code, message, hint }))
  return { raw, misfits: explained.map(({ where }) => where), findings }
}

const syntaxFinding = (error: YAMLError, file: string, lines: LineCounter): Finding =>
  ({ file, ...positionOf(error.pos[0], lines), code: 'YAML_SYNTAX', path: '', message: error.message.replaceAll(/\s+/g, ' '), hint: null })

const doubledFinding = ({ path, offset }: Doubled, file: string, lines: LineCounter): Finding => {
  const message = 'found this key twice in one map, want it once'
  return { file, ...positionOf(offset, lines), code: 'KEY_TWICE', path: pathText(path), message, hint: null }
}
