/**
 * The forwarding table: (vlan, MAC) -> port, open addressing with linear probing in one Int32Array; see fdb-row.ts. At
 * least half of the rows are free, so every probe ends. A row is removed by shifting its followers back: no tombstones, so
 * a flood of short-lived addresses leaves nothing behind. The hash is keyed by secret multipliers: ports are untrusted.
 *
 * Full, it evicts fairly: of SAMPLE rows behind a hand that travels the table (which is in random order), the oldest of
 * the port that holds most, and never one of a port that holds fewer than the learner. So a flooding port replaces its
 * own addresses. Time is what `nowSec` says; an expired row is no longer found, and swept a slice at a time.
 */
import { AddressCounts } from './address-counts.ts'
import type { FdbEntry, FdbWatcher } from './fdb-entry.ts'
import { PORT, ROW_WORDS as STRIDE, rowEntry, STATIC } from './fdb-row.ts'

const FIRST_ROWS = 256
/** Rows looked at for a victim, 4-6 ns each. */
const SAMPLE = 16
/** Occupied or not, rows the hand passes at most in one eviction. */
const WALK = 256
/** Rows one slice of a sweep looks at: 16 384 rows are 20 us. */
const SLICE = 16384
const NEVER = 0x7fffffff

/** Most addresses a table holds unless told otherwise: 4 MiB when full, and networks of a hundred thousand fit. */
export const DEFAULT_CAPACITY = 131_072

/** A table as it travels: the live rows, in the order of this machine's octets, and the time they refer to. */
export interface FdbSnapshot {
  readonly rows: Uint8Array
  readonly nowSec: number
  readonly expireSec: number
  readonly minPersistenceSec: number
}

/** What {@link Fdb.learn} did. */
export const KNOWN = 0
export const NEW = 1
/** The address moved to the port. */
export const MOVED = 2
/** The address belongs to another port, which used it too recently. */
export const HELD = 3
/** The table is full and nobody holds more than this port. */
export const REFUSED = 4
/** The address is static at another port. */
export const PINNED = 5
/** The port holds as many as it may. */
export const OVER_LIMIT = 6

/** Forwarding table of one switch; `port` is 0..65535, `vlan` 0..8191, `macHi` unsigned, `macLo` signed. */
export class Fdb {
  /** The present, in whole seconds of any steady clock; whoever owns the table sets it. */
  nowSec = 0
  watcher: FdbWatcher | null = null
  readonly capacity: number
  /** Seconds an address lives without being seen. */
  expireSec = 100
  /** An address must have been silent for longer than this before it moves to another port. */
  minPersistenceSec = 3

  #rows: Int32Array = new Int32Array(FIRST_ROWS * STRIDE)
  #mask: number = FIRST_ROWS - 1
  #count = 0
  #ports: AddressCounts = new AddressCounts()
  #hand = 0
  /** Next row of the sweep under way, at or past the end when there is none. */
  #sweepAt: number = NEVER
  readonly #seed: number
  readonly #keyHi: number
  readonly #keyLo: number
  readonly #keyEnd: number

  /** @param seed any number; the same seed gives the same table, an unknown one keeps collisions from being made */
  constructor (seed: number, capacity: number = DEFAULT_CAPACITY) {
    this.capacity = capacity
    this.#seed = seed
    this.#keyHi = scramble(seed) | 1
    this.#keyLo = scramble(seed + 0x9e3779b9) | 1
    this.#keyEnd = scramble(seed + 0x3c6ef372) | 1
  }

  /** The same table, apart, for whoever wants to try what happens; a full one takes about a millisecond. */
  copy (): Fdb {
    const made = new Fdb(this.#seed, this.capacity)
    made.nowSec = this.nowSec
    made.expireSec = this.expireSec
    made.minPersistenceSec = this.minPersistenceSec
    made.#rows = new Int32Array(this.#rows)
    made.#mask = this.#mask
    made.#count = this.#count
    made.#ports = this.#ports.copy()
    made.#hand = this.#hand
    return made
  }

  /** Addresses held, expired ones that are not swept yet included. */
  get size (): number { return this.#count }
  /** Rows of the array; tests only. */
  get rows (): number { return this.#mask + 1 }

  /** Addresses `port` holds. */
  countOf (port: number): number { return this.#ports.of(port) }

  /** Port that last sent from this address, or -1. */
  find (vlan: number, macHi: number, macLo: number): number {
    const rows = this.#rows
    const mask = this.#mask
    const key = (vlan << 16) | macHi
    for (let i = this.#hash(key, macLo); ; i = (i + 1) & mask) {
      const at = i * STRIDE
      const place = rows[at + 2]
      if (place === 0) return -1
      if (rows[at] !== key || rows[at + 1] !== macLo) continue
      return (place & STATIC) === 0 && this.nowSec - rows[at + 3] > this.expireSec ? -1 : (place & PORT) - 1
    }
  }

  /** Notes that `port` sent from this address now. @returns KNOWN, NEW, MOVED, HELD, PINNED, REFUSED or OVER_LIMIT */
  learn (vlan: number, macHi: number, macLo: number, port: number): number {
    const rows = this.#rows
    const mask = this.#mask
    const key = (vlan << 16) | macHi
    for (let i = this.#hash(key, macLo); ; i = (i + 1) & mask) {
      const at = i * STRIDE
      const place = rows[at + 2]
      if (place === 0) break
      if (rows[at] !== key || rows[at + 1] !== macLo) continue
      if (place === port + 1) {
        rows[at + 3] = this.nowSec
        return KNOWN
      }
      return this.#move(at, port)
    }
    return this.#learnNew(key, macLo, port)
  }

  #learnNew (key: number, macLo: number, port: number): number {
    if (this.#ports.isFull(port)) return OVER_LIMIT
    return this.#insert(key, macLo, port, 0) ? NEW : REFUSED
  }

  /** Addresses `port` may hold; null: any number. What it holds already stays. */
  setLimit (port: number, limit: number | null): void { this.#ports.setLimit(port, limit) }

  /** Pins an address to a port: never aged, moved or evicted. Replaces what was learnt. False: the table is full. */
  add (vlan: number, macHi: number, macLo: number, port: number): boolean {
    this.delete(vlan, macHi, macLo)
    return this.#insert((vlan << 16) | macHi, macLo, port, STATIC)
  }

  /** Removes one address, static or learnt. False when it was not there. */
  delete (vlan: number, macHi: number, macLo: number): boolean {
    const row = this.#rowOf((vlan << 16) | macHi, macLo)
    if (row < 0) return false
    this.#remove(row)
    return true
  }

  /** The entry of an address, null when there is none. */
  entry (vlan: number, macHi: number, macLo: number): FdbEntry | null {
    const row = this.#rowOf((vlan << 16) | macHi, macLo)
    return row < 0 || this.#isExpired(row * STRIDE) ? null : rowEntry(this.#rows, row * STRIDE, this.nowSec)
  }

  /** A copy of every live row, {@link ROW_WORDS} numbers each, in no order; {@link rowEntry} reads them. */
  liveRows (): Int32Array {
    const copy = new Int32Array(this.#count * STRIDE)
    let end = 0
    for (let at = 0; at < this.#rows.length; at += STRIDE) {
      if (this.#rows[at + 2] === 0 || this.#isExpired(at)) continue
      for (let word = 0; word < STRIDE; word++) copy[end++] = this.#rows[at + word]
    }
    return copy.subarray(0, end)
  }

  snapshot (): FdbSnapshot {
    const { buffer, byteOffset, byteLength } = this.liveRows()
    const { nowSec, expireSec, minPersistenceSec } = this
    return { rows: new Uint8Array(buffer, byteOffset, byteLength), nowSec, expireSec, minPersistenceSec }
  }

  /** Fills an empty table, ages and pinned addresses included. The watcher is told of nothing before it is set. */
  restore ({ rows, nowSec, expireSec, minPersistenceSec }: FdbSnapshot): void {
    const words = new Int32Array(Uint8Array.from(rows).buffer) // a copy, because of its alignment
    for (let at = 0; at + STRIDE <= words.length; at += STRIDE) {
      this.nowSec = words[at + 3]
      this.#insert(words[at], words[at + 1], (words[at + 2] & PORT) - 1, words[at + 2] & STATIC)
    }
    this.nowSec = nowSec
    this.expireSec = expireSec
    this.minPersistenceSec = minPersistenceSec
  }

  /** Forgets what was learnt on a port, in one VLAN or (-1) in all; `statics` too when asked. */
  flushPort (port: number, vlan: number = -1, statics: boolean = false): void {
    if (this.countOf(port) > 0) this.#flush(port, vlan, statics)
  }

  /** Forgets what was learnt in a VLAN. */
  flushVlan (vlan: number, statics: boolean = false): void { this.#flush(-1, vlan, statics) }

  /** Forgets everything learnt. */
  flush (): void { this.#flush(-1, -1, false) }

  /** Rows the slowest lookup passes; tests only. */
  longestProbe (): number {
    let longest = 0
    for (let row = 0; row <= this.#mask; row++) {
      if (this.#rows[row * STRIDE + 2] === 0) continue
      const home = this.#hash(this.#rows[row * STRIDE], this.#rows[row * STRIDE + 1])
      longest = Math.max(longest, (row - home) & this.#mask)
    }
    return longest
  }

  /** Starts removing the expired rows; {@link sweep} does the work. */
  startSweep (): void { if (this.#sweepAt > this.#mask) this.#sweepAt = 0 }

  /** One slice of the sweep under way, if any: a full table of 131 072 rows takes eight. */
  sweep (): void {
    const end = Math.min(this.#sweepAt + SLICE, this.#mask + 1)
    let row = this.#sweepAt
    while (row < end) {
      if (this.#rows[row * STRIDE + 2] !== 0 && this.#isExpired(row * STRIDE)) this.#remove(row)
      else row++
    }
    this.#sweepAt = row > this.#mask ? NEVER : row
  }

  #hash (key: number, macLo: number): number {
    let h = Math.imul(key, this.#keyHi) + Math.imul(macLo, this.#keyLo) | 0
    h = Math.imul(h ^ (h >>> 15), this.#keyEnd)
    return (h ^ (h >>> 13)) & this.#mask
  }

  #rowOf (key: number, macLo: number): number {
    const rows = this.#rows
    for (let i = this.#hash(key, macLo); rows[i * STRIDE + 2] !== 0; i = (i + 1) & this.#mask) {
      if (rows[i * STRIDE] === key && rows[i * STRIDE + 1] === macLo) return i
    }
    return -1
  }

  #isExpired (at: number): boolean {
    return (this.#rows[at + 2] & STATIC) === 0 && this.nowSec - this.#rows[at + 3] > this.expireSec
  }

  #move (at: number, port: number): number {
    const rows = this.#rows
    if ((rows[at + 2] & STATIC) !== 0) return rows[at + 2] === (port + 1 | STATIC) ? KNOWN : PINNED
    if (this.nowSec - rows[at + 3] <= this.minPersistenceSec && !this.#isExpired(at)) return HELD
    if (this.#ports.isFull(port)) return OVER_LIMIT
    const from = rows[at + 2] - 1
    this.#ports.down(from)
    this.#ports.up(port)
    rows[at + 2] = port + 1
    rows[at + 3] = this.nowSec
    if (this.watcher === null) return MOVED
    const key = rows[at]
    const macLo = rows[at + 1]
    this.watcher.hashRemoved(key & 0xffff, macLo, key >>> 16, from)
    this.watcher.hashAdded(key & 0xffff, macLo, key >>> 16, port)
    return MOVED
  }

  /** The address is not in the table. */
  #insert (key: number, macLo: number, port: number, flag: number): boolean {
    if (this.#count >= this.capacity && !this.#evict(flag === 0 ? this.countOf(port) : 0)) return false
    if ((this.#count + 1) * 2 > this.#mask + 1) this.#grow()
    const rows = this.#rows
    const at = this.#freeRow(key, macLo) * STRIDE
    rows[at] = key
    rows[at + 1] = macLo
    rows[at + 2] = port + 1 | flag
    rows[at + 3] = this.nowSec
    this.#count++
    this.#ports.up(port)
    if (this.watcher !== null) this.watcher.hashAdded(key & 0xffff, macLo, key >>> 16, port)
    return true
  }

  #freeRow (key: number, macLo: number): number {
    let i = this.#hash(key, macLo)
    while (this.#rows[i * STRIDE + 2] !== 0) i = (i + 1) & this.#mask
    return i
  }

  /** Makes room at the cost of a port that holds at least `fewest`. */
  #evict (fewest: number): boolean {
    const rows = this.#rows
    let victim = -1
    let most = fewest
    let oldest = NEVER
    let seen = 0
    for (let step = 0; step < WALK && seen < SAMPLE; step++) {
      this.#hand = (this.#hand + 1) & this.#mask
      const at = this.#hand * STRIDE
      const place = rows[at + 2]
      if (place === 0 || (place & STATIC) !== 0) continue
      seen++
      const held = this.#ports.of(place - 1)
      if (held < most || (held === most && rows[at + 3] >= oldest)) continue
      most = held
      oldest = rows[at + 3]
      victim = this.#hand
    }
    if (victim < 0) return false
    this.#remove(victim)
    return true
  }

  #grow (): void {
    const old = this.#rows
    this.#rows = new Int32Array(old.length * 2)
    this.#mask = this.#mask * 2 + 1
    this.#sweepAt = NEVER
    for (let at = 0; at < old.length; at += STRIDE) {
      if (old[at + 2] === 0) continue
      const to = this.#freeRow(old[at], old[at + 1]) * STRIDE
      for (let word = 0; word < STRIDE; word++) this.#rows[to + word] = old[at + word]
    }
  }

  /** Frees row `hole`: each follower that would no longer be found from its home moves into the hole. */
  #remove (hole: number): void {
    const rows = this.#rows
    const mask = this.#mask
    const key = rows[hole * STRIDE]
    const macLo = rows[hole * STRIDE + 1]
    const port = (rows[hole * STRIDE + 2] & PORT) - 1
    for (let i = (hole + 1) & mask; rows[i * STRIDE + 2] !== 0; i = (i + 1) & mask) {
      const home = this.#hash(rows[i * STRIDE], rows[i * STRIDE + 1])
      if (((i - home) & mask) < ((i - hole) & mask)) continue
      for (let word = 0; word < STRIDE; word++) rows[hole * STRIDE + word] = rows[i * STRIDE + word]
      hole = i
    }
    rows[hole * STRIDE + 2] = 0
    this.#count--
    this.#ports.down(port)
    if (this.watcher !== null) this.watcher.hashRemoved(key & 0xffff, macLo, key >>> 16, port)
  }

  #flush (port: number, vlan: number, statics: boolean): void {
    let row = 0
    while (row <= this.#mask) {
      const at = row * STRIDE
      const place = this.#rows[at + 2]
      const hit = place !== 0 && (statics || (place & STATIC) === 0) &&
        (port < 0 || (place & PORT) === port + 1) && (vlan < 0 || this.#rows[at] >>> 16 === vlan)
      if (hit) this.#remove(row)
      else row++
    }
  }
}

/** A bijection of int32 (splitmix32's end), to draw the secret multipliers from a seed. */
const scramble = (value: number): number => {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return x ^ (x >>> 15)
}
