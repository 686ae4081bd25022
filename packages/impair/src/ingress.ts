/**
 * How fast frames are accepted: the sender waits until each would have been received at `speed`.
 *
 *     slowDown --> busy until `free` --timer--> onRoom: the sender goes on
 */
import type { Due, Engine } from './engine.ts'
import { MS, SECOND } from './limits.ts'
import { drawn } from './value.ts'

/** Who is told that the next frame may come. */
export interface IngressHost {
  onRoom (): void
}

/** See above. Of one direction that has a speed. */
export class Ingress implements Due {
  readonly #engine: Engine
  readonly #host: IngressHost
  readonly #timer: number
  #free = 0

  constructor (engine: Engine, host: IngressHost) {
    this.#engine = engine
    this.#host = host
    this.#timer = engine.newTimer(this)
  }

  /** The sender has to wait. */
  get isBusy (): boolean { return this.#engine.isSet(this.#timer) }

  /**
   * Has the sender wait while `octets` come in, at the octets per second in `drawn` of value.ts, and puts there how many
   * nanoseconds that are from now.
   */
  receive (octets: number): void {
    const time = drawn[0] > 0 ? octets * SECOND / drawn[0] : 0
    const now = this.#engine.clock[0]
    // From when it was free, if that was a moment ago: the sender was told, and needed that moment to go on.
    const from = now - this.#free < Math.max(time, MS) ? this.#free : now
    this.#free = from + time
    drawn[0] = Math.max(0, this.#free - now)
    if (drawn[0] > 0) this.#setTimer(this.#free)
  }

  /** The speed has changed: whoever waits waits no longer. */
  forget (): void {
    if (!this.isBusy) return
    this.#free = this.#engine.now()
    this.#setTimer(this.#free)
  }

  #setTimer (due: number): void {
    this.#engine.due[this.#timer] = due
    this.#engine.setTimer(this.#timer)
  }

  onDue (): void { this.#host.onRoom() }
}
