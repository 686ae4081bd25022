/** The way through the extension headers of an IPv6 packet, to what it is about. */

const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const DESTINATION = 60
const MAX_HEADERS = 16

/** The headers go on outside of the frame, or without an end: anything could be there. */
export const HIDDEN = -1
/** A later fragment: nothing of the headers is here. */
export const LATER = -2

/**
 * Where the header behind the extension headers begins, and its protocol, as `place << 8 | protocol`; or {@link HIDDEN},
 * {@link LATER}. The packet of 40 octets or more is at `at` and ends at `end`.
 */
export const upperLayer = (buf: Uint8Array, at: number, end: number): number => {
  let next = buf[at + 6]
  let header = at + 40
  for (let i = 0; i < MAX_HEADERS; i++) {
    const isFragment = next === FRAGMENT
    if (next !== HOP_BY_HOP && next !== ROUTING && next !== DESTINATION && !isFragment) return (header << 8) | next
    if (header + 8 > end) return HIDDEN
    if (isFragment && (((buf[header + 2] << 8) | buf[header + 3]) & 0xfff8) !== 0) return LATER
    next = buf[header]
    header += isFragment ? 8 : 8 + buf[header + 1] * 8
  }
  return HIDDEN
}
