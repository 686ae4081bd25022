/** Impairments and ends of links. */
import { parseWords, splitWords } from '@vde-ts/impair/change.js'
import type { Cable, End } from '@vde-ts/model/model.js'
import { pathText, type Path } from '@vde-ts/strict-yaml/finding.js'
import type { Notes } from './notes.ts'
import type { RawLink, RawWord, RawWords } from './raw.ts'

/** A table of delays is a file, which only whoever runs the network reads. Here its name passes. */
const NO_FILES = { readFile: (): string => '1' }

const spelled = (value: RawWord): string => typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)

/**
 * The words of a link as a line.
 * @param sides what the file calls the directions, and what the engine does
 */
export const wordsOf = (notes: Notes, path: Path, raw: RawWords, sides: Readonly<Record<string, string>>): string => {
  const words = Object.entries(raw).flatMap(([name, value]): Word[] => {
    if (typeof value !== 'object') return [{ path: [...path, name], word: `${name}=${spelled(value)}` }]
    return Object.entries(value).map(([side, one]) => ({ path: [...path, name, side], word: `${sides[side]}.${name}=${spelled(one)}` }))
  })
  return words.filter((one) => isReadable(notes, one)).map(({ word }) => word).join(' ')
}

interface Word { readonly path: Path, readonly word: string }

const isReadable = (notes: Notes, { path, word }: Word): boolean => {
  try {
    if (/\s/.test(word)) throw new SyntaxError(`found blanks in "${word.slice(0, 60)}", want none`)
    parseWords(splitWords(word), NO_FILES)
    return true
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    notes.refuse(path, error.message, 'IMPAIR_INVALID')
    return false
  }
}

/** An end as it is written: `r:eth1`. */
const endOf = (text: string): End | null => {
  const [, node, iface] = /^([^\s/:]+):([^\s/:]{1,15})$/.exec(text) ?? []
  return node === undefined || iface === undefined ? null : { node, iface }
}

/** Name of a link that was given none. */
const linkName = (a: End, b: End): string => `${a.node}:${a.iface}--${b.node}:${b.iface}`

/** A link; null: an end cannot be read. */
export const cableOf = (notes: Notes, path: Path, raw: RawLink): Cable | null => {
  const { name: given, a: left, b: right, ...words } = raw
  const a = notes.value([...path, 'a'], left, 'NODE:INTERFACE', endOf)
  const b = notes.value([...path, 'b'], right, 'NODE:INTERFACE', endOf)
  const impair = wordsOf(notes, path, words as RawWords, { 'a-b': 'out', 'b-a': 'in' })
  if (a === null || b === null) return null
  const name = given ?? linkName(a, b)
  const before = notes.sources.get(`link ${name}`)
  if (before !== undefined) notes.refuse(path, `found link "${name}" twice, the other is ${pathText(before)}`, 'NAME_DUPLICATE')
  notes.declare('link', name, path)
  return { name, a, b, impair }
}
