/**
 * Names that come and go in directories, told by the kernel. One inotify descriptor for the process (a user has 128),
 * watched by the loop while anybody listens. node:fs asks the kernel for writes as well: each line of a log that lies
 * beside a socket woke us.
 *
 *     | wd | mask | cookie | len | name, len octets, filled up with NUL |     int32 each, in the byte order of the machine
 */
import { native, IN } from '@vde-ts/native'
import { loop, systemError, type Watcher } from '@vde-ts/link'

/** Octets of a record without its name, and of what is read at once. */
const RECORD = 16
const ROOM = 16 * 1024
/** The watch has ended: the directory is gone. */
const IGNORED = 0x8000
/** Of the queue, not of a directory: events were lost. */
const NO_WATCH = -1

/** `name`: what came, went or changed its access; null: the directory itself, or nobody knows what. */
type OnName = (name: string | null) => void

class DirectoryEvents implements Watcher {
  #fd = -1
  readonly #buf = Buffer.alloc(ROOM)
  /** By watch; another map for another descriptor, whose watches count from 1 again. */
  #listeners = new Map<number, Set<OnName>>()

  /** @throws {VdeError} ENOENT, ENOTDIR, EACCES, EMFILE, ENOSPC */
  add (path: string, onName: OnName, action: string): () => void {
    this.#open(action)
    const watch = native.inotifyAdd(this.#fd, path)
    if (watch < 0) {
      this.#closeIfIdle()
      throw systemError(watch, action, `${native.strerror(-watch)}: "${path}"`)
    }
    const listeners = this.#listeners.get(watch) ?? new Set()
    this.#listeners.set(watch, listeners)
    // Whoever listens twice is told twice.
    const listener: OnName = (name) => { onName(name) }
    listeners.add(listener)
    return () => { this.#remove(watch, listeners, listener) }
  }

  onReady (): void {
    const got = native.read(this.#fd, this.#buf, 0, ROOM)
    const listeners = this.#listeners
    for (let at = 0; at + RECORD <= got && listeners === this.#listeners;) at += this.#tell(at)
  }

  /** @returns octets of the record */
  #tell (at: number): number {
    const buf = this.#buf
    const watch = buf.readInt32LE(at)
    const len = buf.readUInt32LE(at + 12)
    const end = buf.indexOf(0, at + RECORD)
    const name = len === 0 ? null : buf.toString('utf8', at + RECORD, end)
    const told = watch === NO_WATCH ? [...this.#listeners.values()] : [this.#listeners.get(watch)]
    if ((buf.readUInt32LE(at + 4) & IGNORED) !== 0) this.#listeners.delete(watch)
    for (const listeners of told) {
      for (const onName of [...listeners ?? []]) if (listeners!.has(onName)) onName(name)
    }
    return RECORD + len
  }

  #remove (watch: number, listeners: Set<OnName>, listener: OnName): void {
    if (!listeners.delete(listener) || listeners.size > 0) return
    // Not when its directory is gone: then it is nobody's, or another directory's.
    if (this.#listeners.get(watch) === listeners) {
      this.#listeners.delete(watch)
      native.inotifyRemove(this.#fd, watch)
    }
    this.#closeIfIdle()
  }

  #open (action: string): void {
    if (this.#fd >= 0) return
    const fd = native.inotifyCreate()
    if (fd < 0) throw systemError(fd, action, `${native.strerror(-fd)}: no inotify instance`)
    this.#fd = fd
    loop.add(fd, IN, this, false)
  }

  #closeIfIdle (): void {
    if (this.#listeners.size > 0 || this.#fd < 0) return
    loop.remove(this.#fd)
    native.close(this.#fd)
    this.#fd = -1
    this.#listeners = new Map()
  }
}

const events = new DirectoryEvents()

/**
 * Calls `onName` from the loop for each change of a name in the directory `path`, until the function answered is called.
 * It does not keep the process alive. When the directory goes, its last event has no name and no other follows.
 * @throws {VdeError} ENOENT, ENOTDIR, EACCES, EMFILE, ENOSPC
 */
export const watchNames = (path: string, onName: OnName, action: string): () => void => events.add(path, onName, action)
