/** When an interface tries to join its network again: fast for as long as a switch takes to restart, then seldom. */
import { STABLE_MS } from '@vde-ts/schemes/rejoin.js'

/** A network that stayed for so long, in milliseconds, is tried fast again. */
export const REJOIN_RESET_MS: number = STABLE_MS

const FIRST_MS = 50
const SOON_MS = 500
const LATE_MS = 5000
/** Tries at SOON_MS before the pauses grow: some ten seconds, in which a switch is restarted. */
const SOON_TRIES = 20

/** Pause in front of try `attempt`, from 0: 50, 100, ... 500 for ten seconds, then up to 5000 ms. */
export const rejoinPauseMs = (attempt: number): number => attempt < SOON_TRIES
  ? Math.min(SOON_MS, FIRST_MS * 2 ** Math.min(attempt, 10))
  : Math.min(LATE_MS, SOON_MS * 2 ** Math.min(attempt - SOON_TRIES + 1, 10))
