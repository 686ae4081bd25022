/** The speed that ethtool shows of a TAP, which the kernel makes up until somebody says otherwise. */
import { native } from '@vde-ts/native'
import type { Link } from '@vde-ts/link'

const MBIT = 1e6
/** What kernels say of any TAP, in Mbit/s: from 6.0 on, and before. */
const MADE_UP: readonly number[] = [10_000, 10]

/** What fast Ethernet of today shows, in Mbit/s. */
const FAST = MADE_UP[0]!

/** Mbit/s that an interface on `link` is to show, rounded up. */
export const shownSpeed = ({ bitsPerSec }: Link): number => bitsPerSec === undefined ? FAST : Math.ceil(bitsPerSec / MBIT)

/** Bits per second of the TAP `name` in our namespace, if somebody said. */
export const tapRate = (name: string): number | undefined => {
  const mbit = native.interfaceSpeed(name)
  return mbit <= 0 || MADE_UP.includes(mbit) ? undefined : mbit * MBIT
}
