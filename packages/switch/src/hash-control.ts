/**
 * What the console does with the forwarding table, called hash there. The size is a number for display: it decides the
 * order and the `Hash: NNNN` column of the listing, as in the original, while the table itself grows as needed.
 */
import { VdeError } from '@vde-ts/link/errors.js'
import { OPAQUE, type Bridge } from './bridge.ts'
import { checkRange, needPort, needVlan } from './check.ts'
import { displayBucket, type FdbListing } from './fdb-entry.ts'
import { listing } from './fdb-listing.ts'
import { NO_VLAN } from './vlan.ts'

const MAX_SIZE = 2 ** 30
const NEVER = 0x7fffffff

/** The settings as they travel; the table has the others. */
export interface HashSnapshot { readonly size: number, readonly gcIntervalSec: number, readonly expireSec: number }

/** `switch.hash`. */
export class HashControl {
  readonly #bridge: Bridge
  #size: number
  #gcIntervalSec = 2
  #expireSec = 100
  #nextSweepSec = 0

  constructor (bridge: Bridge, size: number) {
    this.#bridge = bridge
    this.#size = roundUp('set the hash size', size)
  }

  /** Buckets shown, a power of two. */
  get size (): number { return this.#size }
  /** Seconds between two sweeps; not positive: addresses do not age. */
  get gcIntervalSec (): number { return this.#gcIntervalSec }
  /** Seconds an address lives without being seen. */
  get expireSec (): number { return this.#expireSec }
  /** Seconds of silence before an address may move to another port. */
  get minPersistenceSec (): number { return this.#bridge.fdb.minPersistenceSec }
  /** Addresses in the table. */
  get count (): number { return this.#bridge.fdb.size }
  /** Most addresses it takes. */
  /** Addresses of one port. */
  countOf (port: number): number { return this.#bridge.fdb.countOf(port) }

  get capacity (): number { return this.#bridge.fdb.capacity }

  snapshot (): HashSnapshot { return { size: this.#size, gcIntervalSec: this.#gcIntervalSec, expireSec: this.#expireSec } }

  restore ({ size, gcIntervalSec, expireSec }: HashSnapshot): void {
    this.#size = size
    this.#gcIntervalSec = gcIntervalSec
    this.#expireSec = expireSec
  }

  /** Rounds up to a power of two and forgets what was learnt. @throws {VdeError} EINVAL not 1..2^30 */
  setSize (size: number): void {
    this.#size = roundUp('set the hash size', size)
    this.#bridge.fdb.flush()
  }

  setGcInterval (seconds: number): void {
    this.#gcIntervalSec = toSeconds(seconds)
    this.#nextSweepSec = 0
    this.#apply()
  }

  setExpire (seconds: number): void {
    this.#expireSec = toSeconds(seconds)
    this.#apply()
  }

  setMinPersistence (seconds: number): void { this.#bridge.fdb.minPersistenceSec = toSeconds(seconds) }

  /** One address. @throws {VdeError} EINVAL VLAN not 0..4094, ENODEV unknown */
  find (macHi: number, macLo: number, vlan: number = 0): FdbListing {
    const action = 'find the address'
    checkRange(action, 'the VLAN', vlan, 0, NO_VLAN - 1)
    const entry = this.#bridge.fdb.entry(this.#keyOf(vlan), macHi, macLo)
    if (entry === null) throw new VdeError('ENODEV', action, `it is not in the table of VLAN ${vlan}`)
    return { ...entry, vlan, bucket: displayBucket(macHi, macLo, vlan, this.#size) }
  }

  /** Every address as the table is at the first step, in display order. */
  * list (): Generator<FdbListing> { yield * listing(this.#bridge.fdb, this.#size) }

  /**
   * Pins an address to a port: it does not age, move or give way to others.
   * @throws {VdeError} EINVAL a number out of range or a group address, ENXIO no such port or VLAN, ENOSPC
   */
  add (macHi: number, macLo: number, vlan: number, port: number): void {
    const action = `pin an address to port ${port}`
    needVlan(action, this.#bridge, vlan)
    needPort(action, this.#bridge, port)
    if ((macHi & 0x100) !== 0) throw new VdeError('EINVAL', action, 'it is a group address, want one of a station')
    if (!this.#bridge.fdb.add(vlan, macHi, macLo, port)) {
      throw new VdeError('ENOSPC', action, `the table is full with ${this.count} addresses`)
    }
  }

  /** Removes an address, pinned or learnt. @throws {VdeError} EINVAL VLAN not 0..4094, ENODEV unknown */
  delete (macHi: number, macLo: number, vlan: number = 0): void {
    const action = 'remove the address'
    checkRange(action, 'the VLAN', vlan, 0, NO_VLAN - 1)
    if (!this.#bridge.fdb.delete(this.#keyOf(vlan), macHi, macLo)) {
      throw new VdeError('ENODEV', action, `it is not in the table of VLAN ${vlan}`)
    }
  }

  /** Lets the time of the table go on, and sweeps a slice of it when due. */
  tick (nowSec: number): void {
    const { fdb } = this.#bridge
    fdb.nowSec = nowSec
    if (this.#gcIntervalSec > 0 && nowSec >= this.#nextSweepSec) {
      this.#nextSweepSec = nowSec + this.#gcIntervalSec
      fdb.startSweep()
    }
    fdb.sweep()
  }

  /** Addresses of a VLAN that is not defined were learnt behind opaque tags. */
  #keyOf (vlan: number): number { return this.#bridge.vlans[vlan] === null ? OPAQUE | vlan : vlan }

  #apply (): void { this.#bridge.fdb.expireSec = this.#gcIntervalSec > 0 ? this.#expireSec : NEVER }
}

const roundUp = (action: string, size: number): number => {
  checkRange(action, 'the size', size, 1, MAX_SIZE)
  return 2 ** Math.ceil(Math.log2(size))
}

const toSeconds = (value: number): number => Math.min(Math.max(Math.trunc(value) || 0, 0), NEVER)
