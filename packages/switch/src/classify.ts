/** Which VLAN a frame with a tag belongs to at the port it came in on [802.1Q 6.9]; the way of the frames and its trace ask. */
import { tagControl } from '@vde-ts/frame/vlan.js'
import type { Port } from './port.ts'
import { ADMIT_TAGGED, ADMIT_UNTAGGED } from './port-vlan.ts'

/** Octets of a header with a tag. */
export const TAGGED_HEADER = 18

/** The tag it announces is not there. */
export const RUNT = -1
/** The port takes no such frame. */
export const WRONG_TYPE = -2

/** VID of a frame whose type is that of the tags of `port`, the PVID for a priority tag; RUNT; WRONG_TYPE. */
export const taggedVlan = (port: Port, buf: Uint8Array, off: number, len: number): number => {
  if (len < TAGGED_HEADER) return RUNT
  const vid = tagControl(buf, off) & 0xfff
  if ((port.admits & (vid === 0 ? ADMIT_UNTAGGED : ADMIT_TAGGED)) === 0) return WRONG_TYPE
  return vid === 0 ? port.pvid : vid
}
