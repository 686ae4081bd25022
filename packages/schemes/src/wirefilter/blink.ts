/**
 * Tells a listener of every frame that passes, as lamps of a graphical lab do: one datagram each,
 *
 *     ID LR 62\n        ID, direction (LR, RL, or -- where there is one only), octets as the stream counts them
 *
 * A listener that does not read loses datagrams; one that comes later, or again, is found again. Frames never wait.
 */
import { native, DGRAM } from '@vde-ts/native'
import { systemError } from '@vde-ts/link'
import { checkLength } from '@vde-ts/link/socket-file.js'

/** Octets of the stream's header, which the original counts. */
const STREAM_HEADER = 2
/** Between two tries to reach a listener that is not there, in milliseconds. */
const RETRY_MS = 200
const EAGAIN = 11

/** One listener's lamp. Owns its socket. */
export class Blink {
  readonly path: string
  readonly id: string
  readonly #fd: number
  #isConnected = false
  #triedAt = -Infinity
  #isClosed = false

  /** @throws {VdeError} ENAMETOOLONG, EMFILE */
  constructor (path: string, id: string) {
    checkLength(path, 'reach the blink socket')
    this.path = path
    this.id = id
    this.#fd = native.unixSocket(DGRAM)
    if (this.#fd < 0) throw systemError(this.#fd, 'make the blink socket')
  }

  /** One frame of `len` octets has passed. */
  tell (direction: string, len: number): void {
    if (this.#isClosed || (!this.#isConnected && !this.#connect())) return
    const text = Buffer.from(`${this.id} ${direction} ${len + STREAM_HEADER}\n`)
    const result = native.send(this.#fd, text, 0, text.length)
    if (result < 0 && result !== -EAGAIN) this.#isConnected = false
  }

  #connect (): boolean {
    const now = performance.now()
    if (now - this.#triedAt < RETRY_MS) return false
    this.#triedAt = now
    this.#isConnected = native.connectUnix(this.#fd, this.path) >= 0
    return this.#isConnected
  }

  /** Idempotent. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    native.close(this.#fd)
  }
}
