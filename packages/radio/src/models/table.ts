/**
 * Qualities by a table of distances, for all directions or for one.
 *
 *     { upTo: 50, quality }                    rows in the order of distance; the first that reaches far enough counts
 *     { upTo: 50, quality, from, to }          this direction only; a direction that has rows of its own looks at no others
 */
import type { Quality, QualityModel } from '../quality.ts'

/** One row. */
export interface QualityRow {
  /** Metres, itself included; Infinity for any. */
  readonly upTo: number
  /** Null: no link. */
  readonly quality: Quality | null
  readonly from?: string
  readonly to?: string
}

const keyOf = ({ from, to }: QualityRow): string => from === undefined ? '' : JSON.stringify([from, to])

/** @throws {RangeError} no rows, rows out of order, a row with one end only */
export const table = (rows: readonly QualityRow[]): QualityModel => {
  const byDirection = new Map<string, QualityRow[]>()
  for (const [i, row] of rows.entries()) {
    if ((row.from === undefined) !== (row.to === undefined)) throw wrong(i, 'one end of a direction', 'from and to, or neither')
    if (!(row.upTo >= 0)) throw wrong(i, `${row.upTo} m`, 'a distance of 0 or more')
    const list = byDirection.get(keyOf(row)) ?? []
    if (list.length > 0 && row.upTo <= list.at(-1)!.upTo) throw wrong(i, `${row.upTo} m behind ${list.at(-1)!.upTo} m`, 'rows in the order of distance')
    byDirection.set(keyOf(row), [...list, row])
  }
  if (rows.length === 0) throw new RangeError('Cannot make the model: found a table without rows, want one or more')
  const common = byDirection.get('') ?? []
  const isCommon = byDirection.size === (common.length > 0 ? 1 : 0)
  return {
    reach: rows.reduce((most, { upTo, quality }) => quality === null ? most : Math.max(most, upTo), 0),
    quality: (distance, from, to) => {
      const own = isCommon ? common : byDirection.get(JSON.stringify([from, to])) ?? common
      return own.find(({ upTo }) => distance <= upTo)?.quality ?? null
    }
  }
}

const wrong = (i: number, found: string, wanted: string): RangeError =>
  new RangeError(`Cannot make the model: found ${found} in row ${i + 1} of the table, want ${wanted}`)
