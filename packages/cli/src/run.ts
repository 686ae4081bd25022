/**
 * What every command does around its own work: reads the command line, takes its name, goes to the background, answers
 * signals, and at the end removes what it made.
 *
 *     main(spec, load) -- parse --> help, version, usage error
 *                      -- -d -----> parent: start the copy, wait, exit
 *                      -- else ---> load().run(program, parsed)
 *
 * The command's own code is loaded late, so that --help, --version and the parent of -d cost little.
 */
import { constants } from 'node:os'
import { parse, helpText, UsageError, type CommandSpec, type Parsed } from './command.ts'
import { Cleanup } from './cleanup.ts'
import { writeAll } from './stderr.ts'
import { OutputError, print } from './stdout.ts'
import { VERSION_TEXT } from './version.ts'
import type { Native } from '@vde-ts/native'
import type { Daemon } from './daemon.ts'

/** An error that ends the command with a status other than 1. */
export class ExitError extends Error {
  override readonly name = 'ExitError'
  readonly status: number

  constructor (status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** A command's own part. Its promise ends when it is set up; the process lives on as long as the loop has work. */
export interface CommandModule {
  run (program: Program, parsed: Parsed): Promise<void> | void
}

/** The running process, as a command sees it. */
export class Program {
  readonly name: string
  readonly spec: CommandSpec
  readonly cleanup: Cleanup = new Cleanup()
  /** Descriptors from 3 up that the caller left open, for a command that hands them on (`handsOn`). */
  readonly inherited: readonly number[]
  readonly #native: Native
  readonly #daemon: Daemon | null
  /** What the signals do that are answered at all. */
  readonly #answers = new Map<NodeJS.Signals, () => void>()
  #detached = false
  #ending = false

  constructor (spec: CommandSpec, native: Native, daemon: Daemon | null, inherited: readonly number[]) {
    this.inherited = inherited
    this.spec = spec
    this.name = spec.name
    this.#native = native
    this.#daemon = daemon
  }

  /** True for the copy that -d started. */
  get isDaemon (): boolean { return this.#daemon !== null }

  /** A line for people: on stderr behind the program's name, in syslog once detached. */
  log (text: string): void {
    if (this.#detached) this.#native.syslog(LOG_INFO, text)
    else writeAll(2, `${this.name}: ${text}\n`)
  }

  /** Everything is set up, no relative path will be used any more. With -d the starter returns now. */
  ready (): void {
    if (this.#daemon === null) return
    this.#daemon.ready()
    this.#native.openlog(this.name)
    this.#detached = true
  }

  /** Others live by this process from now on: with -d it goes on even when its starter has been ended. */
  goOnAlone (): void { this.#daemon?.goOnAlone() }

  /** Cleans up and ends the process, now: Node's exit would reset a terminal that others are using. */
  exit (status: number): never {
    this.#cleanUp()
    this.#native.exitNow(status)
  }

  /** Ends the process, now, and leaves everything it made to another one that uses it. */
  leave (status: number): never { return this.#native.exitNow(status) }

  /** Cleans up, then dies of `signal` as if it had never been caught: only so does a calling shell see the truth. */
  dieOf (signal: NodeJS.Signals): never {
    this.#cleanUp()
    this.#native.raiseDefault(constants.signals[signal])
    // The first process of a container does not die of default actions.
    this.#native.exitNow(128 + constants.signals[signal])
  }

  /** Reports `error`, cleans up and ends with its status. */
  fail (error: unknown): never {
    if (error instanceof OutputError) {
      if (error.code !== 'EPIPE') this.log(error.message)
      this.exit(this.spec.exit.usage)
    }
    this.log(describeError(error))
    this.exit(error instanceof ExitError ? error.status : error instanceof UsageError ? this.spec.exit.usage : 1)
  }

  /** Sets what a signal does; by default TERM ends with 0, INT and HUP kill after the clean-up. */
  onSignal (signal: NodeJS.Signals, answer: () => void): void {
    // One listener for good: taking it off and putting another on would lose a signal that has arrived in between.
    if (!this.#answers.has(signal)) process.on(signal, () => { this.#answers.get(signal)?.() })
    this.#answers.set(signal, answer)
  }

  #cleanUp (): void {
    if (this.#ending) return
    this.#ending = true
    for (const failure of this.cleanup.run()) this.log(describeError(failure))
  }
}

const LOG_INFO = 6
/** Node alone takes about 20 descriptors, and each client of a switch two. */
const LIMIT = 'the limit of open files (ulimit -n) is too low, 64 are enough for a start'

/** A programmer's error shows where it happened, the world's only what it is. */
const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const isForPeople = ['VdeError', 'UsageError', 'ExitError'].includes(error.name) || 'syscall' in error
  if (!isForPeople) return error.stack ?? error.message
  return /\bEMFILE\b|too many open files/i.test(error.message) ? `${error.message}; ${LIMIT}` : error.message
}

/** Runs the command of `spec`. Never throws; the process ends with the command's status. */
export const main = async (spec: CommandSpec, load: () => Promise<CommandModule>): Promise<void> => {
  const parsed = readCommandLine(spec, process.argv.slice(2))
  const { native } = await import('@vde-ts/native')
  native.setProcessName(spec.name)
  const isDaemon = spec.foreground === undefined ? parsed.values.has('daemon') : !parsed.values.has(spec.foreground)
  const daemon = isDaemon ? await detach(spec) : null
  // With -d by the copy alone: the starter reads the same line.
  for (const warning of parsed.warnings) writeAll(2, `${spec.name}: ${warning}\n`)
  const program = new Program(spec, native, daemon, await inheritedBy(spec, daemon))
  answerSignals(program)
  daemon?.watch((why) => { program.fail(why) })
  try {
    const command = await load()
    await command.run(program, parsed)
  } catch (error) {
    program.fail(error)
  }
}

/** Answers --help, --version and usage errors by ending the process. */
const readCommandLine = (spec: CommandSpec, argv: readonly string[]): Parsed => {
  let parsed: Parsed
  try {
    parsed = parse(spec, argv)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return refuse(spec, error)
  }
  if (parsed.values.has('help')) {
    if (spec.exit.helpOn !== 'stderr') show(spec, helpText(spec), spec.exit.help)
    writeAll(2, helpText(spec))
    process.exit(spec.exit.help)
  }
  if (parsed.values.has('version')) show(spec, `${VERSION_TEXT}\n${spec.name}: ${spec.summary}\n`, 0)
  return parsed
}

/** Prints `text` and ends with `status`, or, where it does not arrive, as after every failure. */
const show = (spec: CommandSpec, text: string, status: number): never => {
  try {
    print(text)
  } catch (error) {
    if (!(error instanceof OutputError)) throw error
    if (error.code !== 'EPIPE') writeAll(2, `${spec.name}: ${error.message}\n`)
    process.exit(spec.exit.usage)
  }
  process.exit(status)
}

/** Ends with the status for a wrong command line. */
const refuse = (spec: CommandSpec, error: UsageError): never => {
  writeAll(2, `${spec.name}: ${error.message}\nTry '${spec.name} --help'\n`)
  process.exit(spec.exit.usage)
}

const inheritedBy = async (spec: CommandSpec, daemon: Daemon | null): Promise<number[]> => {
  if (spec.handsOn !== true) return []
  const { inheritedDescriptors } = await import('./daemon.ts')
  return inheritedDescriptors().filter((fd) => fd !== daemon?.pipe)
}

/** With -d: the parent ends here, the copy goes on. */
const detach = async (spec: CommandSpec): Promise<Daemon> => {
  const { Daemon, startDaemon } = await import('./daemon.ts')
  const daemon = Daemon.join()
  if (daemon !== null) return daemon
  try {
    process.exit(startDaemon())
  } catch (error) {
    writeAll(2, `${spec.name}: ${describeError(error)}\n`)
    process.exit(1)
  }
}

const answerSignals = (program: Program): void => {
  // Handled by nothing rather than set to SIG_IGN, which commands started from here would inherit.
  for (const signal of program.spec.ignores ?? []) program.onSignal(signal, () => {})
  program.onSignal('SIGTERM', () => { program.exit(0) })
  for (const signal of ['SIGINT', 'SIGHUP'] as const) program.onSignal(signal, () => { program.dieOf(signal) })
  process.on('uncaughtException', (error) => { program.fail(error) })
  process.on('unhandledRejection', (error) => { program.fail(error) })
}
