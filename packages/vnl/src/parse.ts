/**
 * The second step: a tail by the grammar of its scheme.
 *
 *     4/qinq[tag=5]{agno://{vde://x}}ignored
 *     ^ outer      ^ inner           ^
 *
 * Each step looks at each character a bounded number of times. Positions are those of the VNL, not of the tail.
 */
import { VnlError } from './problem.ts'
import { findFirst, findLast, splitUnquoted, unquote } from './quoting.ts'
import { show } from './show.ts'
import type { Tail, TailGrammar, TailStyle } from './tail.ts'

/** A piece of the VNL, still quoted, and where it begins. */
interface Piece { readonly text: string, readonly at: number }

/**
 * Reads the text behind `://`.
 * @param at where that text begins in the VNL: what messages count from
 * @throws {VnlError} an unknown key, a bracket or brace that is not closed, a nested style without a VNL inside
 */
export const parseTail = (text: string, grammar: TailGrammar, at: number = 0): Tail => {
  if (grammar.style === 'raw') return { path: text, params: new Map(), inner: '', innerAt: at + text.length }
  const whole = { text, at }
  const { outer, inner } = isNested(grammar.style) ? splitNested(whole, grammar.name) : { outer: whole, inner: nothing(whole) }
  const { path, parts } = split(outer, grammar)
  return { path: unquote(path.text, path.at), params: parseParams(parts, grammar), inner: inner.text, innerAt: inner.at }
}

/** True when a VNL in braces belongs to the tail. */
export const isNested = (style: TailStyle): boolean => style === 'nested-address' || style === 'nested-path'

const nothing = ({ text, at }: Piece): Piece => ({ text: '', at: at + text.length })

const splitNested = ({ text, at }: Piece, name: string): { outer: Piece, inner: Piece } => {
  const open = findFirst(text, '{')
  const example = `want ${name}://...{another VNL}`
  if (open === -1) throw new VnlError(at + text.length, `no VNL in braces, ${example}`)
  // Quotes inside stay for the inner parser; text behind the last brace is ignored.
  const close = findLast(text, '}', open + 1)
  if (close === -1) throw new VnlError(at + open, `found "{" that is not closed, ${example}`)
  const inner = text.substring(open + 1, close)
  if (inner.trim() === '') throw new VnlError(at + open, `found empty braces, ${example}`)
  return { outer: { text: text.substring(0, open), at }, inner: { text: inner, at: at + open + 1 } }
}

interface Split { readonly path: Piece, readonly parts: readonly Piece[] }

/** A nested address takes its options in either form, `3/qinq` and `3[qinq]`: people were taught both. */
const split = (outer: Piece, { style }: TailGrammar): Split => {
  if (style === 'address') return splitAddress(outer)
  const { path, parts } = splitBracket(outer)
  if (style !== 'nested-address') return { path, parts }
  const slashed = splitAddress(path)
  return { path: slashed.path, parts: [...slashed.parts, ...parts] }
}

const splitBracket = ({ text, at }: Piece): Split => {
  const open = findFirst(text, '[')
  if (open === -1) return { path: { text, at }, parts: [] }
  const close = findLast(text, ']', open + 1)
  if (close === -1) throw new VnlError(at + open, 'found "[" that is not closed, want path[key=value] or a quoted "["')
  const inside = { text: text.substring(open + 1, close), at: at + open + 1 }
  return { path: { text: text.substring(0, open), at }, parts: pieces(inside) }
}

const splitAddress = (outer: Piece): Split => {
  const [path, ...parts] = pieces(outer)
  return { path: path ?? outer, parts }
}

const pieces = ({ text, at }: Piece): Piece[] => {
  let next = at
  return splitUnquoted(text, '/').map((part) => {
    const piece = { text: part, at: next }
    next += part.length + 1
    return piece
  })
}

const parseParams = (parts: readonly Piece[], grammar: TailGrammar): ReadonlyMap<string, string> => {
  // A Map and own keys only: nothing typed (`__proto__`) reaches an object's prototype.
  const keys = Object.keys(grammar.params)
  const params = new Map<string, string>()
  for (const part of parts) {
    const token = unquote(part.text, part.at)
    const equals = token.indexOf('=')
    const typed = equals === -1 ? token : token.substring(0, equals)
    if (typed === '') continue
    const prefix = grammar.prefixes?.find((known) => typed.startsWith(known)) ?? ''
    const found = keys.find((known) => known.startsWith(typed.substring(prefix.length)))
    const key = found === undefined ? undefined : prefix + found
    if (key === undefined && !(grammar.positional === true && equals === -1)) throw unknownKey(part.at, typed, keys, grammar.name)
    const value = equals === -1 ? '' : token.substring(equals + 1)
    // The last one wins, also in order.
    params.delete(key ?? '')
    params.set(key ?? '', key === undefined ? token : value)
  }
  return params
}

const unknownKey = (at: number, typed: string, keys: readonly string[], name: string): VnlError => {
  const wanted = keys.length === 0 ? `${name}:// has none` : `want one of ${keys.join(', ')}`
  return new VnlError(at, `unknown key: ${show(typed)}, ${wanted}`)
}
