/** Tcl's lists: text whose elements are parted by blanks and held together by braces. */
import { TclError } from './error.ts'

/** The elements. @throws {TclError} it is no list */
export const parseList = (text: string): string[] => {
  const items: string[] = []
  let at = 0
  for (;;) {
    while (at < text.length && /\s/.test(text[at]!)) at++
    if (at >= text.length) return items
    const [item, end] = text[at] === '{' ? braced(text, at) : text[at] === '"' ? quoted(text, at) : bare(text, at)
    if (end < text.length && !/\s/.test(text[end]!)) throw new TclError('list element is followed by other characters than blanks')
    items.push(item)
    at = end
  }
}

const braced = (text: string, start: number): [string, number] => {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return [text.slice(start + 1, at), at + 1]
  }
  throw new TclError('unmatched open brace in list')
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

const quoted = (text: string, start: number): [string, number] => {
  let item = ''
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return [item, at + 1]
    if (text[at] === '\\') at++
    item += text[at] ?? ''
  }
  throw new TclError('unmatched open quote in list')
}

const bare = (text: string, start: number): [string, number] => {
  let item = ''
  let at = start
  for (; at < text.length && !/\s/.test(text[at]!); at++) {
    if (text[at] !== '\\') { item += text[at]; continue }
    at++
    item += ESCAPES[text[at] ?? ''] ?? text[at] ?? ''
  }
  return [item, at]
}

/** An element so that it is one. */
export const quoteItem = (item: string): string => {
  if (item === '') return '{}'
  if (!/[\s;"$[\]{}\\]/.test(item) && !item.startsWith('#')) return item
  if (isBalanced(item)) return `{${item}}`
  return item.replaceAll(/[\s;"$[\]{}\\#]/g, (c) => c === '\n' ? '\\n' : `\\${c}`)
}

/** Braces that match, none behind a backslash, no backslash at the end. */
const isBalanced = (item: string): boolean => {
  if (item.includes('\\')) return false
  let depth = 0
  for (const c of item) {
    if (c === '{') depth++
    if (c === '}' && --depth < 0) return false
  }
  return depth === 0
}

/** A list of the elements. */
export const formatList = (items: readonly string[]): string => items.map(quoteItem).join(' ')
