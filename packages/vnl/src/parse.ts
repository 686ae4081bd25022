/** The second step: a tail by the grammar of its scheme. */
import { findFirst, findLast, show, splitUnquoted, unquote } from './quoting.ts'
import type { Tail, TailGrammar } from './tail.ts'

/**
 * Reads the text behind `://`.
 * @throws {SyntaxError} an unknown key, a bracket or brace that is not closed, a nested style without a VNL inside
 */
export const parseTail = (text: string, grammar: TailGrammar): Tail => {
  if (grammar.style === 'raw') return { path: text, params: new Map(), inner: '' }
  const isNested = grammar.style === 'nested-address' || grammar.style === 'nested-path'
  const { outer, inner } = isNested ? splitNested(text, grammar.name) : { outer: text, inner: '' }
  const isPath = grammar.style === 'path' || grammar.style === 'nested-path'
  const { path, parts } = isPath ? splitPath(outer, grammar.name) : splitAddress(outer)
  return { path: unquote(path), params: parseParams(parts, grammar), inner }
}

const splitNested = (text: string, name: string): { outer: string, inner: string } => {
  const open = findFirst(text, '{')
  const example = `want ${name}://...{another VNL}`
  if (open === -1) throw new SyntaxError(`Cannot read VNL ${show(`${name}://${text}`)}: no VNL in braces, ${example}`)
  // Quotes inside stay for the inner parser; text behind the last brace is ignored.
  const close = findLast(text, '}', open + 1)
  if (close === -1) throw new SyntaxError(`Cannot read VNL ${show(`${name}://${text}`)}: found "{" that is not closed, ${example}`)
  const inner = text.substring(open + 1, close)
  if (inner.trim() === '') throw new SyntaxError(`Cannot read VNL ${show(`${name}://${text}`)}: found empty braces, ${example}`)
  return { outer: text.substring(0, open), inner }
}

const splitPath = (text: string, name: string): { path: string, parts: string[] } => {
  const open = findFirst(text, '[')
  if (open === -1) return { path: text, parts: [] }
  const close = findLast(text, ']', open + 1)
  if (close === -1) {
    throw new SyntaxError(`Cannot read VNL ${show(`${name}://${text}`)}: found "[" that is not closed, want path[key=value] or a quoted "["`)
  }
  return { path: text.substring(0, open), parts: splitUnquoted(text.substring(open + 1, close), '/') }
}

const splitAddress = (text: string): { path: string, parts: string[] } => {
  const [path, ...parts] = splitUnquoted(text, '/')
  return { path: path ?? '', parts }
}

const parseParams = (parts: readonly string[], grammar: TailGrammar): ReadonlyMap<string, string> => {
  // A Map and own keys only: nothing typed (`__proto__`) reaches an object's prototype.
  const keys = Object.keys(grammar.params)
  const params = new Map<string, string>()
  for (const part of parts) {
    const token = unquote(part)
    const equals = token.indexOf('=')
    const typed = equals === -1 ? token : token.substring(0, equals)
    if (typed === '') continue
    const key = keys.find((known) => known.startsWith(typed))
    if (key === undefined && !(grammar.positional === true && equals === -1)) throw unknownKey(typed, keys, grammar.name)
    const value = equals === -1 ? '' : token.substring(equals + 1)
    // The last one wins, also in order.
    params.delete(key ?? '')
    params.set(key ?? '', key === undefined ? token : value)
  }
  return params
}

const unknownKey = (typed: string, keys: readonly string[], name: string): SyntaxError => {
  const wanted = keys.length === 0 ? 'it has none' : `want one of ${keys.join(', ')}`
  return new SyntaxError(`Cannot read parameters of ${name}://: unknown key ${show(typed)}, ${wanted}`)
}
