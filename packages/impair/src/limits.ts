/** Sizes that several parts of the engine share. */
import { MAX_FRAME } from '@vde-ts/frame/ethernet.js'

export { HEADROOM, OFFLOAD } from '@vde-ts/frame/offload.js'

/** Longest frame a cell holds, in octets: a super-frame. */
export const MAX_CELL_FRAME: number = MAX_FRAME

/** Octets of queued frames in one process unless told otherwise. */
export const DEFAULT_CAP: number = 256 * 1024 * 1024

/** Nanoseconds of a millisecond and of a second. */
export const MS: number = 1e6
export const SECOND: number = 1e9
