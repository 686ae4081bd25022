/**
 * The header of a VXLAN datagram [RFC 7348 5], and of vxvde, which has the same:
 *
 *     0        1 .. 3       4 .. 6    7         8
 *     | 0x08   | reserved   | VNI     | reserved | Ethernet frame
 *       I flag: the VNI is valid
 *
 * Reserved bits are zero when sent and ignored when received [RFC 7348 5]. Callers look only at datagrams of at least
 * VXLAN_HEADER octets.
 */

/** Octets of the header. */
export const VXLAN_HEADER = 8

/** Largest VXLAN network identifier. */
export const MAX_VNI = 0xffffff

const VALID = 0x08

/** Writes the header at `at`. */
export const writeVxlan = (buf: Uint8Array, at: number, vni: number): void => {
  buf[at] = VALID
  buf[at + 1] = 0
  buf[at + 2] = 0
  buf[at + 3] = 0
  buf[at + 4] = vni >> 16
  buf[at + 5] = vni >> 8
  buf[at + 6] = vni
  buf[at + 7] = 0
}

/** The VNI of the header at `at`, -1 when it says that it has none. */
export const readVni = (buf: Uint8Array, at: number): number =>
  (buf[at] & VALID) === 0 ? -1 : (buf[at + 4] << 16) | (buf[at + 5] << 8) | buf[at + 6]

/** True when every reserved bit of the header at `at` is zero, as vxvde wants it. */
export const isExactVxlan = (buf: Uint8Array, at: number): boolean =>
  buf[at] === VALID && (buf[at + 1] | buf[at + 2] | buf[at + 3] | buf[at + 7]) === 0
