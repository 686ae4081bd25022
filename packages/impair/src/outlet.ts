/**
 * Frames that are due and wait for the output: it is full, paused, or in the middle of another one.
 */
import type { Engine } from './engine.ts'
import { NodeList } from './node-list.ts'

/** Whose frames they are. */
export interface OutletHost {
  /** Octets of a frame as reckoned. */
  reckoned (node: number): number
  /** Sends the frame. False: the output is full. */
  send (node: number): boolean
  /** It has gone, and is in no list any more. False: nothing more may be sent. */
  sent (node: number): boolean
}

/** Octets that wait for the output before the sender is made to wait. */
const READY_OCTETS = 256 * 1024

/** See above. */
export class Outlet {
  readonly #engine: Engine
  readonly #host: OutletHost
  readonly #ready = new NodeList()
  #isDelivering = false

  constructor (engine: Engine, host: OutletHost) {
    this.#engine = engine
    this.#host = host
  }

  /** Nothing waits. */
  get isEmpty (): boolean { return this.#ready.frames === 0 }
  /** So much waits that no more should come. */
  get isFull (): boolean { return this.#ready.octets > READY_OCTETS }
  /** A frame is being delivered: its memory must stay. */
  get isDelivering (): boolean { return this.#isDelivering }

  /** Takes a frame that is due. True: it is the only one, so {@link drain} is to be called. */
  push (node: number): boolean {
    this.#ready.push(this.#engine, node, this.#host.reckoned(node))
    return this.#ready.frames === 1
  }

  /** Sends what there is room for. */
  drain (): void {
    this.#isDelivering = true
    while (this.#ready.frames > 0 && this.#sendFirst());
    this.#isDelivering = false
  }

  #sendFirst (): boolean {
    const node = this.#ready.head
    if (!this.#host.send(node)) return false
    this.#ready.shift(this.#engine, this.#host.reckoned(node))
    return this.#host.sent(node)
  }
}
