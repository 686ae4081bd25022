/**
 * What a command takes, as a table, and the reader of it. Parser, `--help` and the man page come from the same table.
 *
 *     argv --> canonical() --> --name==value ... -- operands --> yargs' parser --> Parsed
 *
 * VDE users type what getopt_long_only takes: `-sock X`, `-sock=X`, `-mod 777`, `-hub`, `-daemon`, `--vdesock X`, `-p5`,
 * `-dx`, and any abbreviation that fits one option. canonical() turns each of these into the one spelling yargs reads.
 * Nothing here knows a process: text in, values or a {@link UsageError} out.
 */
import { Parser } from 'yargs/helpers'

export { helpText, optionsRoff } from './help.ts'

/** One option. */
export interface Option {
  /** The long name, as typed after `--`. */
  readonly name: string
  /** One letter. */
  readonly short?: string
  /** Other long names, equally good. */
  readonly aliases?: readonly string[]
  /** Taken whole only: an abbreviation of the original's options must not become ambiguous by ours. */
  readonly isWhole?: boolean
  /** What to call the value in help texts; absent: a flag, which takes none. */
  readonly value?: string
  /** The value may be left out; then it is only read when attached (`--name=value`, `-xvalue`). */
  readonly optional?: boolean
  /** May be given several times; else the last one counts. */
  readonly many?: boolean
  /** Not shown in help; for spellings that live on in old scripts. */
  readonly hidden?: boolean
  /** A sentence or two, no full stop at the end of the last. */
  readonly help: string
}

/** What an operand is, for completion: a VNL, the first word of a command (all behind it is its), or one of some words. */
export type OperandKind = 'vnl' | 'command' | readonly string[]

/** Everything about the command line of one command, and its man page's facts. */
export interface CommandSpec {
  readonly name: string
  /** For NAME of the man page: a clause in lower case. */
  readonly summary: string
  /** What may follow the name, a line each: `[OPTIONS] [VNL]`. */
  readonly synopsis: readonly string[]
  /** Paragraphs for people. */
  readonly description?: readonly string[]
  readonly options: readonly Option[]
  /** What its operands are, the last also for those that follow; absent: files. */
  readonly operands?: readonly OperandKind[]
  /** True: the first operand ends the options, as in `vdens VNL cmd -x`. Else options may follow operands. */
  readonly stopAtOperand: boolean
  /** An unknown option is a line on stderr and no more, or ends the start. */
  readonly unknown: 'warn' | 'refuse'
  readonly exit: {
    readonly usage: number
    readonly help: number
    /** Where help goes; absent: stdout. */
    readonly helpOn?: 'stdout' | 'stderr'
    /** For the man page: status, and when. */
    readonly statuses: ReadonlyArray<readonly [status: string, meaning: string]>
  }
  /** `-name` is read as `--name` where no cluster of letters fits (getopt_long_only). */
  readonly singleDashLong: boolean
  /** Operands that part the line, such as `=`: from the first of them on everything is `rest`. */
  readonly operandSeparators?: readonly string[]
  /** Descriptors the caller left open are handed on to the commands it starts. */
  readonly handsOn?: boolean
  /** It goes to the background, unless this option is given. Commands without it do so with `daemon`. */
  readonly foreground?: string
  /** Signals that do nothing to it. */
  readonly ignores?: readonly NodeJS.Signals[]
}

/** The values of a command line, by the options' long names. */
export interface Values {
  has (name: string): boolean
  /** The last value given; undefined when none was, or the value was left out. */
  text (name: string): string | undefined
  /** Every value, in the order typed. */
  list (name: string): readonly string[]
}

/** A command line that was read. */
export interface Parsed {
  readonly values: Values
  readonly operands: readonly string[]
  /** From the first separator among the operands on, itself included; empty without one. */
  readonly rest: readonly string[]
  /** A `--` ended the options, before the first operand; it is not among the operands. */
  readonly isSeparated: boolean
  /** Complaints about options that are passed over (`unknown: 'warn'`). */
  readonly warnings: readonly string[]
}

/** The command line cannot be read; the message is for people. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Options that commands share. */
export const HELP: Option = { name: 'help', short: 'h', help: 'Show this text' }
/** Without a letter: -v means other things in some commands. */
export const VERSION: Option = { name: 'version', help: 'Show the version' }
/** What VDE programs have always ignored. Among them is USR1, with which Node would open its debugger. */
export const IGNORED: readonly NodeJS.Signals[] =
  ['SIGALRM', 'SIGUSR1', 'SIGUSR2', 'SIGPROF', 'SIGVTALRM', 'SIGIO', 'SIGSTKFLT', 'SIGPWR']
/** For commands that go to the background. */
export const DAEMON: Option = {
  name: 'daemon', short: 'd', help: 'Go on in the background; returns when everything is ready, or with the reason why not'
}

/** @throws {UsageError} an option lacks its value, or (`unknown: 'refuse'`) is none of the command's */
export const parse = (spec: CommandSpec, argv: readonly string[]): Parsed => {
  const { args, operands, warnings, isSeparated } = canonical(spec, argv)
  const names = (test: (o: Option) => boolean): string[] => spec.options.filter(test).map((o) => o.name)
  const read = Parser(args, {
    boolean: names((o) => o.value === undefined),
    string: names((o) => o.value !== undefined),
    configuration: YARGS
  }) as Record<string, unknown>
  const given = new Map<string, readonly string[]>()
  for (const { name } of spec.options) {
    if (read[name] !== undefined) given.set(name, [read[name]].flat().map((v) => typeof v === 'string' ? v : ''))
  }
  const cut = operands.findIndex((o) => spec.operandSeparators?.includes(o))
  return {
    values: valuesOf(given),
    operands: cut < 0 ? operands : operands.slice(0, cut),
    rest: cut < 0 ? [] : operands.slice(cut),
    isSeparated,
    warnings
  }
}

/** What yargs would add on its own is switched off: the table says everything. */
const YARGS = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'short-option-groups': false
}

// yargs takes the quotes off a value that starts and ends with one, and reads a lone `--name` as no value. Each value is
// handed over behind this mark, so it stays as typed.
const MARK = ':'

const valuesOf = (given: ReadonlyMap<string, readonly string[]>): Values => {
  const list = (name: string): readonly string[] =>
    (given.get(name) ?? []).filter((v) => v.startsWith(MARK)).map((v) => v.slice(1))
  return { has: (name) => given.has(name), text: (name) => list(name).at(-1), list }
}

interface Canonical { readonly args: string[], readonly operands: string[], readonly warnings: string[], isSeparated: boolean }

/** Rewrites `argv` as `--name=:value` and `--flag` only, in the order typed. */
const canonical = (spec: CommandSpec, argv: readonly string[]): Canonical => {
  const out: Canonical = { args: [], operands: [], warnings: [], isSeparated: false }
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (word === '--') {
      out.isSeparated = out.operands.length === 0
      out.operands.push(...argv.slice(i + 1))
      break
    }
    if (word === '-' || !word.startsWith('-')) {
      if (!spec.stopAtOperand && !spec.operandSeparators?.includes(word)) {
        out.operands.push(word)
        continue
      }
      out.operands.push(...argv.slice(i))
      break
    }
    if (readOption(spec, word, argv[i + 1], out)) i++
  }
  return out
}

/** Reads the option `word`. @returns whether the word behind it was its value */
const readOption = (spec: CommandSpec, word: string, next: string | undefined, out: Canonical): boolean => {
  const isDouble = word.startsWith('--')
  const isLetter = (c: string | undefined): boolean => spec.options.some((o) => o.short === c)
  const equals = word.indexOf('=')
  const typed = word.slice(isDouble ? 2 : 1, equals < 0 ? undefined : equals)
  if (isDouble || (spec.singleDashLong && (word.length > 2 || !isLetter(word[1])))) {
    const found = findLong(spec, typed)
    if (found.length === 1) return emit(found[0]!, word, equals < 0 ? undefined : word.slice(equals + 1), next, out)
    // getopt_long_only: `-s/tmp/x` is no long option, but starts with a letter that is one.
    if (isDouble || !isLetter(word[1])) {
      complain(spec, found.length === 0 ? `unknown option '${word}'` : ambiguous(word, found), out)
      return false
    }
  }
  return readCluster(spec, word, next, out)
}

/** `-dx`, `-p5`, `-p 5`: letters, the first one that takes a value takes what is left of the word. */
const readCluster = (spec: CommandSpec, word: string, next: string | undefined, out: Canonical): boolean => {
  for (let i = 1; i < word.length; i++) {
    const option = spec.options.find((o) => o.short === word[i])
    if (option === undefined) {
      complain(spec, `unknown option '-${word[i]}'`, out)
      continue
    }
    if (option.value === undefined) {
      out.args.push(`--${option.name}`)
      continue
    }
    return emit(option, `-${word[i]}`, i + 1 < word.length ? word.slice(i + 1) : undefined, next, out)
  }
  return false
}

/** Options `typed` may stand for: the exact name alone, else all it abbreviates. */
const findLong = (spec: CommandSpec, typed: string): Option[] => {
  const names = (o: Option): string[] => [o.name, ...(o.aliases ?? [])]
  const exact = spec.options.find((o) => names(o).includes(typed))
  if (exact !== undefined) return [exact]
  return typed === '' ? [] : spec.options.filter((o) => o.isWhole !== true && names(o).some((n) => n.startsWith(typed)))
}

const emit = (option: Option, word: string, attached: string | undefined, next: string | undefined, out: Canonical): boolean => {
  if (option.value === undefined) {
    if (attached !== undefined) throw new UsageError(`Cannot read '${word}': the option takes no value`)
    out.args.push(`--${option.name}`)
    return false
  }
  if (attached === undefined && option.optional === true) {
    out.args.push(`--${option.name}=`)
    return false
  }
  const value = attached ?? next
  if (value === undefined) throw new UsageError(`Cannot read '${word}': its value is missing, want ${word} ${option.value}`)
  out.args.push(`--${option.name}=${MARK}${value}`)
  return attached === undefined
}

const complain = (spec: CommandSpec, what: string, out: Canonical): void => {
  if (spec.unknown === 'refuse') throw new UsageError(`Cannot read the command line: ${what}`)
  out.warnings.push(`${what} is passed over`)
}

const ambiguous = (word: string, found: readonly Option[]): string =>
  `ambiguous option '${word}' (${found.map((o) => `--${o.name}`).join(', ')})`
