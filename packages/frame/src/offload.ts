/**
 * The offload header: the virtio_net_hdr in the OFFLOAD octets in front of every frame in flight, little-endian.
 *
 *     off - 12  flags        bit 0: the checksum from csumStart on is still to be computed
 *     off - 11  gsoType      0 none, 1 TCP/IPv4, 3 UDP, 4 TCP/IPv6, 5 UDP_L4; 0x80: ECN
 *     off - 10  hdrLen       octets of all headers, a hint
 *     off - 8   gsoSize      payload octets of each segment
 *     off - 6   csumStart    where checksumming starts, counted from `off`
 *     off - 4   csumOffset   where the checksum lies, counted from csumStart
 *     off - 2   numBuffers   undefined when it came from a tap
 *
 * Flags and type zero: an ordinary frame, whatever the rest says. All of it is untrusted when it came from a peer.
 */

/** Octets of the header. */
export const OFFLOAD = 12

/** Octets a receiver of frames may use in front of each one; the header is the last OFFLOAD of them. */
export const HEADROOM = 32

/** The only bit of `flags` to test: checksum pending. */
export const NEEDS_CSUM = 1

export const GSO_NONE = 0
export const GSO_TCPV4 = 1
export const GSO_UDP = 3
export const GSO_TCPV6 = 4
export const GSO_UDP_L4 = 5
/** Set in `gsoType` besides one of the others. */
export const GSO_ECN = 0x80

const word = (buf: Uint8Array, at: number): number => buf[at] | (buf[at + 1] << 8)

const setWord = (buf: Uint8Array, at: number, value: number): void => {
  buf[at] = value
  buf[at + 1] = value >> 8
}

/** Bits; only NEEDS_CSUM is defined when a tap filled them in. */
export const flags = (buf: Uint8Array, off: number): number => buf[off - 12]
export const gsoType = (buf: Uint8Array, off: number): number => buf[off - 11]
export const hdrLen = (buf: Uint8Array, off: number): number => word(buf, off - 10)
export const gsoSize = (buf: Uint8Array, off: number): number => word(buf, off - 8)
export const csumStart = (buf: Uint8Array, off: number): number => word(buf, off - 6)
export const csumOffset = (buf: Uint8Array, off: number): number => word(buf, off - 4)

export const setFlags = (buf: Uint8Array, off: number, value: number): void => { buf[off - 12] = value }
export const setGsoType = (buf: Uint8Array, off: number, value: number): void => { buf[off - 11] = value }
export const setHdrLen = (buf: Uint8Array, off: number, value: number): void => { setWord(buf, off - 10, value) }
export const setGsoSize = (buf: Uint8Array, off: number, value: number): void => { setWord(buf, off - 8, value) }
export const setCsumStart = (buf: Uint8Array, off: number, value: number): void => { setWord(buf, off - 6, value) }
export const setCsumOffset = (buf: Uint8Array, off: number, value: number): void => { setWord(buf, off - 4, value) }

/** True when nothing is left to do for the frame: it is on the wire as it lies. Wants `off` >= OFFLOAD. */
export const isPlain = (buf: Uint8Array, off: number): boolean =>
  (buf[off - 12] & NEEDS_CSUM) === 0 && buf[off - 11] === GSO_NONE

/** Makes the header that of an ordinary frame. Twelve stores: `fill` costs a call into C++ (about 30 ns). */
export const clearOffload = (buf: Uint8Array, off: number): void => {
  for (let at = off - OFFLOAD; at < off; at++) buf[at] = 0
}
