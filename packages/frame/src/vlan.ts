/**
 * IEEE 802.1Q tags: accessors, and putting one in and out.
 *
 *     untagged   | offload header |  dst | src | type | payload
 *     tagged     | offload header |  dst | src | 8100 | pcp dei vid | type | payload
 *                ^ off - 12       ^ off        ^ + 12 ^ + 14        ^ + 16
 *
 * Putting a tag in moves the offload header and the addresses, 24 octets, towards the headroom; the payload stays where
 * it is. Only the outermost tag counts; other tag types (0x88a8) are payload.
 */
import { OFFLOAD, csumStart, hdrLen, setCsumStart, setHdrLen } from './offload.ts'

/** Ethertype of a tag. */
export const TPID = 0x8100
/** Ethertype of a service tag, a provider's [802.1Q table 9-1]. */
export const SERVICE_TPID = 0x88a8
/** Octets of a tag. */
export const TAG = 4
/** Highest VLAN a frame can be in. */
export const MAX_VID = 4094

const MACS = 12

/** True when a whole tag is there, and the ethertype behind it: what the accessors below read. */
export const isTagged = (buf: Uint8Array, off: number, len: number): boolean =>
  len >= 18 && buf[off + 12] === 0x81 && buf[off + 13] === 0x00

/** The 16 bits: pcp, dei, vid. */
export const tagControl = (buf: Uint8Array, off: number): number => (buf[off + 14] << 8) | buf[off + 15]

export const setTagControl = (buf: Uint8Array, off: number, tci: number): void => {
  buf[off + 14] = tci >> 8
  buf[off + 15] = tci
}

/** VLAN of the tag, 0..4095; 0 says that only the priority counts. */
export const vid = (buf: Uint8Array, off: number): number => tagControl(buf, off) & 0xfff
/** Priority of the tag, 0..7. */
export const pcp = (buf: Uint8Array, off: number): number => buf[off + 14] >> 5
/** Drop eligibility of the tag, 0 or 1. */
export const dei = (buf: Uint8Array, off: number): number => (buf[off + 14] >> 4) & 1

/**
 * Puts a tag in. Wants 16 octets in front of `off`; the 12 the offload header leaves behind hold addresses afterwards.
 * @returns where the frame begins now, `off - 4`; it is TAG octets longer
 */
export const pushTag = (buf: Uint8Array, off: number, tci: number): number => {
  const to = off - TAG
  // A loop: 24 octets through copyWithin cost a call into C++.
  for (let at = off - OFFLOAD; at < off + MACS; at++) buf[at - TAG] = buf[at]
  buf[to + 12] = TPID >> 8
  buf[to + 13] = TPID & 0xff
  setTagControl(buf, to, tci)
  shiftOffload(buf, to, TAG)
  return to
}

/**
 * Takes the tag out; `pushTag` with its former tci undoes it. Whether a frame that became shorter than 60 octets is
 * padded is for the caller to decide.
 * @returns where the frame begins now, `off + 4`; it is TAG octets shorter
 */
export const popTag = (buf: Uint8Array, off: number): number => {
  for (let at = off + MACS - 1; at >= off - OFFLOAD; at--) buf[at + TAG] = buf[at]
  shiftOffload(buf, off + TAG, -TAG)
  return off + TAG
}

/** Both fields count from the frame's first octet; zero says that they are not used. */
const shiftOffload = (buf: Uint8Array, off: number, by: number): void => {
  setCsumStart(buf, off, shifted(csumStart(buf, off), by))
  setHdrLen(buf, off, shifted(hdrLen(buf, off), by))
}

/** Zero stays, 1..65535 is a circle: so shifting back restores any value, those of liars too. */
const shifted = (value: number, by: number): number => value === 0 ? 0 : (value - 1 + by + 0xffff) % 0xffff + 1
