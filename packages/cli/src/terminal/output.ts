/**
 * Data on standard output, all of it. A full pipe is waited for in the loop, whatever its flags: a reader who takes his
 * time must not make us deaf to signals.
 */
import { OUT } from '@vde-ts/native'
import { sharedIo } from '@vde-ts/link/fd-io.js'
import { loop } from '@vde-ts/link/loop.js'
import { OutputError } from '../stdout.ts'

const EAGAIN = 11
const EINTR = 4

/** Texts for a descriptor, one behind the other. The descriptor stays open and keeps its flags. */
export class Output {
  readonly #fd: number
  readonly #io = sharedIo()
  #last: Promise<void> = Promise.resolve()
  #pending = 0

  constructor (fd: number) { this.#fd = fd }

  /** Octets that wait to be written. */
  get pending (): number { return this.#pending }

  /** Writes `text` as UTF-8 behind all before it. @throws {OutputError} of this or an earlier text */
  async write (text: string): Promise<void> {
    const bytes = Buffer.from(text)
    this.#pending += bytes.length
    this.#last = this.#last.then(async () => {
      await this.#writeAll(bytes)
      this.#pending -= bytes.length
    })
    await this.#last
  }

  async #writeAll (bytes: Uint8Array): Promise<void> {
    let off = 0
    while (off < bytes.length) {
      const result = this.#io.write(this.#fd, bytes, off, bytes.length - off)
      if (result >= 0) off += result
      else if (result === -EAGAIN) await this.#writable()
      else if (result !== -EINTR) throw new OutputError(result)
    }
  }

  async #writable (): Promise<void> {
    await new Promise<void>((resolve) => {
      loop.add(this.#fd, OUT, {
        onReady: () => {
          loop.remove(this.#fd)
          resolve()
        }
      })
    })
  }
}
