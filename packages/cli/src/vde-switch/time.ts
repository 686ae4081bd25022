/** The time that rates of ports go by. */
import { loop } from '@vde-ts/link/loop.js'
import { native } from '@vde-ts/native'
import type { SwitchOptions } from '@vde-ts/switch'

const turn = { at: -1, time: new Float64Array(1) }

/** Nanoseconds of the system's steady clock, also as of the loop's turn, and the timers of Node, which count milliseconds. */
export const TIME: Required<Pick<SwitchOptions, 'clock' | 'turnClock' | 'after'>> = {
  clock: native.clockRead,
  turnClock: (cell) => {
    if (turn.at !== loop.turns) {
      turn.at = loop.turns
      native.clockRead(turn.time)
    }
    cell[0] = turn.time[0]!
  },
  after: (us, call) => { setTimeout(call, us / 1000) }
}
