/**
 * Rates of a port, as guards of the switch: `in`, towards the guest, leaves the switch there and is shaped; `out` comes in
 * and is policed.
 */
import type { Policy, Rate as ModelRate } from '@vde-ts/model'
import type { Switch } from '@vde-ts/switch'
import type { Rate } from '@vde-ts/switch/token-bucket.js'

const BITS = 8

/** Sets what `policies` say, also that there is no limit. */
export const setRates = (sw: Switch, port: number, { in: inward, out }: { readonly in: Policy, readonly out: Policy }): void => {
  sw.guards.configure(port, { rateOut: rateOf(inward.rate), rateIn: rateOf(out.rate) })
}

const rateOf = (rate: ModelRate | null): Rate | null => rate === null
  ? null
  : { unit: 'bits', perSec: rate.avg * BITS, burst: Math.max(1, rate.burst * BITS) }
