/** The time that rates of ports go by. */
import { native } from '@vde-ts/native'
import type { SwitchOptions } from '@vde-ts/switch'

/** Nanoseconds of the system's steady clock, and the timers of Node, which count milliseconds. */
export const TIME: Required<Pick<SwitchOptions, 'clock' | 'after'>> = {
  clock: native.clockRead,
  after: (us, call) => { setTimeout(call, us / 1000) }
}
