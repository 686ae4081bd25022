/**
 * The queue in front of a line, and the line, which takes one frame after the other for its length / rate.
 *
 *     enter --> queue --take, or CoDel--> on the line --timer--> leaveLine
 *
 * The line counts from when it was due, not from when it was told: a late wake-up costs no throughput.
 */
import { Codel, type CodelQueue } from './codel.ts'
import type { Drops } from './counters.ts'
import type { Due, Engine } from './engine.ts'
import type { Fate } from './fate.ts'
import { SECOND } from './limits.ts'
import { NodeList } from './node-list.ts'
import { STREAMS } from './random.ts'
import { Red } from './red.ts'
import type { Settings } from './settings.ts'
import { drawn } from './value.ts'

/** Whose line it is. */
export interface LineHost {
  readonly settings: Settings
  /** Octets of a frame as reckoned. */
  reckoned (node: number): number
  /** A frame has been sent, at `due[node]`. */
  leaveLine (node: number): void
  /** A frame of the queue goes nowhere. */
  dropNode (reason: keyof Drops, node: number): void
}

/** Of a typical frame, for RED's idle time. */
const TYPICAL_OCTETS = 512

/** See above. */
export class Line implements Due, CodelQueue {
  readonly queue: NodeList = new NodeList()
  readonly #engine: Engine
  readonly #host: LineHost
  readonly #fate: Fate
  readonly #timer: number
  /** The frame on the line, -1: none; and when it has left it. */
  #current = -1
  #free = 0
  #codel: Codel | null = null
  #red: Red | null = null

  constructor (engine: Engine, host: LineHost, fate: Fate) {
    this.#engine = engine
    this.#host = host
    this.#fate = fate
    this.#timer = engine.newTimer(this)
  }

  /** A frame is on the line, so that later ones queue. */
  get isBusy (): boolean { return this.#current >= 0 }

  /** Takes a frame that was stored now; {@link refusal} was asked before. */
  enter (node: number): void {
    this.queue.push(this.#engine, node, this.#host.reckoned(node))
    if (this.isBusy) return
    this.#free = this.#engine.clock[0]
    this.#serve()
  }

  /** Why a newcomer of `octets` finds no room, or null. */
  refusal (octets: number, index: number): keyof Drops | null {
    if (!this.isBusy) return null
    const s = this.#host.settings
    if (s.queueFrames > 0 && this.queue.frames >= s.queueFrames) return 'queue'
    if (s.queueOctets > 0 && this.queue.octets + octets > s.queueOctets) return 'queue'
    return s.discipline === 'red' && this.#isDroppedEarly(s, index) ? 'red' : null
  }

  #isDroppedEarly (s: Settings, index: number): boolean {
    this.#red ??= new Red()
    const idleTime = this.queue.frames > 0 ? 0 : Math.max(0, this.#engine.clock[0] - this.#free)
    const idle = idleTime * s.rate.base / TYPICAL_OCTETS / SECOND
    return this.#red.isDropped(s.red, this.queue.octets, idle, this.#fate.stream(STREAMS.red), index)
  }

  /** The settings have changed: what is left of the frame on the line goes at the new rate. */
  onSettings (before: Settings, after: Settings): void {
    this.#codel?.setParameters(after.codel)
    if (before.rate === after.rate || !this.isBusy) return
    const now = this.#engine.now()
    const left = Math.max(0, this.#free - now)
    this.#free = now + (after.rate.base > 0 && before.rate.base > 0 ? left * before.rate.base / after.rate.base : 0)
    this.#setTimer()
  }

  #setTimer (): void {
    this.#engine.due[this.#timer] = this.#free
    this.#engine.setTimer(this.#timer)
  }

  /** The line is free since `#free`: the next frame goes on it. */
  #serve (): void {
    while (this.queue.frames > 0) {
      const node = this.#next()
      if (node < 0) return
      this.#drawRate(node)
      if (drawn[0] > 0) {
        this.#current = node
        this.#free += (this.#host.reckoned(node) + this.#host.settings.overhead) * SECOND / drawn[0]
        return this.#setTimer()
      }
      this.#host.dropNode('rate', node)
    }
  }

  #next (): number {
    if (this.#host.settings.discipline !== 'codel') return this.take()
    this.#codel ??= new Codel(this.#host.settings.codel)
    return this.#codel.dequeue(this, this.#free)
  }

  /** Octets per second for the frame, into `drawn`; Infinity when there is no rate any more. */
  #drawRate (node: number): void {
    const { rate } = this.#host.settings
    if (rate.base === 0) drawn[0] = Infinity
    else this.#fate.draw(rate, STREAMS.rateValue, this.#engine.index[node])
  }

  onDue (): void {
    const node = this.#current
    this.#current = -1
    this.#engine.due[node] = this.#free
    this.#serve()
    this.#host.leaveLine(node)
  }

  /** For {@link Codel}. */
  take (): number {
    return this.queue.frames === 0 ? -1 : this.queue.shift(this.#engine, this.#host.reckoned(this.queue.head))
  }

  arrivedAt (node: number): number { return this.#engine.arrived[node] }
  backlog (): number { return this.queue.octets }
  dropByCodel (node: number): void { this.#host.dropNode('codel', node) }
}
