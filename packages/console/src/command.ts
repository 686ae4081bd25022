/**
 * Console commands as tables: the dispatcher, `help`, completion and the manual page read the same rows.
 *
 *     { path: 'port/create', syntax: 'N', help: 'make port N', run: ({ ports }, args) => { ports.create(args.int(0, 'N')) } }
 *
 * A row without `run` is a menu: a heading in `help`, not a command.
 */
import { VdeError } from '@vde-ts/link'
import type { Subscriber } from './events.ts'
import type { Console } from './console.ts'

/** How a command ends its session. */
export type Ending = 'logout' | 'shutdown'

/** Where a command was given, for the few that care. */
export interface Call<C> {
  readonly console: Console<C>
  /** Receives events; null where nobody listens, such as the start-up file. */
  readonly subscriber: Subscriber | null
  /** How many `load` deep. */
  readonly depth: number
}

/** A heading of `help`, such as `port` above `port/print`. Typed, it is an unknown command. */
export interface Menu {
  readonly path: string
  readonly help: string
  /** As of a {@link Command}. */
  readonly isOurs?: boolean
}

/** One command: what `help` says of it, and what it does. `C` is what the commands of a console work on. */
export interface Command<C> {
  /** Words joined by `/`, what is typed. */
  readonly path: string
  /** Arguments as `help` shows them. */
  readonly syntax: string
  readonly help: string
  /** Ours, not the original's: `help` marks it. */
  readonly isOurs?: boolean
  /**
   * What is yielded: `none` nothing; `data` lines without their newline, sent as a data block, also when the command
   * fails; `raw` text that goes out as it is.
   */
  readonly output?: 'none' | 'data' | 'raw'
  /** Wants somebody who listens: answered EBADF without. */
  readonly wantsSession?: boolean
  readonly ends?: Ending
  /** Starts what it needs first; null: there is all of it. Sessions wait; a script that does not finds {@link run} refusing. */
  readonly ready?: (context: C) => Promise<unknown> | null
  /** Has turned its session into a stream of events when it succeeds: no status follows. Not in scripts. */
  readonly isStream?: boolean
  /**
   * @throws {VdeError} becomes the status `1eee`
   */
  readonly run: (context: C, args: Args, call: Call<C>) => Iterable<string> | void
  /** The same as a value, for `--json`. A generator is sent as an array without holding all of it. */
  readonly json?: (context: C, args: Args, call: Call<C>) => unknown
}

/** A line of `help`. */
export type Row<C> = Command<C> | Menu

/** Whether a row can be executed. */
export const isCommand = <C>(row: Row<C>): row is Command<C> => 'run' in row

/** The words after the command. Numbers are decimal whatever zeros they start with, or hexadecimal after `0x`. */
export class Args {
  readonly words: readonly string[]

  constructor (words: readonly string[]) { this.words = words }

  get count (): number { return this.words.length }

  /** Word `index`. @throws {VdeError} EINVAL when absent */
  word (index: number, name: string): string {
    const word = this.words[index]
    if (word === undefined) throw new VdeError('EINVAL', `read ${name}`, `word ${index + 1} is missing`)
    return word
  }

  /** Whole number `index`, between `min` and `max`. @throws {VdeError} EINVAL */
  int (index: number, name: string, min: number = Number.MIN_SAFE_INTEGER, max: number = Number.MAX_SAFE_INTEGER): number {
    const word = this.word(index, name)
    const value = /^(?:[+-]?\d+|0[xX][0-9a-fA-F]+)$/.test(word) ? Number(word) : NaN
    if (value >= min && value <= max) return value
    throw new VdeError('EINVAL', `read ${name}`, `got "${word}", want a whole number${rangeText(min, max)}`)
  }

  /** As {@link int}, undefined when the word is absent. */
  optionalInt (index: number, name: string, min?: number, max?: number): number | undefined {
    return index < this.words.length ? this.int(index, name, min, max) : undefined
  }

  /** 0 or any other number, as a switch. */
  flag (index: number, name: string): boolean { return this.int(index, name) !== 0 }
}

const rangeText = (min: number, max: number): string =>
  min === Number.MIN_SAFE_INTEGER || max === Number.MAX_SAFE_INTEGER ? '' : ` in ${min}..${max}`

/** The rows of one console, in the order of its `help`. */
export class CommandTable<C> {
  #rows: ReadonlyArray<Row<C>> = []
  /** Arguments may follow a command without a blank, as in `delay100`: the first command that the line begins with is meant. */
  isGlued = false
  readonly #commands = new Map<string, Command<C>>()

  constructor (...tables: ReadonlyArray<ReadonlyArray<Row<C>>>) {
    for (const rows of tables) this.add(rows)
  }

  get rows (): ReadonlyArray<Row<C>> { return this.#rows }

  /** More rows, behind the others. */
  add (rows: ReadonlyArray<Row<C>>): void {
    for (const row of rows) {
      if (!isCommand(row)) continue
      if (this.#commands.has(row.path)) throw new RangeError(`Command "${row.path}" is in the table twice`)
      this.#commands.set(row.path, row)
    }
    this.#rows = [...this.#rows, ...rows]
  }

  /** Takes them out again. */
  remove (rows: ReadonlyArray<Row<C>>): void {
    this.#rows = this.#rows.filter((row) => !rows.includes(row))
    for (const row of rows) this.#commands.delete(row.path)
  }

  /** The command whose whole path is `word`. Nothing is abbreviated, nothing may follow without a blank. */
  find (word: string): Command<C> | undefined {
    const exact = this.#commands.get(word)
    if (exact !== undefined || !this.isGlued) return exact
    for (const [path, command] of this.#commands) if (word.startsWith(path)) return command
    return undefined
  }

  /** Lines of `help`, limited to paths that start with `prefix`. */
  * help (prefix: string): Generator<string> {
    yield 'COMMAND PATH       SYNTAX          HELP'
    yield '------------       --------------  ------------'
    for (const row of this.rows) {
      if (row.path.startsWith(prefix)) yield helpLine(row)
    }
  }
}

// Other programs build their completion from this: first word of each line after the dashes, menus by the next line's prefix.
const helpLine = <C>(row: Row<C>): string => {
  const syntax = isCommand(row) ? row.syntax : '============'
  const mark = row.isOurs === true ? ' (vde-ts)' : ''
  return `${row.path.padEnd(18)} ${syntax.padEnd(15)} ${row.help}${mark}`
}
