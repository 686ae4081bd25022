/** A file that lines are added to, without waiting for the disk: so many lines wait at most, what is lost is told in the file. */
import { closeSync, openSync, write, writeSync } from 'node:fs'
import { systemError } from '@vde-ts/link/errors.js'

/** Lines that wait for the disk at most. */
const MOST_WAITING = 10_000

/** Owns its descriptor until {@link LogFile.close}. */
export class LogFile {
  readonly path: string
  #fd: number
  #waiting: string[] = []
  #isWriting = false
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
    this.#write()
  }

  /** The file was renamed, say: another one of the name is made. @throws {VdeError} the old one goes on */
  reopen (): void {
    const fd = open(this.path)
    this.close()
    this.#fd = fd
  }

  /** Writes what waits. Idempotent. */
  close (): void {
    const fd = this.#fd
    this.#fd = -1
    if (fd < 0) return
    try {
      writeSync(fd, this.#take())
    } catch {
      // The disk is full: the log ends in what fitted.
    }
    closeSync(fd)
  }

  #take (): string {
    const lost = this.#lost === 0 ? '' : `${this.#lost} lines lost\n`
    const text = this.#waiting.map((line) => `${line}\n`).join('') + lost
    this.#waiting = []
    this.#lost = 0
    return text
  }

  #write (): void {
    if (this.#isWriting || this.#waiting.length === 0 || this.#fd < 0) return
    this.#isWriting = true
    write(this.#fd, this.#take(), () => {
      this.#isWriting = false
      this.#write()
    })
  }
}

const open = (path: string): number => {
  try {
    return openSync(path, 'a', 0o600)
  } catch (error) {
    throw systemError((error as { errno: number }).errno, `log to "${path}"`)
  }
}
