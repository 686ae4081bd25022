/** Options of LSDN's commands: `-name x`, flags, in any place, shortened to any beginning that is one option's. */
import { TclError } from '../tcl/error.ts'

/** Options by name; true: it takes a value. */
export type OptionTable = Readonly<Record<string, boolean>>

/** What was given. */
export interface Given {
  has (name: string): boolean
  text (name: string): string | undefined
  /** Words that are no options. */
  readonly words: readonly string[]
}

/**
 * Reads the words of a command.
 * @throws {TclError} an unknown or ambiguous option, one without its value, more words than `most`
 */
export const readOptions = (words: readonly string[], table: OptionTable, most: number, command: string): Given => {
  const found = new Map<string, string>()
  const rest: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (!/^-[A-Za-z]/.test(word)) { rest.push(word); continue }
    const name = wholeOption(word, table, command)
    const value = table[name] === true ? words[++i] : ''
    if (value === undefined) throw new TclError(`"${word}" option requires an additional argument`)
    found.set(name, value)
  }
  if (rest.length > most) throw new TclError(`wrong # args: ${command} does not know what to do with "${rest[most]!.slice(0, 60)}"`)
  return { has: (name) => found.has(name), text: (name) => found.get(name), words: rest }
}

const wholeOption = (word: string, table: OptionTable, command: string): string => {
  const typed = word.slice(1)
  if (Object.hasOwn(table, typed)) return typed
  const fits = Object.keys(table).filter((name) => name.startsWith(typed))
  if (fits.length === 1) return fits[0]!
  const names = Object.keys(table).map((name) => `-${name}`).join(', ')
  throw new TclError(fits.length === 0 ? `unrecognized argument "${word}" of ${command}: want one of ${names}` : `ambiguous option "${word}": ${fits.map((name) => `-${name}`).join(', ')}`)
}

/** The word of a list that is typed, or begun so that it is only one. @throws {TclError} */
export const wholeWord = <T extends string>(typed: string, list: readonly T[], what: string): T => {
  const exact = list.find((one) => one === typed)
  const fits = list.filter((one) => one.startsWith(typed))
  if (exact !== undefined || fits.length === 1) return exact ?? fits[0]!
  throw new TclError(`bad ${what} "${typed.slice(0, 60)}": must be one of ${list.join(', ')}`)
}
