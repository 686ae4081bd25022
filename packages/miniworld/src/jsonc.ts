/**
 * JSON with comments, every value with its line and its path. A URL in a string is no comment, a key twice is an error.
 * Whatever is wrong is one line: `Cannot read lab.json: line 7: network.links.modle: ...`.
 */
import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser'

/** Largest text that is read. */
export const MOST_OCTETS: number = 4 * 2 ** 20
/** Deeper than any scenario, and shallow enough for whoever walks it by calling itself. */
const MOST_DEPTH = 64

/** A file and what it is called in messages. */
export interface Source {
  readonly name: string
  readonly text: string
}

/** A value of a file. */
export interface Value {
  /** `network.links.model`; empty: the whole. */
  readonly path: string
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'
  /** Of a string, number or boolean. */
  readonly scalar: unknown
  /** Of an object, by key; in the order of the file. */
  readonly fields: ReadonlyMap<string, Value>
  /** Of an array. */
  readonly items: readonly Value[]
  /** The error that this value is, or what lacks in it, in one line. */
  readonly wrong: (found: string, wanted: string, path?: string) => SyntaxError
}

/** @throws {SyntaxError} no JSON, a key twice, too large, too deep */
export const readJsonc = ({ name, text }: Source): Value => {
  if (text.length > MOST_OCTETS) throw new SyntaxError(`Cannot read ${name}: found ${text.length} octets, want at most ${MOST_OCTETS}`)
  checkDepth(name, text)
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (error !== undefined) throw new SyntaxError(`Cannot read ${name}: line ${lineOf(text, error.offset)}: ${told(error)}`)
  if (tree === undefined) throw new SyntaxError(`Cannot read ${name}: found nothing, want an object`)
  return valueOf(tree, '', { name, text })
}

const told = ({ error }: ParseError): string =>
  `not JSON:${printParseErrorCode(error).replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`

/** Before the parser, which calls itself for each level. Brackets in strings count too, for which there is room. */
const checkDepth = (name: string, text: string): void => {
  let depth = 0
  for (const [bracket] of text.replace(/"(?:[^"\\\n]|\\.)*"/g, '').matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1
    if (depth > MOST_DEPTH) throw new SyntaxError(`Cannot read ${name}: found more than ${MOST_DEPTH} levels, want fewer`)
  }
}

const lineOf = (text: string, offset: number): number => {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

const valueOf = (node: Node, path: string, source: Source): Value => {
  const { name, text } = source
  const wrong = (found: string, wanted: string, where = path): SyntaxError =>
    new SyntaxError(`Cannot read ${name}: line ${lineOf(text, node.offset)}: ${where === '' ? '' : `${where}: `}found ${found}, want ${wanted}`)
  const fields = new Map<string, Value>()
  if (node.type === 'object') {
    for (const { children: [key, value] = [] } of node.children ?? []) {
      const field = String(key!.value)
      if (fields.has(field)) throw valueOf(key!, pathOf(path, field), source).wrong('this key twice', 'each key once')
      fields.set(field, valueOf(value!, pathOf(path, field), source))
    }
  }
  const items = node.type === 'array' ? (node.children ?? []).map((child, i) => valueOf(child, `${path}[${i}]`, source)) : []
  return { path, kind: node.type as Value['kind'], scalar: node.value, fields, items, wrong }
}

const pathOf = (path: string, key: string): string => {
  const step = /^[A-Za-z0-9_-]{1,64}$/.test(key) ? key : JSON.stringify(key.slice(0, 64))
  return path === '' ? step : `${path}.${step}`
}

/** How a value is called where it should not be. */
export const shown = ({ kind, scalar }: Value): string => {
  if (kind === 'object' || kind === 'array') return `an ${kind}`
  return kind === 'null' ? 'null' : JSON.stringify(typeof scalar === 'string' ? scalar.slice(0, 60) : scalar)
}

/** The value as plain JSON. Objects have no prototype, so that a key may have any name. */
export const plainOf = ({ kind, scalar, fields, items }: Value): unknown => {
  if (kind === 'array') return items.map(plainOf)
  if (kind !== 'object') return kind === 'null' ? null : scalar
  const object = Object.create(null) as Record<string, unknown>
  for (const [key, value] of fields) object[key] = plainOf(value)
  return object
}
