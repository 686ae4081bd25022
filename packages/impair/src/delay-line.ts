/**
 * Frames in flight: each leaves at its time. With FIFO none before those in front of it, and only the first is in the
 * engine's order; without, each is there by itself.
 */
import type { Due, Engine } from './engine.ts'
import { NodeList } from './node-list.ts'

/** Where frames go that have arrived. */
export interface Arrival {
  /** The frame is due. */
  release (node: number): void
}

/** See above. The owner of the nodes given to it, so that they come back here. */
export class DelayLine implements Due {
  readonly #engine: Engine
  readonly #arrival: Arrival
  readonly #list = new NodeList()
  #timer = -1
  /** When the last of all frames is due: with FIFO none is due before. */
  #lastDue = 0

  constructor (engine: Engine, arrival: Arrival) {
    this.#engine = engine
    this.#arrival = arrival
  }

  /** Takes a frame that is to leave at `due[node]`, or later where FIFO wants it. */
  enter (node: number, isFifo: boolean): void {
    const engine = this.#engine
    if (isFifo && engine.due[node] < this.#lastDue) engine.due[node] = this.#lastDue
    if (engine.due[node] > this.#lastDue) this.#lastDue = engine.due[node]
    if (!isFifo) {
      engine.setTimer(node)
      return
    }
    this.#list.push(engine, node, 0)
    if (this.#list.frames === 1) this.#waitFor(node)
  }

  #waitFor (node: number): void {
    if (this.#timer < 0) this.#timer = this.#engine.newTimer(this)
    this.#engine.due[this.#timer] = this.#engine.due[node]
    this.#engine.setTimer(this.#timer)
  }

  onDue (node: number): void {
    if (node !== this.#timer) return this.#arrival.release(node)
    const first = this.#list.shift(this.#engine, 0)
    if (this.#list.frames > 0) this.#waitFor(this.#list.head)
    this.#arrival.release(first)
  }
}
