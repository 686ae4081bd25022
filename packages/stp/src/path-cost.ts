/** Path costs, table 17-3: a link of twice the rate costs half as much. */

/** Cost of a port that nobody set: that of 1 Gbit/s. */
export const DEFAULT_PATH_COST = 20_000
/** Table 17-3: 1..200 000 000. */
export const MAX_PATH_COST = 200_000_000

/** Cost of a link of that many bits per second: 20 Tbit/s costs 1, 100 kbit/s and less cost most. */
export const pathCost = (bitsPerSecond: number): number =>
  Math.min(MAX_PATH_COST, Math.max(1, Math.round(20e12 / bitsPerSecond)))
