/** The options of a link in CORE's XML, as words of the impairment engine. */
import type { XmlElement } from './xml.ts'

/** Attribute, the word it is, the largest it may be, and its unit in the word. Earlier names stand behind. */
const OPTIONS: ReadonlyArray<readonly [names: readonly string[], word: string, most: number, unit: string]> = [
  [['bandwidth'], 'rate', 1e12, 'bit'],
  [['delay'], 'delay', 1e9, 'us'],
  [['jitter'], 'jitter', 1e9, 'us'],
  [['loss', 'per'], 'loss', 100, '%'],
  [['dup'], 'dup', 100, '%'],
  [['buffer'], 'queue', 1e6, 'frames']
]

/** Makes the error of the caller's file. */
export type Wrong = (found: string, wanted: string) => SyntaxError

/** From node1 to node2, and back. One-way options are of the first only. @throws {SyntaxError} a value that cannot be */
export const wordsOf = (link: XmlElement, wrong: Wrong): { readonly out: string, readonly into: string } => {
  const options = link.children.find(({ name }) => name === 'options')?.attributes
  if (options === undefined) return { out: '', into: '' }
  const words: string[] = []
  for (const [names, word, most, unit] of OPTIONS) {
    const name = names.find((one) => options.has(one))
    if (name === undefined) continue
    const text = options.get(name)!
    const value = /^\d{1,13}(\.\d{1,9})?$/.test(text) ? Number(text) : NaN
    if (!(value <= most)) throw wrong(`${name} "${text.slice(0, 40)}"`, `a number of 0 to ${most}`)
    if (value > 0) words.push(`${word}=${text}${unit}`)
  }
  const isOneWay = ['1', 'true', 'True'].includes(options.get('unidirectional') ?? '')
  return { out: words.join(' '), into: isOneWay ? '' : words.join(' ') }
}
