/** What a port is allowed, as plain values; every one off, or without limit, on a new port. */
import { VdeError } from '@vde-ts/link/errors.js'
import type { Binding } from './bindings.ts'
import { checkRange } from './check.ts'
import { NO_STORM_CONTROL, type StormSettings } from './storm.ts'
import type { Rate } from './token-bucket.ts'

/** Most addresses a port can be limited to. */
export const MAX_ADDRESSES = 65535
/** Group of ports that are not isolated. */
export const NOT_ISOLATED = 0
/** Highest number of a group of isolated ports. */
export const MAX_ISOLATION = 65535
const MAX_RATE = 1e12

/** The guards of one port, to be shown, kept and set again. */
export interface PortGuardSettings {
  /** Addresses behind the port at most, pinned ones included; frames of others are dropped. Null: no limit. */
  readonly maxAddresses: number | null
  /** Addresses are pinned to the port as they are learnt. */
  readonly isSticky: boolean
  /** Ports of one group do not reach each other (split horizon); 0: none. */
  readonly isolation: number
  readonly storm: StormSettings
  /** What may come in; more is dropped. */
  readonly rateIn: Rate | null
  /** What may leave; more waits in the queues. */
  readonly rateOut: Rate | null
  /** Last digits of the addresses 01:80:c2:00:00:0X whose frames end here, as at a bridge; rising. */
  readonly reserved: readonly number[]
  /** No DHCP server is behind the port. */
  readonly isDhcpGuarded: boolean
  /** No IPv6 router is behind the port (RFC 6105). */
  readonly isRaGuarded: boolean
  /** Addresses behind the port; empty: any. */
  readonly bindings: readonly Binding[]
}

/** Those of a new port. */
export const UNGUARDED: PortGuardSettings = {
  maxAddresses: null,
  isSticky: false,
  isolation: NOT_ISOLATED,
  storm: NO_STORM_CONTROL,
  rateIn: null,
  rateOut: null,
  reserved: [],
  isDhcpGuarded: false,
  isRaGuarded: false,
  bindings: []
}

/** Group addresses a C-VLAN bridge never passes on [802.1Q table 8-1]: all sixteen. */
export const STANDARD_RESERVED: readonly number[] = Array.from({ length: 16 }, (_, digit) => digit)

/** @throws {VdeError} EINVAL a value that cannot be */
export const checkGuards = (action: string, settings: PortGuardSettings): void => {
  const { maxAddresses, isolation, storm, rateIn, rateOut, reserved } = settings
  if (maxAddresses !== null) checkRange(action, 'the number of addresses', maxAddresses, 0, MAX_ADDRESSES)
  checkRange(action, 'the group', isolation, NOT_ISOLATED, MAX_ISOLATION)
  for (const rate of [...Object.values(storm), rateIn, rateOut]) if (rate !== null) checkRate(action, rate)
  for (const digit of reserved) checkRange(action, 'a reserved address', digit, 0, 15)
}

const checkRate = (action: string, { perSec, burst, unit }: Rate): void => {
  if (unit !== 'frames' && unit !== 'bits') throw new VdeError('EINVAL', action, 'the rate has no unit, want frames or bits')
  for (const value of [perSec, burst]) {
    if (!(value >= 1 && value <= MAX_RATE)) throw new VdeError('EINVAL', action, `the rate is ${value}, want 1..${MAX_RATE}`)
  }
}

const SCALE: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 }

/**
 * A rate as people write it: `1000f` frames, `10M` bits per second, both with k, M, G; behind `/` the burst in the same
 * unit, else a tenth of a second.
 * @throws {VdeError} EINVAL
 */
export const readRate = (text: string): Rate => {
  const match = /^(\d{1,12})([kMG]?)(f?)(?:\/(\d{1,12})([kMG]?))?$/.exec(text)
  if (match === null) throw new VdeError('EINVAL', 'read a rate', `got "${text}", want bits (10M) or frames (1000f) per second`)
  const [, amount, scale = '', frames, burst, burstScale = ''] = match
  const perSec = Number(amount) * SCALE[scale]!
  return {
    unit: frames === 'f' ? 'frames' : 'bits',
    perSec,
    burst: burst === undefined ? Math.max(1, Math.round(perSec / 10)) : Number(burst) * SCALE[burstScale]!
  }
}

/** The reverse of {@link readRate}; `-` for no limit. */
export const formatRate = (rate: Rate | null): string =>
  rate === null ? '-' : `${scaled(rate.perSec)}${rate.unit === 'frames' ? 'f' : ''}/${scaled(rate.burst)}`

const scaled = (value: number): string => {
  for (const [letter, factor] of [['G', 1e9], ['M', 1e6], ['k', 1e3]] as const) if (value % factor === 0) return `${value / factor}${letter}`
  return String(value)
}
