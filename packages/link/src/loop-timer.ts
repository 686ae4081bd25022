/**
 * A timer of the loop, exact to what the kernel can do (a timerfd; Node's timers count milliseconds).
 *
 *     arm --once per turn--> timerfd_settime --> epoll --> onDue
 *
 * It does not keep the process alive.
 */
import { native, IN } from '@vde-ts/native'
import { systemError } from './errors.ts'
import type { Flushable, Loop, Watcher } from './loop.ts'

/** One timerfd. */
export class LoopTimer implements Watcher, Flushable {
  readonly #fd: number
  readonly #loop: Loop
  readonly #onDue: () => void
  /** What was asked for, and what the kernel was told; nanoseconds of CLOCK_MONOTONIC, Infinity: never. */
  readonly #due = Float64Array.of(Infinity)
  #told = Infinity
  #isDirty = false
  #isClosed = false

  /** @throws {VdeError} EMFILE */
  constructor (loop: Loop, onDue: () => void) {
    this.#loop = loop
    this.#onDue = onDue
    this.#fd = native.timerCreate()
    if (this.#fd < 0) throw systemError(this.#fd, 'make a timer')
    loop.add(this.#fd, IN, this, false)
  }

  /** Has `onDue` called at `due[0]`, from the loop. The kernel is told at the end of the turn, however often it is set. */
  arm (due: Float64Array): void {
    this.#due[0] = due[0]
    if (this.#isDirty || this.#isClosed) return
    this.#isDirty = true
    this.#loop.markDirty(this)
  }

  flush (): void {
    this.#isDirty = false
    if (this.#isClosed || this.#due[0] === this.#told) return
    this.#told = this.#due[0]
    native.timerSet(this.#fd, this.#due)
  }

  onReady (): void {
    // Expired: it stays readable until it is set again, and the next time asked for may be the same.
    this.#told = NaN
    this.#due[0] = Infinity
    if (!this.#isDirty) {
      this.#isDirty = true
      this.#loop.markDirty(this)
    }
    this.#onDue()
  }

  /** Idempotent. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#loop.remove(this.#fd)
    native.close(this.#fd)
  }
}
