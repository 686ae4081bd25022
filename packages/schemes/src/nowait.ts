/** Whether TAPs can be read and written with RWF_NOWAIT (from Linux 6.4), asked of the kernel once. */
import { native } from '@vde-ts/native'

const EOPNOTSUPP = 95
const OCTET = new Uint8Array(1)
let answer: boolean | null = null

/** @param tap any TAP with a header: a frame of one octet is refused for its length, if it is not refused for the flag */
export const hasNowait = (tap: number): boolean => {
  answer ??= native.writeNowait(tap, OCTET, 0, 1) !== -EOPNOTSUPP
  return answer
}
