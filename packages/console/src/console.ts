/**
 * The interpreter: one line in, one reply out, piece by piece.
 *
 *     reply  := [ "0000 DATA END WITH '.'\n" *( text "\n" ) ".\n" ] "1eee text\n"
 *
 * A reply is a generator: nothing is computed before the reader has room for it, so a table of any size costs one piece.
 * It knows no descriptor and no prompt; see dialogue.ts.
 */
import { native } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link'
import { Args, type Call, type Command, type CommandTable, type Ending } from './command.ts'
import { dataLine, jsonText } from './escape.ts'
import { EventHub, type Subscriber } from './events.ts'

const EIO = 5
const EINVAL = 22
const ENOSYS = 38
const DEEPEST_LOAD = 16
/** Octets of lines joined into one piece. */
const PIECE = 8192

/** What came of a line. */
export interface Outcome {
  /** 0, or the error number that was sent. */
  readonly errno: number
  /** Why, for people; empty on success. */
  readonly message: string
  /** The session shall end. */
  readonly ending: Ending | null
}

const DONE: Outcome = { errno: 0, message: '', ending: null }

/** Everything a console is, without its sessions. `C` is what its commands work on. */
export interface ConsoleSpec<C> {
  readonly table: CommandTable<C>
  readonly context: C
  /** Sent on accept, before the first prompt. */
  readonly banner: string
  /** `vde$ ` for a switch. */
  readonly prompt: string
  readonly events?: EventHub
  /** Told of an exception that is our own mistake; the console answers EIO and goes on. */
  readonly onDefect?: (error: unknown, line: string) => void
}

/**
 * A command table that answers lines. Holds nothing of its sessions, which may be many and take turns within replies.
 */
export class Console<C> {
  readonly table: CommandTable<C>
  readonly context: C
  readonly banner: string
  /** With the newline in front that separates it from the reply. */
  readonly prompt: string
  readonly events: EventHub
  readonly #onDefect: (error: unknown, line: string) => void

  constructor (spec: ConsoleSpec<C>) {
    this.table = spec.table
    this.context = spec.context
    this.banner = spec.banner
    this.prompt = `\n${spec.prompt}`
    this.events = spec.events ?? new EventHub()
    this.#onDefect = spec.onDefect ?? (() => {})
  }

  /** What a line has to wait for before it is executed; null: nothing. */
  preparation (line: string): Promise<unknown> | null {
    const [path = ''] = line.trim().split(/[ \t\r]/, 1)
    return this.table.find(path)?.ready?.(this.context) ?? null
  }

  /** Answers one line. Never throws; an empty line or a comment yields nothing. The subscriber hears why one is refused. */
  * execute (line: string, subscriber: Subscriber | null, depth: number = 0): Generator<string, Outcome> {
    const outcome = yield * this.#run(line, subscriber, depth)
    const { errno, message } = outcome
    if (errno !== 0) subscriber?.onRefusal?.({ line: line.trim(), errno, message })
    return outcome
  }

  * #run (line: string, subscriber: Subscriber | null, depth: number): Generator<string, Outcome> {
    const words = line.split(/[ \t\r\n]+/).filter((word) => word !== '')
    const [path] = words
    if (path === undefined || path.startsWith('#')) return DONE
    if (line.includes('\0')) {
      // No name of the system has one, and the system's functions take none.
      yield status(EINVAL)
      return { errno: EINVAL, message: 'Cannot read the line: it has a NUL', ending: null }
    }
    const command = this.table.find(path)
    if (command === undefined) {
      yield status(ENOSYS)
      return { errno: ENOSYS, message: `Cannot run "${path}": there is no such command, see help`, ending: null }
    }
    if (path !== command.path) words.splice(0, 1, command.path, path.slice(command.path.length))
    if (command.ends !== undefined) return { errno: 0, message: '', ending: command.ends }
    return yield * this.#answer(command, words, line, { console: this, subscriber, depth })
  }

  * #answer (command: Command<C>, words: string[], line: string, call: Call<C>): Generator<string, Outcome> {
    const isJson = words.length > 1 && words.at(-1) === '--json'
    const args = new Args(isJson ? words.slice(1, -1) : words.slice(1))
    const output = command.output ?? 'none'
    let outcome = DONE
    if (output === 'data') yield "0000 DATA END WITH '.'\n"
    try {
      this.#check(command, isJson, call)
      if (isJson) yield * jsonPieces(command.json!(this.context, args, call))
      else yield * pieces(command.run(this.context, args, call) ?? [], output === 'raw')
    } catch (error) {
      outcome = this.#failure(error, line)
    }
    if (command.isStream === true && outcome === DONE) return outcome
    yield (output === 'data' ? '.\n' : '') + status(outcome.errno)
    return outcome
  }

  #check (command: Command<C>, isJson: boolean, call: Call<C>): void {
    if (isJson && command.json === undefined) throw new VdeError('EINVAL', `run ${command.path}`, 'it has no --json form')
    const isInScript = call.subscriber === null || (command.isStream === true && call.depth > 0)
    if (command.wantsSession === true && isInScript) {
      throw new VdeError('EBADF', `run ${command.path}`, 'a session is wanted')
    }
    if (call.depth > DEEPEST_LOAD) throw new VdeError('ELOOP', `run ${command.path}`, `scripts load scripts over ${DEEPEST_LOAD} deep`)
  }

  #failure (error: unknown, line: string): Outcome {
    if (error instanceof VdeError) return { errno: error.errno, message: error.message, ending: null }
    const message = error instanceof Error ? error.message : String(error)
    // A table below that refuses a value may say so with the language's own errors.
    if (error instanceof RangeError || error instanceof SyntaxError) return { errno: EINVAL, message, ending: null }
    this.#onDefect(error, line)
    return { errno: EIO, message, ending: null }
  }
}

const texts = new Map<number, string>([[0, 'Success']])

/** `1eee text` for an error number, 0 for success. */
export const status = (errno: number): string => {
  let text = texts.get(errno)
  if (text === undefined) texts.set(errno, text = native.strerror(errno))
  return `1${String(errno).padStart(3, '0')} ${text}\n`
}

/** Joins lines into pieces; the last one, also before an error, is not lost. */
function * pieces (lines: Iterable<string>, isRaw: boolean): Generator<string> {
  let piece = ''
  let failure: { readonly error: unknown } | null = null
  try {
    for (const line of lines) {
      piece += isRaw ? line : `${dataLine(line)}\n`
      if (piece.length < PIECE) continue
      yield piece
      piece = ''
    }
  } catch (error) {
    failure = { error }
  }
  if (piece !== '') yield piece
  if (failure !== null) throw failure.error
}

/** One line of JSON, a generator as an array in pieces. */
function * jsonPieces (value: unknown): Generator<string> {
  if (!isIterator(value)) {
    yield `${jsonText(value)}\n`
    return
  }
  let piece = '['
  let separator = ''
  let isSent = false
  try {
    for (const item of value) {
      piece += separator + jsonText(item)
      separator = ','
      if (piece.length < PIECE) continue
      yield piece
      isSent = true
      piece = ''
    }
  } catch (error) {
    // The dot that ends the block stands on a line of its own, whatever was sent before.
    if (isSent) yield '\n'
    throw error
  }
  yield `${piece}]\n`
}

const isIterator = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { next?: unknown }).next === 'function'
