/** A child process, watched in the loop by its pidfd: no SIGCHLD, no waiting, no confusion of pids. */
import { constants } from 'node:os'
import { native, IN, type SpawnFailure, type SpawnSpec } from '@vde-ts/native'
import { VdeError, errnoName } from './errors.ts'
import { loop as processLoop, type Loop } from './loop.ts'

/** How a child ended: by itself with `code`, or by a signal (then `code` is 128 + its number, as shells have it). */
export interface ChildEnd {
  readonly code: number
  readonly signal: NodeJS.Signals | null
}

/** A running child. */
export interface Child {
  readonly pid: number
  /** Settles once, never rejects; not at all when the child was let go by {@link close} before. */
  readonly exited: Promise<ChildEnd>
  /** Sends a signal; false when the child has ended. */
  signal (name: NodeJS.Signals): boolean
  /** Idempotent. Stops watching; a child that still runs goes on, and is reaped by init when we have ended. */
  close (): void
}

const EAGAIN = 11
/** For a killed child to end, in milliseconds. */
const REAP_MS = 1000

/** Of two names for one number the first is the usual one: SIGABRT, not SIGIOT. */
const SIGNALS = new Map(Object.entries(constants.signals).reverse().map(([name, value]) => [value, name as NodeJS.Signals]))

/** The end that a wait status tells, see `native.pidfdWait`. Negative: reaped by somebody else, taken for 0. */
export const childEnd = (status: number): ChildEnd => {
  const number = status < 0 ? 0 : status & 0x7f
  if (number === 0) return { code: status < 0 ? 0 : (status >> 8) & 0xff, signal: null }
  return { code: 128 + number, signal: SIGNALS.get(number) ?? null }
}

/** The environment of this process with `changes`, as `native.spawn` wants it. */
export const environment = (changes: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries({ ...process.env, ...changes }).map(([name, value]) => `${name}=${value ?? ''}`)

/** The error for a spawn that failed: what was to be run, and at which step it broke. */
export const spawnError = (spec: SpawnSpec, failure: SpawnFailure): VdeError => {
  const code = errnoName(failure.errno)
  const text = native.strerror(failure.errno)
  if (failure.step !== 'exec') return new VdeError(code, `start "${spec.file}"`, `${text} (${failure.step})`)
  const wanted = spec.file.includes('/') ? 'a program is wanted' : 'a program in PATH is wanted'
  return new VdeError(code, `run "${spec.file}"`, `${text}, ${wanted}`)
}

class WatchedChild implements Child {
  readonly pid: number
  readonly exited: Promise<ChildEnd>
  readonly #loop: Loop
  #pidfd: number
  #settle: (end: ChildEnd) => void = () => {}

  constructor (pid: number, pidfd: number, loop: Loop) {
    this.pid = pid
    this.#pidfd = pidfd
    this.#loop = loop
    this.exited = new Promise((resolve) => { this.#settle = resolve })
    loop.add(pidfd, IN, this)
  }

  onReady (): void {
    const status = native.pidfdWait(this.#pidfd)
    if (status === -EAGAIN) return
    this.close()
    this.#settle(childEnd(status))
  }

  signal (name: NodeJS.Signals): boolean {
    return this.#pidfd >= 0 && native.pidfdSignal(this.#pidfd, constants.signals[name]) === 0
  }

  close (): void {
    if (this.#pidfd < 0) return
    this.#loop.remove(this.#pidfd)
    native.close(this.#pidfd)
    this.#pidfd = -1
  }
}

/** Nobody can watch it: it is killed and reaped here. */
const end = (pidfd: number): void => {
  native.pidfdSignal(pidfd, constants.signals.SIGKILL)
  native.poll(pidfd, IN, REAP_MS)
  native.pidfdWait(pidfd)
  native.close(pidfd)
}

/**
 * Starts a child. The descriptors in `spec.fds` stay the caller's, who closes them.
 * @throws {VdeError} the errno of the step that failed: ENOENT, EACCES, EAGAIN, ENOTDIR, ...; ENOSPC it cannot be watched
 */
export const startChild = (spec: SpawnSpec, loop: Loop = processLoop): Child => {
  const started = native.spawn(spec)
  if ('step' in started) throw spawnError(spec, started)
  try {
    return new WatchedChild(started.pid, started.pidfd, loop)
  } catch (error) {
    end(started.pidfd)
    throw error
  }
}
