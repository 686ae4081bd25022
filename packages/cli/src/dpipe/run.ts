/**
 * dpipe: starts the planned commands with their pipes, waits for all of them, ends as the last one did.
 *
 * Signals are forwarded to each command by its pidfd, never to a process group: the caller may be in it.
 */
import { constants } from 'node:os'
import { native, IN, type Spawned, type SpawnFailure } from '@vde-ts/native'
import { loop } from '@vde-ts/link/loop.js'
import { systemError } from '@vde-ts/link/errors.js'
import type { Parsed } from '../command.ts'
import { CLOSED, descriptorTable } from '../daemon.ts'
import { writePidFile } from '../pidfile.ts'
import { ExitError, type Program } from '../run.ts'
import { adoptOrphans, leadGroup } from './group.ts'
import { planPipes, type Plan, type PlannedCommand } from './plan.ts'

/** How long commands may take to end after a signal, before dpipe ends without them. */
const GRACE_MS = 1000

export const run = (program: Program, { values, operands }: Parsed): void => {
  const plan = planPipes(operands)
  const standsForLast = values.has('nowrapproc') || values.has('nowrapnoclean')
  leadGroup(values.has('pgrpfile'))
  const keep = (name: string, text: string): void => {
    const file = values.text(name)
    if (file === undefined) return
    const remove = writePidFile(file, text, 'replace', program.name)
    if (!values.has('nowrapnoclean')) program.cleanup.add(remove)
  }
  keep('pgrpfile', `-${native.getpgid(0)}\n`)
  if (!standsForLast) keep('pidfile', `${process.pid}\n`)
  const team = new Team(program)
  adoptOrphans(() => team.pids)
  team.start(plan)
  if (standsForLast) keep('pidfile', `${team.lastPid}\n`)
  program.onSignal('SIGTERM', () => { team.stop('SIGTERM', () => program.exit(0)) })
  for (const signal of ['SIGINT', 'SIGHUP'] as const) program.onSignal(signal, () => { team.stop(signal, () => program.dieOf(signal)) })
  program.ready()
}

/** The running commands. */
class Team {
  /** pid -> pidfd of those that have not ended. */
  readonly #running = new Map<number, number>()
  readonly #program: Program
  #lastPid = 0
  #status = 0
  #atEnd: () => void

  constructor (program: Program) {
    this.#program = program
    this.#atEnd = () => program.exit(this.#status)
  }

  get pids (): ReadonlySet<number> { return new Set(this.#running.keys()) }
  get lastPid (): number { return this.#lastPid }

  /** @throws {ExitError} a command cannot be started; those before it are told to end */
  start ({ commands, pipes }: Plan): void {
    const readers: number[] = []
    const writers: number[] = []
    const ends = new Int32Array(2)
    try {
      for (let i = 0; i < pipes; i++) {
        const made = native.pipe(ends, false)
        if (made < 0) throw systemError(made, 'make a pipe')
        readers.push(ends[0]!)
        writers.push(ends[1]!)
      }
      for (const command of commands) this.#startOne(command, readers, writers)
    } catch (error) {
      this.#signal(constants.signals.SIGTERM)
      throw error
    } finally {
      for (const fd of [...readers, ...writers]) native.close(fd)
    }
  }

  /** Passes `signal` on; `end` is called when all commands ended, or after a moment without them. */
  stop (signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', end: () => void): void {
    this.#atEnd = end
    this.#signal(constants.signals[signal])
    setTimeout(end, GRACE_MS)
  }

  #startOne (command: PlannedCommand, readers: readonly number[], writers: readonly number[]): void {
    const [file] = command.argv
    // A daemon's stderr is its starter's until it is ready: commands would hold it open for ever.
    const stderr = this.#program.isDaemon ? -1 : 2
    const table = descriptorTable([readers[command.input]!, writers[command.output]!, stderr], this.#program.inherited)
    const alternateIn = takeFree(table, 3)
    const alternateOut = takeFree(table, alternateIn + 1)
    if (command.alternateInput >= 0) {
      placeAt(table, alternateIn, readers[command.alternateInput]!)
      placeAt(table, alternateOut, writers[command.alternateOutput]!)
    }
    const env = { ...process.env, ALTERNATE_STDIN: String(alternateIn), ALTERNATE_STDOUT: String(alternateOut) }
    const child = native.spawn({
      file: file!, argv: command.argv, env: Object.entries(env).map(([name, value]) => `${name}=${value}`), fds: table
    })
    if ('step' in child) throw startError(file!, child)
    this.#watch(child)
  }

  #watch ({ pid, pidfd }: Spawned): void {
    this.#running.set(pid, pidfd)
    this.#lastPid = pid
    loop.add(pidfd, IN, { onReady: () => { this.#ended(pid, pidfd) } })
  }

  #ended (pid: number, pidfd: number): void {
    const status = native.pidfdWait(pidfd)
    if (status === -constants.errno.EAGAIN) return
    this.#running.delete(pid)
    loop.remove(pidfd)
    native.close(pidfd)
    const signal = status & 0x7f
    if (pid === this.#lastPid) this.#status = signal === 0 ? status >> 8 : 128 + signal
    if (this.#running.size === 0) this.#atEnd()
  }

  #signal (number: number): void {
    for (const pidfd of this.#running.values()) native.pidfdSignal(pidfd, number)
  }
}

/** The first descriptor from `from` on that the table leaves closed. */
const takeFree = (table: readonly number[], from: number): number => {
  let fd = from
  while (fd < table.length && table[fd] !== CLOSED) fd++
  return fd
}

const placeAt = (table: number[], at: number, fd: number): void => {
  while (table.length < at) table.push(CLOSED)
  table[at] = fd
}

/** As a shell has it: 127 not found, 126 found but not to be executed. */
const startError = (file: string, { step, errno }: SpawnFailure): Error => {
  const message = systemError(-errno, step === 'exec' ? `run '${file}'` : `start '${file}' (${step})`).message
  if (step !== 'exec') return new ExitError(1, message)
  return new ExitError(errno === constants.errno.ENOENT ? 127 : 126, message)
}
