/**
 * A row of the forwarding table: four numbers of its Int32Array.
 *
 *     | vlan << 16 | macHi |  macLo  |  port + 1, bit 30: static  |  seenSec  |      third word 0: free
 *
 * Two int32 keys because a string or BigInt key allocates on every lookup (64-276 ns and 38-81 ns, against 4).
 */
import type { FdbEntry } from './fdb-entry.ts'

/** Numbers of a row. */
export const ROW_WORDS = 4
/** In the third word: the address is pinned to the port. */
export const STATIC: number = 1 << 30
/** The rest of that word. */
export const PORT: number = STATIC - 1

/** The row at `at` of `rows`, as people read it at the time `nowSec`. */
export const rowEntry = (rows: Int32Array, at: number, nowSec: number): FdbEntry => ({
  macHi: rows[at] & 0xffff,
  macLo: rows[at + 1],
  vlan: rows[at] >>> 16,
  port: (rows[at + 2] & PORT) - 1,
  ageSec: nowSec - rows[at + 3],
  isStatic: (rows[at + 2] & STATIC) !== 0
})
