/**
 * The event loop: one epoll set, in which libuv's own descriptor is one of many, so forwarding, timers, signals and the
 * console share a thread. A turn:
 *
 *     epoll_wait (at most EVENTS) --> onReady of each watcher --> flush of each link marked dirty --> libuv, if it has work
 *
 * A watcher drains at most RX_BURST frames per call and returns: epoll is level-triggered, what is left comes next turn.
 */
import { native, IN } from '@vde-ts/native'
import { systemError } from './errors.ts'

/** Most frames a watcher takes from its descriptor per turn: fairness between ports. */
export const RX_BURST = 32

/**
 * A turn ends after about so many frames and octets of super-frames, then timers and the console run. Watchers whose
 * frames may be large share both evenly ({@link Loop.frameShare}), so that each ready descriptor gets its part.
 */
const TURN_FRAMES = 256
const TURN_OCTETS = 1024 * 1024

const EVENTS = 64
const ADD = 1
const DELETE = 2
const MODIFY = 3
const EPERM = 1

/** Told what its descriptor is ready for. */
export interface Watcher {
  /** `events` is a mask of the EPOLL values in `@vde-ts/native`. Must not throw. */
  onReady (events: number): void
}

/** Something with frames collected during the turn, to be written at its end. */
export interface Flushable {
  flush (): void
}

/** Watches descriptors. One per process ({@link loop}), because a process has one epoll set. */
export class Loop {
  /** What one watcher may take in this turn: it stops after so many frames, or once it took so many octets. */
  frameShare: number = RX_BURST
  octetShare: number = TURN_OCTETS
  /** Counts on with each turn, in 31 bits: what is read once in a turn is read when this has changed. */
  turns = 0

  readonly #events = new Int32Array(EVENTS * 2)
  readonly #watchers = new Map<number, Watcher>()
  /** Descriptors that do not keep the process alive. */
  readonly #idle = new Set<number>()
  /** Regular files, which epoll refuses: always ready. */
  readonly #always = new Map<number, number>()
  /** Links to flush, and how many: an array made empty would give its memory back, and a flood take it anew each turn. */
  #dirty: Array<Flushable | null> = []
  #dirtyCount = 0
  #flushing: Array<Flushable | null> = []
  #pairs = 0
  #inTurn = false
  #started = false
  #polling = false
  #flushPlanned = false

  /**
   * Starts watching `fd` for `events`. The descriptor stays the caller's, who removes it before closing it.
   * @param keepsAlive false: the process may end though it is watched
   * @throws {VdeError} EBADF, EEXIST, ENOSPC
   */
  add (fd: number, events: number, watcher: Watcher, keepsAlive: boolean = true): void {
    this.#start()
    const result = native.epollControl(ADD, fd, events)
    if (result === -EPERM) {
      this.#always.set(fd, events)
      this.#pollAlways()
    } else if (result < 0) throw systemError(result, `watch descriptor ${fd}`)
    this.#watchers.set(fd, watcher)
    if (keepsAlive) native.epollKeepAlive(true)
    else this.#idle.add(fd)
  }

  /** Changes what is watched; 0 leaves only errors and hang-up. */
  modify (fd: number, events: number): void {
    if (this.#always.has(fd)) {
      this.#always.set(fd, events)
      this.#pollAlways()
      return
    }
    const result = native.epollControl(MODIFY, fd, events)
    if (result < 0) throw systemError(result, `watch descriptor ${fd}`)
  }

  /** Stops watching. Events of this turn that were not delivered yet are dropped, so the number may be reused at once. */
  remove (fd: number): void {
    if (!this.#watchers.delete(fd)) return
    if (!this.#always.delete(fd)) native.epollControl(DELETE, fd, 0)
    for (let i = 0; i < this.#pairs; i++) {
      if (this.#events[i * 2] === fd) this.#events[i * 2] = -1
    }
    this.#idle.delete(fd)
    if (this.#watchers.size === this.#idle.size) native.epollKeepAlive(false)
  }

  /** Has `link` flushed at the end of this turn, or soon when called outside of one. Mark it once per turn. */
  markDirty (link: Flushable): void {
    this.#dirty[this.#dirtyCount++] = link
    if (!this.#inTurn) this.#planFlush()
  }

  #planFlush (): void {
    if (this.#flushPlanned) return
    this.#flushPlanned = true
    setImmediate(() => {
      this.#flushPlanned = false
      this.#flush()
    })
  }

  #start (): void {
    if (this.#started) return
    const result = native.epollStart(this.#events, (pairs) => { this.#turn(pairs) })
    if (result < 0) throw systemError(result, 'start the event loop')
    this.#started = true
  }

  #turn (pairs: number): void {
    this.#pairs = pairs
    this.#inTurn = true
    this.turns = (this.turns + 1) & 0x7fffffff
    this.frameShare = Math.max(1, (TURN_FRAMES / pairs) | 0)
    this.octetShare = (TURN_OCTETS / pairs) | 0
    for (let i = 0; i < pairs; i++) {
      const fd = this.#events[i * 2]
      if (fd === -1) continue
      this.#watchers.get(fd)?.onReady(this.#events[i * 2 + 1])
    }
    this.#pairs = 0
    this.#flush()
    this.#inTurn = false
  }

  #flush (): void {
    const batch = this.#dirty
    const count = this.#dirtyCount
    this.#dirty = this.#flushing
    this.#dirtyCount = 0
    this.#flushing = batch
    for (let i = 0; i < count; i++) {
      batch[i]?.flush()
      batch[i] = null
    }
    // A flush makes room, so frames that waited are sent: marked too late for this round, and no event need follow.
    if (this.#dirtyCount > 0) this.#planFlush()
  }

  #pollAlways (): void {
    if (this.#polling) return
    this.#polling = true
    setImmediate(() => {
      this.#polling = false
      this.#inTurn = true
      this.turns = (this.turns + 1) & 0x7fffffff
      for (const [fd, events] of this.#always) {
        if (events !== 0) this.#watchers.get(fd)?.onReady(events)
      }
      this.#flush()
      this.#inTurn = false
      for (const events of this.#always.values()) {
        if ((events & IN) !== 0) return this.#pollAlways()
      }
    })
  }
}

/** The process's loop. */
export const loop: Loop = new Loop()
