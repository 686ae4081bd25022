/**
 * Pictures of a network that follow each other in steps: topologies of a file each, or positions.
 *
 *     step 1 shows the first; a picture stays 1 + ceil(durationSec / stepSec) steps; the last stays for ever,
 *     or with `isLoop` one step longer, in which the sequence is rewound, and the first follows
 *
 * Step 0 is before the first: no links. So a duration of 0 is "until the next step", as MiniWorld has it.
 */
import type { Distances } from '../distances.ts'
import type { Positions } from '../positions.ts'
import type { Motion } from './motion.ts'

/** One picture: links, each one metre long, between nodes by index; or positions. */
export interface Picture {
  readonly durationSec: number
  readonly show: { readonly links: ReadonlyArray<readonly [number, number]> } | { readonly positions: Positions }
}

/** How long a link of a topology is: what quality models are asked about. */
export const LINK_METRES = 1

/** Which picture is shown at a step; null: before the first. */
export type Schedule = (step: number) => number | null

/** @throws {RangeError} no pictures, a duration below 0, steps without a time */
export const schedule = (durationsSec: readonly number[], stepSec: number, isLoop: boolean): Schedule => {
  if (durationsSec.length === 0) throw new RangeError('Cannot make the sequence: found no topologies, want one or more')
  if (!(stepSec > 0)) throw new RangeError(`Cannot make the sequence: found steps of ${stepSec} s, want more than 0`)
  const wrong = durationsSec.find((durationSec) => !(durationSec >= 0 && durationSec <= 1e9))
  if (wrong !== undefined) throw new RangeError(`Cannot make the sequence: found ${wrong} s, want 0 to 10^9`)
  const ends: number[] = []
  for (const durationSec of durationsSec) ends.push((ends.at(-1) ?? 0) + 1 + Math.ceil(durationSec / stepSec))
  const period = ends.at(-1)! + 1
  return (step) => {
    if (step < 1) return null
    const within = isLoop ? (step - 1) % period : step - 1
    const found = ends.findIndex((end) => within < end)
    return found < 0 ? ends.length - 1 : found
  }
}

/** @throws {RangeError} as {@link schedule} */
export const sequence = (pictures: readonly Picture[], stepSec: number, isLoop: boolean): Motion => {
  const at = schedule(pictures.map(({ durationSec }) => durationSec), stepSec, isLoop)
  const pictureAt = (step: number): Picture['show'] | null => pictures[at(step) ?? -1]?.show ?? null
  return {
    positions: (step) => { const show = pictureAt(step); return show !== null && 'positions' in show ? show.positions : null },
    distances: (step, into) => {
      into.clear()
      const show = pictureAt(step)
      if (show === null) return
      if ('positions' in show) show.positions.measure(into)
      else for (const [a, b] of show.links) into.set(a, b, LINK_METRES)
    }
  }
}

/** A network in which nothing is ever linked. */
export const nothing: Motion = { positions: () => null, distances: (_step: number, into: Distances) => into.clear() }
