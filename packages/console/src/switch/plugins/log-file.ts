/** A file that lines are added to once the frames in hand are through; of a flood so many are kept, the others told by number. */
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { systemError } from '@vde-ts/link/errors.js'

/** Lines that wait at most. */
const MOST_WAITING = 10_000

/** Owns its descriptor until {@link LogFile.close}. */
export class LogFile {
  readonly path: string
  #fd: number
  #waiting: string[] = []
  #isPlanned = false
  #lost = 0

  /** @throws {VdeError} the system's, naming the file */
  constructor (path: string) {
    this.path = path
    this.#fd = open(path)
  }

  add (line: string): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#lost++
      return
    }
    this.#waiting.push(line)
    if (this.#isPlanned) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      this.#write()
    })
  }

  /** The file was renamed, say: another one of the name is made. @throws {VdeError} the old one goes on */
  reopen (): void {
    const fd = open(this.path)
    this.close()
    this.#fd = fd
  }

  /** Writes what waits. Idempotent. */
  close (): void {
    this.#write()
    if (this.#fd >= 0) closeSync(this.#fd)
    this.#fd = -1
  }

  #take (): string {
    const lost = this.#lost === 0 ? '' : `${this.#lost} lines lost\n`
    const text = this.#waiting.map((line) => `${line}\n`).join('') + lost
    this.#waiting = []
    this.#lost = 0
    return text
  }

  #write (): void {
    if (this.#waiting.length === 0 || this.#fd < 0) return
    try {
      writeSync(this.#fd, this.#take())
    } catch {
      // The disk is full, or nobody reads: the log ends in what fitted.
    }
  }
}

const open = (path: string): number => {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK, 0o600)
  } catch (error) {
    throw systemError((error as { errno: number }).errno, `log to "${path}"`)
  }
}
