/**
 * LSDN's configuration language: an interpreter of the Tcl that its scripts use, with its commands on a network.
 *
 *     script --> Interpreter --> Network (working model) --commit--> whoever carries out the plan
 *
 * One reader has one interpreter and one network; variables, procedures and the model stay from script to script, as they do
 * in a daemon. There is no command that runs a program.
 */
import type { Network } from '@vde-ts/model/network.js'
import { declareCommands } from './commands/declare.ts'
import { restrictCommands } from './commands/restrict.ts'
import { Session, type Outside } from './commands/session.ts'
import { wholeCommands } from './commands/whole.ts'
import { count } from './tcl/arguments.ts'
import { CONTROL } from './tcl/control.ts'
import { LimitError, TclError } from './tcl/error.ts'
import { Interpreter, LIMITS, type Run } from './tcl/interpreter.ts'
import { formatList } from './tcl/list.ts'
import { parseScript } from './tcl/parse.ts'
import { TEXT } from './tcl/text.ts'
import { VALUES } from './tcl/values.ts'

export type { Outside } from './commands/session.ts'

/** How a script ended. */
export type Outcome = { readonly ok: true, readonly value: string } | { readonly ok: false, readonly message: string }

/** What a script finds. */
export interface Surroundings {
  readonly argv0: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/** See above. */
export class Lsctl {
  readonly #session: Session
  readonly #interpreter: Interpreter

  constructor (outside: Outside, { argv0, argv, env }: Surroundings, network?: Network) {
    this.#session = new Session(outside, network)
    const own = { ...declareCommands(this.#session), ...restrictCommands(this.#session), ...wholeCommands(this.#session) }
    const commands = Object.entries({ ...CONTROL, ...VALUES, ...TEXT, ...outsideCommands(outside) })
    this.#interpreter = new Interpreter([...commands, ...Object.entries(own).map(([name, run]) => [`lsdn::${name}`, run] as const)], LIMITS)
    this.#interpreter.set('argv0', argv0)
    this.#interpreter.set('argv', formatList(argv))
    this.#interpreter.set('argc', String(argv.length))
    for (const [name, value] of Object.entries(env)) if (value !== undefined) this.#interpreter.set(`env(${name})`, value)
  }

  /** The network as it is declared, and running. */
  get network (): Network { return this.#session.network }

  /** Runs a script to its end or its first error that it does not catch. */
  async run (script: string): Promise<Outcome> {
    this.#session.restart()
    try {
      return { ok: true, value: await this.#interpreter.run(script) }
    } catch (error) {
      if (error instanceof TclError) return { ok: false, message: [error.message, ...error.trace.map((line) => `    in ${line}`)].join('\n') }
      if (error instanceof LimitError) return { ok: false, message: `the script does not end by itself: ${error.message}` }
      throw error
    }
  }
}

const puts = (outside: Outside): Run => (words) => {
  const rest = words[0] === '-nonewline' ? words.slice(1) : words
  count(rest, 1, 2, 'puts ?-nonewline? ?channelId? string')
  if (rest.length === 2 && rest[0] !== 'stdout' && rest[0] !== 'stderr') throw new TclError(`can not find channel named "${rest[0]!.slice(0, 60)}"`)
  const write = rest.length === 2 && rest[0] === 'stderr' ? outside.err : outside.out
  write(rest.at(-1)!)
  return ''
}

const source = (outside: Outside): Run => async (words, interpreter) => {
  count(words, 1, 1, 'source fileName')
  let text: string
  try {
    text = outside.readFile(words[0]!)
  } catch (error) {
    throw new TclError(`couldn't read file "${words[0]!.slice(0, 200)}": ${(error as Error).message}`)
  }
  return await interpreter.eval(text)
}

/** `package require lsdn` of scripts for tclsh is answered as LSDN's package did. */
const packageCommand: Run = (words) => {
  if (words[0] === 'require' && (words[1] === 'lsdn' || words[1] === 'Tcl')) return words[1] === 'lsdn' ? '1.0' : '8.6'
  throw new TclError(`can't find package ${words.at(-1) ?? ''}`)
}

const outsideCommands = (outside: Outside): Readonly<Record<string, Run>> =>
  ({ puts: puts(outside), source: source(outside), package: packageCommand })

/** Whether a text is whole commands: false while a brace, bracket or quote is open, so that more lines are wanted. */
export const isComplete = (text: string): boolean => {
  try {
    parseScript(text)
    return !/(?:^|[^\\])(?:\\\\)*\\\n?$/.test(text)
  } catch (error) {
    if (error instanceof TclError) return !error.message.startsWith('missing')
    throw error
  }
}
