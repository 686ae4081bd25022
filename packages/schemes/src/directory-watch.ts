/**
 * Waiting for a switch that is away: told by the kernel (inotify) when its sockets appear.
 *
 *     DIR is there:   names in it are watched; its end leads to the next line
 *     DIR is not:     names in its parent are, and its making leads back
 *
 * Where nothing can be watched (no inotify instance left, no parent either) nothing is told: whoever waits looks from time
 * to time as well.
 */
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ATTACH } from './attach-protocol.ts'
import { watchNames } from './directory-events.ts'

/** Sockets of a switch that clients look for. `ctl` comes last, and its access is set after that. */
const NAMES: readonly string[] = ['ctl', ATTACH]

/**
 * Calls `onSign` when a switch may be coming up in one of `directories`, until the function answered is called. It may be
 * called several times for one switch: when a socket is there it need not listen yet.
 */
export const watchForSwitch = (directories: readonly string[], onSign: () => void): () => void => {
  const watches = directories.map((directory) => new DirectoryWatch(directory, onSign))
  return () => { for (const one of watches) one.close() }
}

class DirectoryWatch {
  readonly #directory: string
  readonly #onSign: () => void
  #unwatch: (() => void) | null = null
  #isClosed = false

  constructor (directory: string, onSign: () => void) {
    this.#directory = directory
    this.#onSign = onSign
    this.#arm()
  }

  close (): void {
    this.#isClosed = true
    this.#unwatch?.()
  }

  #arm (): void {
    if (this.#isClosed) return
    this.#unwatch?.()
    const directory = this.#directory
    this.#unwatch = this.#watch(directory, (name) => { this.#onInside(name) })
    if (this.#unwatch !== null) return
    this.#unwatch = this.#watch(dirname(directory), (name) => { if (name === basename(directory)) this.#onMade() })
    // Made between the two.
    if (existsSync(directory)) this.#onMade()
  }

  #watch (path: string, onName: (name: string | null) => void): (() => void) | null {
    try {
      return watchNames(path, onName, `watch ${path}`)
    } catch {
      return null
    }
  }

  #onInside (name: string | null): void {
    if (!existsSync(this.#directory)) this.#arm()
    else if (NAMES.some((one) => (name === null || name === one) && existsSync(join(this.#directory, one)))) this.#onSign()
  }

  #onMade (): void {
    if (!existsSync(this.#directory)) return
    this.#arm()
    // What was in it before it was watched.
    if (NAMES.some((one) => existsSync(join(this.#directory, one)))) this.#onSign()
  }
}
