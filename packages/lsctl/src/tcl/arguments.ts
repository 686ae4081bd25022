/** How many words a command takes. */
import { TclError } from './error.ts'

/** @param usage of the command: `set varName ?newValue?`. @throws {TclError} it is more or less */
export const count = (words: readonly string[], least: number, most: number, usage: string): void => {
  if (words.length < least || words.length > most) throw new TclError(`wrong # args: should be "${usage}"`)
}

/** The command of a table that a word names. @throws {TclError} it names none */
export const sub = <T>(table: Readonly<Record<string, T>>, word: string | undefined, command: string): T => {
  if (word !== undefined && Object.hasOwn(table, word)) return table[word]!
  throw new TclError(`unknown subcommand "${word ?? ''}" of ${command}: must be one of ${Object.keys(table).join(', ')}`)
}
