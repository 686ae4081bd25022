/**
 * Memory for one frame that has to lie elsewhere while it is passed on: longer, or with more in front of it.
 *
 * One piece serves everybody, since a frame is done with when the call returns. A frame within a frame (a sink that sends
 * through another link while it looks at one) gets memory of its own: rare, so it may cost an allocation.
 */
import { MAX_FRAME } from '@vde-ts/frame/ethernet.js'
import { HEADROOM } from './link.ts'

const shared = new Uint8Array(HEADROOM + MAX_FRAME)
let isTaken = false

/** Memory for HEADROOM and `len` octets, of any content, until {@link giveScratch}. */
export const takeScratch = (len: number): Uint8Array => {
  if (isTaken || len > MAX_FRAME) return new Uint8Array(HEADROOM + len)
  isTaken = true
  return shared
}

/** Ends what `takeScratch` began. */
export const giveScratch = (buf: Uint8Array): void => {
  if (buf === shared) isTaken = false
}
