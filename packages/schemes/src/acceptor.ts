/** A listening socket in the loop: hands every connection on, rests while the descriptor table is full. */
import { native, IN } from '@vde-ts/native'
import type { Loop, Watcher } from '@vde-ts/link'
import { acceptBurst } from '@vde-ts/link/accept.js'

/** Milliseconds without accepting when there is no descriptor for another connection. */
const PAUSE_MS = 100

/** Owns the listening descriptor until {@link Acceptor.close}. */
export class Acceptor implements Watcher {
  readonly #fd: number
  readonly #loop: Loop
  readonly #welcome: (fd: number) => void
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  /** @param welcome owns the connection it is given. @throws {VdeError} when `fd` cannot be watched */
  constructor (fd: number, loop: Loop, welcome: (fd: number) => void) {
    this.#fd = fd
    this.#loop = loop
    this.#welcome = welcome
    loop.add(fd, IN, this)
  }

  onReady (): void {
    const failure = acceptBurst(this.#fd, (fd) => {
      this.#welcome(fd)
      return !this.#isClosed
    })
    if (failure < 0) this.#rest()
  }

  /** Idempotent. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#loop.remove(this.#fd)
    native.close(this.#fd)
  }

  #rest (): void {
    this.#loop.modify(this.#fd, 0)
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#loop.modify(this.#fd, IN)
    }, PAUSE_MS)
  }
}
