/**
 * What moves nodes: the contract of every source of distances, be it links of a file, a trace, or a walk by chance.
 *
 * Step k is what is so at k times the time of a step, whoever asks and how often: a motion has no clock and no state that
 * counts, so any step can be asked for, in any order, and gives the same.
 */
import type { Distances } from '../distances.ts'
import type { Positions } from '../positions.ts'

/** See above. Step 0 is the start. */
export interface Motion {
  /** The positions at a step; null where there are none, only links (a wired topology). Valid until the next call. */
  positions (step: number): Positions | null
  /** Puts the distances at a step into `into`, of as many nodes. Makes no object. */
  distances (step: number, into: Distances): void
}

/** A motion that knows positions. @param place puts the nodes where they are at a step; nowhere is NaN */
export const moving = (positions: Positions, place: (step: number, positions: Positions) => void): Motion => ({
  positions: (step) => { place(step, positions); return positions },
  distances: (step, into) => { place(step, positions); positions.measure(into) }
})

/** Nodes that stay where they are put. */
export const still = (positions: Positions): Motion => moving(positions, () => {})
