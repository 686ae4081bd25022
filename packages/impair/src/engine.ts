/**
 * What all impaired links of a process share: where queued frames lie, and the one order in which they are released.
 *
 *     Direction --store--> node: cell of the arena, length, times --> lists of the direction
 *               --setTimer--> ReleaseHeap --run(now)--> onDue of whoever is first
 *
 * A node is a number: a queued frame, or a timer. The host calls {@link Engine.run} when the time it was told by `arm` has
 * come; nothing here waits, reads a clock or makes a timer.
 */
import { copyOctets } from '@vde-ts/frame/octets.js'
import { clearOffload } from '@vde-ts/frame/offload.js'
import { Segmenter } from '@vde-ts/frame/segment.js'
import { Arena } from './arena.ts'
import { DEFAULT_CAP, OFFLOAD } from './limits.ts'
import { ReleaseHeap, grown } from './release-heap.ts'

/** The world, as arguments. */
export interface EngineWorld {
  /** Its only element is the time, in nanoseconds of a clock that never goes back. */
  readonly clock: Float64Array
  /** Brings the clock up to date. */
  tick (): void
  /** {@link Engine.nextDue} has changed: call {@link Engine.run} then. */
  arm (): void
}

/** Something that is to happen. */
export interface Due {
  /** The time of `node`, `engine.due[node]`, has come: it is out of the order. */
  onDue (node: number): void
}

/** Events of one run, before others get their turn. */
const RUN_EVENTS = 512
const FIRST = 64
const NONE = -1

/** See above. One per process. */
export class Engine {
  readonly arena: Arena
  /** The world's clock; up to date after {@link now}. */
  readonly clock: Float64Array
  /** Columns of the nodes. Of frames: length in octets, number of the frame, delay still to come, when it came. */
  len: Int32Array = new Int32Array(FIRST)
  index: Float64Array = new Float64Array(FIRST)
  delay: Float64Array = new Float64Array(FIRST)
  arrived: Float64Array = new Float64Array(FIRST)
  /** Of frames and timers: when they are due. */
  due: Float64Array = new Float64Array(FIRST)
  /** The next node of the list it is in; -1: none. */
  next: Int32Array = new Int32Array(FIRST)
  /** Its cell; -1: a timer. */
  #cell: Int32Array = new Int32Array(FIRST)
  readonly #owners: Array<Due | null> = []
  readonly #heap = new ReleaseHeap()
  readonly #world: EngineWorld
  #free: number = NONE
  #nodes = 0
  #armed = Infinity
  #isRunning = false
  readonly #segmenters: Segmenter[] = []
  /** Super-frames being passed on, one within the other. */
  #depth = 0

  constructor (world: EngineWorld, cap: number = DEFAULT_CAP) {
    this.#world = world
    this.clock = world.clock
    this.arena = new Arena(cap)
  }

  /** Now, in nanoseconds. */
  now (): number {
    this.#world.tick()
    return this.clock[0]
  }

  /** When the first event is due; Infinity: there is none. */
  get nextDue (): number { return this.#armed }

  /** Frames and timers there are. */
  get nodes (): number { return this.#nodes }

  /**
   * Keeps a copy of a frame, with its offload header or a zero one. @returns its node; -1: the octet cap is reached.
   * @param hasHeader `off` >= OFFLOAD and the header in front counts
   */
  store (owner: Due, buf: Uint8Array, off: number, len: number, hasHeader: boolean): number {
    const cell = this.arena.take(len)
    if (cell < 0) return NONE
    const to = this.arena.buf(cell)
    const at = this.arena.at(cell)
    copyOctets(to, at, buf, off, len)
    if (hasHeader) for (let i = 1; i <= OFFLOAD; i++) to[at - i] = buf[off - i]
    else clearOffload(to, at)
    const node = this.#newNode(owner)
    this.#cell[node] = cell
    this.len[node] = len
    return node
  }

  /** A node that is a timer. Give it back with {@link release}. */
  newTimer (owner: Due): number {
    const node = this.#newNode(owner)
    this.#cell[node] = NONE
    return node
  }

  /** Lets go of a node; if it is a frame, of its memory too. */
  release (node: number): void {
    this.#heap.remove(node)
    const cell = this.#cell[node]
    if (cell !== NONE) this.arena.give(cell)
    this.#owners[node] = null
    this.next[node] = this.#free
    this.#free = node
    this.#nodes--
    this.#check()
  }

  /** Lets go of every node of an owner that has gone. */
  releaseAll (owner: Due): void {
    for (let node = 0; node < this.#owners.length; node++) if (this.#owners[node] === owner) this.release(node)
  }

  /** Where the frame of a node lies. */
  buf (node: number): Uint8Array { return this.arena.buf(this.#cell[node]) }
  at (node: number): number { return this.arena.at(this.#cell[node]) }

  /** Has `onDue` of the node's owner called at `due[node]`, and not when it was set before. */
  setTimer (node: number): void {
    this.#heap.remove(node)
    this.#heap.push(node, this.due)
    this.#check()
  }

  clearTimer (node: number): void {
    this.#heap.remove(node)
    this.#check()
  }

  isSet (node: number): boolean { return this.#heap.has(node) }

  /** Does what is due now, in order. Leaves the rest of a long list to the next call, for which it arms. */
  run (): void {
    if (this.#isRunning) return
    this.#isRunning = true
    const heap = this.#heap
    this.#world.tick()
    for (let i = 0; i < RUN_EVENTS && heap.size > 0 && heap.topTime <= this.clock[0]; i++) {
      const node = heap.pop()
      this.#owners[node]?.onDue(node)
    }
    this.#isRunning = false
    this.#arm()
  }

  /** The first entry may be another one now. */
  #check (): void {
    if (this.#isRunning) return
    const first = this.#heap.size === 0 ? Infinity : this.#heap.topTime
    if (first !== this.#armed) this.#arm()
  }

  #arm (): void {
    this.#armed = this.#heap.size === 0 ? Infinity : this.#heap.topTime
    this.#world.arm()
  }

  /** Cuts super-frames of one nesting depth. Pair with {@link leave}. */
  enter (): Segmenter {
    const depth = this.#depth++
    this.#segmenters[depth] ??= new Segmenter()
    return this.#segmenters[depth]
  }

  leave (): void { this.#depth-- }

  #newNode (owner: Due): number {
    let node = this.#free
    if (node === NONE) {
      node = this.#owners.length
      if (node === this.len.length) this.#grow()
    } else this.#free = this.next[node]
    this.#owners[node] = owner
    this.next[node] = NONE
    this.#nodes++
    return node
  }

  #grow (): void {
    const room = this.len.length * 2
    this.len = grown(new Int32Array(room), this.len)
    this.index = grown(new Float64Array(room), this.index)
    this.delay = grown(new Float64Array(room), this.delay)
    this.arrived = grown(new Float64Array(room), this.arrived)
    this.due = grown(new Float64Array(room), this.due)
    this.next = grown(new Int32Array(room), this.next)
    this.#cell = grown(new Int32Array(room), this.#cell)
  }
}
