/** Storm control: how much of what is flooded may come in at a port, by kind of destination. */
import { isBroadcast, isGroup } from '@vde-ts/frame/ethernet.js'
import type { Port } from './port.ts'
import { TokenBucket, type Clock, type Rate } from './token-bucket.ts'

/** What is flooded: to everybody, to a group, to an address nobody knows yet. */
export type StormKind = 'broadcast' | 'multicast' | 'unknown'

/** The limit of each kind; null: none. */
export type StormSettings = Readonly<Record<StormKind, Rate | null>>

/** No limits. */
export const NO_STORM_CONTROL: StormSettings = { broadcast: null, multicast: null, unknown: null }

/** The limits of one port. */
export class StormControl {
  #broadcast: TokenBucket | null
  #multicast: TokenBucket | null
  #unknown: TokenBucket | null

  constructor (settings: StormSettings, clock: Clock) {
    const bucket = (rate: Rate | null): TokenBucket | null => rate === null ? null : new TokenBucket(rate, clock)
    this.#broadcast = bucket(settings.broadcast)
    this.#multicast = bucket(settings.multicast)
    this.#unknown = bucket(settings.unknown)
  }

  /** The same limits, apart, with what is left of them. */
  copy (): StormControl {
    const made = new StormControl(NO_STORM_CONTROL, () => {})
    made.#broadcast = this.#broadcast?.copy() ?? null
    made.#multicast = this.#multicast?.copy() ?? null
    made.#unknown = this.#unknown?.copy() ?? null
    return made
  }

  /** False: the frame, about to be flooded, is one too many; counted at `from`. */
  admits (from: Port, buf: Uint8Array, off: number, frames: number, octets: number): boolean {
    const isToGroup = isGroup(buf, off)
    const bucket = !isToGroup ? this.#unknown : isBroadcast(buf, off) ? this.#broadcast : this.#multicast
    if (bucket === null || bucket.take(frames, octets)) return true
    from.drops.storm += frames
    return false
  }
}
