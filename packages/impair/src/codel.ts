/**
 * Controlled delay [RFC 8289 5]: when the line takes a frame from the queue, how long the frame has waited decides. Once
 * every frame of an `interval` has waited for `target` or longer, frames are dropped on their way out, the next one an
 * interval / sqrt(count) after the last, until one has waited less.
 */

/** Times in nanoseconds; with `mtu` octets or fewer left in the queue nothing is dropped. */
export interface CodelParameters {
  readonly target: number
  readonly interval: number
  readonly mtu: number
}

/** The queue that is controlled. Frames are named by numbers from 0. */
export interface CodelQueue {
  /** Takes the oldest frame out; -1: the queue is empty. */
  take (): number
  /** When a frame that was taken came in. */
  arrivedAt (frame: number): number
  /** Octets in the queue, without the frame that was taken. */
  backlog (): number
  /** The frame that was taken goes nowhere. */
  dropByCodel (frame: number): void
}

/** A new episode within so many intervals of the last one goes on with the count of that one. */
const MEMORY_INTERVALS = 16

/** State of one queue. Times are `now` as the caller counts it. */
export class Codel {
  #parameters: CodelParameters
  /** When the waiting time will have been too long for an interval; 0: it is not. */
  #firstAbove = 0
  #dropNext = 0
  #count = 0
  #lastCount = 0
  #isDropping = false
  /** The frame taken last has waited too long, for an interval. */
  #mayDrop = false

  constructor (parameters: CodelParameters) { this.#parameters = parameters }

  /** Changes the parameters; what was learnt of the queue stays. */
  setParameters (parameters: CodelParameters): void { this.#parameters = parameters }

  /** The next frame for the line, after dropping those before it that must go; -1: the queue is empty. */
  dequeue (queue: CodelQueue, now: number): number {
    let frame = this.#take(queue, now)
    if (!this.#isDropping) return this.#mayDrop ? this.#begin(queue, frame, now) : frame
    this.#isDropping = this.#mayDrop
    while (this.#isDropping && now >= this.#dropNext) {
      queue.dropByCodel(frame)
      this.#count++
      frame = this.#take(queue, now)
      if (this.#mayDrop) this.#dropNext = this.#after(this.#dropNext)
      else this.#isDropping = false
    }
    return frame
  }

  /** The first drop of an episode: the frame behind it goes out whatever it waited. */
  #begin (queue: CodelQueue, frame: number, now: number): number {
    queue.dropByCodel(frame)
    const next = this.#take(queue, now)
    const grown = this.#count - this.#lastCount
    this.#count = grown > 1 && now - this.#dropNext < MEMORY_INTERVALS * this.#parameters.interval ? grown : 1
    this.#lastCount = this.#count
    this.#dropNext = this.#after(now)
    this.#isDropping = true
    return next
  }

  #take (queue: CodelQueue, now: number): number {
    const { target, interval, mtu } = this.#parameters
    const frame = queue.take()
    this.#mayDrop = false
    if (frame < 0 || now - queue.arrivedAt(frame) < target || queue.backlog() <= mtu) this.#firstAbove = 0
    else if (this.#firstAbove === 0) this.#firstAbove = now + interval
    else this.#mayDrop = now >= this.#firstAbove
    return frame
  }

  #after (time: number): number { return time + this.#parameters.interval / Math.sqrt(this.#count) }
}
