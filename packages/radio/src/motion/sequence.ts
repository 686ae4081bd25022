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

/** @throws {RangeError} no pictures, a duration below 0, steps without a time */
export const sequence = (pictures: readonly Picture[], stepSec: number, isLoop: boolean): Motion => {
  if (pictures.length === 0) throw new RangeError('Cannot make the sequence: found no topologies, want one or more')
  if (!(stepSec > 0)) throw new RangeError(`Cannot make the sequence: found steps of ${stepSec} s, want more than 0`)
  const wrong = pictures.find(({ durationSec }) => !(durationSec >= 0 && durationSec <= 1e9))
  if (wrong !== undefined) throw new RangeError(`Cannot make the sequence: found ${wrong.durationSec} s, want 0 to 10^9`)
  const ends: number[] = []
  for (const { durationSec } of pictures) ends.push((ends.at(-1) ?? 0) + 1 + Math.ceil(durationSec / stepSec))
  const period = ends.at(-1)! + 1
  const pictureAt = (step: number): Picture | null => {
    if (step < 1) return null
    const within = isLoop ? (step - 1) % period : step - 1
    return pictures[ends.findIndex((end) => within < end)] ?? pictures.at(-1)!
  }
  return {
    positions: (step) => { const show = pictureAt(step)?.show; return show !== undefined && 'positions' in show ? show.positions : null },
    distances: (step, into) => {
      into.clear()
      const show = pictureAt(step)?.show
      if (show === undefined) return
      if ('positions' in show) show.positions.measure(into)
      else for (const [a, b] of show.links) into.set(a, b, LINK_METRES)
    }
  }
}

/** A network in which nothing is ever linked. */
export const nothing: Motion = { positions: () => null, distances: (_step: number, into: Distances) => into.clear() }
