/**
 * Memory for one frame that has to lie elsewhere while it is passed on: longer, or with more in front of it.
 *
 * A frame is done with when the call returns, so one piece serves everybody, and a second one the frame within it (a sink
 * that sends through another link while it looks at one), and so on.
 */
import { MAX_FRAME } from '@vde-ts/frame/ethernet.js'
import { HEADROOM } from './link.ts'

/** As many as frames have ever been passed on one within the other. */
const pieces: Uint8Array[] = []
let taken = 0

/** Memory for HEADROOM and `len` octets, of any content, until {@link giveScratch}. Given back in the reverse order. */
export const takeScratch = (len: number): Uint8Array => {
  if (len > MAX_FRAME) return new Uint8Array(HEADROOM + len)
  if (taken === pieces.length) pieces.push(new Uint8Array(HEADROOM + MAX_FRAME))
  return pieces[taken++]!
}

/** Ends what `takeScratch` began. */
export const giveScratch = (buf: Uint8Array): void => {
  if (buf === pieces[taken - 1]) taken--
}
