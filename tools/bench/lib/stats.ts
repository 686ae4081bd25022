/** Medians and spreads of a handful of runs. */

/** What is shown of a list of figures: its median, quartiles and ends. */
export interface Summary {
  readonly runs: number
  readonly median: number
  readonly q1: number
  readonly q3: number
  readonly min: number
  readonly max: number
}

/** The value below which the part `q` (0..1) of the figures lies, between two neighbours where it must. NaN of none. */
export const quantile = (figures: readonly number[], q: number): number => {
  if (figures.length === 0) return NaN
  const sorted = [...figures].sort((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = Math.floor(at)
  const below = sorted[low]!
  const above = sorted[Math.min(low + 1, sorted.length - 1)]!
  return below + (above - below) * (at - low)
}

export const median = (figures: readonly number[]): number => quantile(figures, 0.5)

export const summarise = (figures: readonly number[]): Summary => ({
  runs: figures.length,
  median: median(figures),
  q1: quantile(figures, 0.25),
  q3: quantile(figures, 0.75),
  min: quantile(figures, 0),
  max: quantile(figures, 1)
})

/** Figures of interleaved runs, divided pair by pair: what the machine did meanwhile to both falls out. */
export const ratios = (ours: readonly number[], theirs: readonly number[]): number[] =>
  ours.flatMap((value, i) => theirs[i] !== undefined && theirs[i] > 0 ? [value / theirs[i]] : [])
