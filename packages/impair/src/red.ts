/**
 * Random early detection [Floyd and Jacobson 1993]: the longer the queue has been on average, the more newcomers are
 * dropped.
 *
 *     average    below min: none dropped;  min..max: up to `probability`;  from max on: all
 *
 * The average moves by 2^-9 with each newcomer, and by the frames that could have been sent while the queue was empty.
 */
import { asUnit, type Stream } from './random.ts'

/** Octets, and a probability 0..1. `limit`: more than that never waits, 0: no limit. */
export interface RedParameters {
  readonly min: number
  readonly max: number
  readonly probability: number
  readonly limit: number
}

const WEIGHT = 1 / 512

/** State of one queue. */
export class Red {
  /** Octets that waited on average. */
  average = 0
  /** Newcomers since the last drop, while the average was between the thresholds. */
  #spared = -1

  /**
   * What becomes of a newcomer. The chance counts up from drop to drop, so that drops lie evenly apart.
   * @param backlog octets in the queue
   * @param idleFrames how many typical frames the line could have sent since the queue became empty
   */
  isDropped (parameters: RedParameters, backlog: number, idleFrames: number, stream: Stream, index: number): boolean {
    const { min, max, probability, limit } = parameters
    if (backlog > 0) this.average += WEIGHT * (backlog - this.average)
    else this.average *= (1 - WEIGHT) ** idleFrames
    if (limit > 0 && backlog >= limit) return this.#drop()
    if (this.average < min) {
      this.#spared = -1
      return false
    }
    if (this.average >= max) return this.#drop()
    this.#spared++
    const base = probability * (this.average - min) / (max - min)
    const chance = this.#spared * base >= 1 ? 1 : base / (1 - this.#spared * base)
    return asUnit(stream.bits(index, 0)) < chance && this.#drop()
  }

  #drop (): boolean {
    this.#spared = 0
    return true
  }
}
