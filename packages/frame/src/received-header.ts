/**
 * The offload header of a frame that came from a tap. The kernel fills it in, but whoever gave us the tap may have changed
 * what it means (its size, its octet order), so it is brought to what is defined and held against the frame.
 */
import { HEADER } from './ethernet.ts'
import { GSO_ECN, GSO_NONE, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, NEEDS_CSUM, csumOffset, csumStart, gsoSize } from './offload.ts'

/** Octets of a checksum. */
const CSUM = 2

/**
 * Clears what a tap leaves undefined: every flag but NEEDS_CSUM, and numBuffers. False: the header lies about the frame,
 * which must be dropped.
 */
export const cleanHeader = (buf: Uint8Array, off: number, len: number): boolean => {
  buf[off - 2] = 0
  buf[off - 1] = 0
  const pending = buf[off - 12] & NEEDS_CSUM
  buf[off - 12] = pending
  const type = buf[off - 11]
  if (pending === 0) return type === GSO_NONE
  const start = csumStart(buf, off)
  if (start < HEADER || start + csumOffset(buf, off) + CSUM > len) return false
  return type === GSO_NONE || isSegmentable(type & ~GSO_ECN, buf, off)
}

const isSegmentable = (type: number, buf: Uint8Array, off: number): boolean =>
  (type === GSO_TCPV4 || type === GSO_TCPV6 || type === GSO_UDP_L4) && gsoSize(buf, off) > 0
