/** The whole of a VNL: every scheme of it with its tail, before anything is opened. */
import { isNested, parseTail } from './parse.ts'
import { VnlError } from './problem.ts'
import { splitScheme } from './scheme.ts'
import type { Tail, TailGrammar } from './tail.ts'

/** Networks inside of each other. More serve nobody, and the bound keeps reading linear in the length of the text. */
export const MAX_NESTING = 16

/** One level of a VNL. */
export interface VnlNode<Grammar extends TailGrammar = TailGrammar> {
  /** As typed, and where that begins in the whole. */
  readonly text: string
  readonly at: number
  /** Null: a bare path, which may be a switch or an indirect file. */
  readonly grammar: Grammar | null
  readonly tail: Tail
  /** The network in braces; null: none. */
  readonly inner: VnlNode<Grammar> | null
}

/**
 * Reads a VNL with all that is nested in it.
 * @param grammarOf the grammar of a scheme; throws for an unknown one
 * @throws {VnlError} also what `grammarOf` throws
 */
export const parseVnl = <Grammar extends TailGrammar> (
  text: string, grammarOf: (name: string, at: number) => Grammar, at: number = 0, depth: number = 1
): VnlNode<Grammar> => {
  if (depth > MAX_NESTING) throw new VnlError(at, `found more than ${MAX_NESTING} networks inside of each other, want fewer`)
  const { scheme, tail: rest } = splitScheme(text, at)
  if (scheme === null) {
    return { text, at, grammar: null, tail: { path: text, params: new Map(), inner: '', innerAt: at + text.length }, inner: null }
  }
  const grammar = grammarOf(scheme, at)
  const tail = parseTail(rest, grammar, at + text.length - rest.length)
  const inner = isNested(grammar.style) ? parseVnl(tail.inner, grammarOf, tail.innerAt, depth + 1) : null
  return { text, at, grammar, tail, inner }
}
