/** Lines of a descriptor that other programs share: its flags stay as they are, so it is read only when readable. */
import { LineBuffer } from '@vde-ts/console/lines.js'
import { native, IN } from '@vde-ts/native'
import { loop } from '@vde-ts/link'

const CHUNK = 65536
const EAGAIN = 11
const EINTR = 4

/** Who takes the lines. */
export interface LineHandler {
  onLine (line: string): void
  /** The input has ended. Not called after {@link InputLines.close}. */
  onEnd (): void
}

/**
 * Reads from its making on. An unfinished last line counts as a line; one over MAX_LINE octets comes as an empty one.
 */
export class InputLines {
  readonly #fd: number
  readonly #handler: LineHandler
  readonly #lines = new LineBuffer()
  readonly #chunk = new Uint8Array(CHUNK)
  #isClosed = false

  constructor (fd: number, handler: LineHandler) {
    this.#fd = fd
    this.#handler = handler
    this.resume()
  }

  /** Reads no more for now; lines that were read already still come. */
  pause (): void { loop.remove(this.#fd) }

  /** Reads again after {@link pause}. */
  resume (): void {
    if (!this.#isClosed) loop.add(this.#fd, IN, { onReady: () => { this.#read() } })
  }

  /** Idempotent. The descriptor stays open. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    loop.remove(this.#fd)
  }

  #read (): void {
    const result = native.read(this.#fd, this.#chunk, 0, CHUNK)
    if (result === -EAGAIN || result === -EINTR) return
    if (result > 0) this.#lines.push(this.#chunk, 0, result)
    else this.#lines.flush()
    for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) this.#handler.onLine(line ?? '')
    if (result > 0) return
    this.close()
    this.#handler.onEnd()
  }
}
