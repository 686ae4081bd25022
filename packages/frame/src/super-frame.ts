/**
 * What the offload header of a frame says, held against the frame: nothing of it is believed before.
 *
 *     | dst src [tag]{0..4} type | IPv4 [options] | IPv6 [hop-by-hop, routing, destination]{0..8} | TCP [options] | UDP | payload
 *     ^ off                      ^ ip                                                             ^ transport           ^ headers
 *
 * `read` accepts what the kernel's segmentation offload can have produced: lengths that agree with each other, a checksum
 * that lies where the protocol has it, no fragments, no header that ends outside. Only then the fields are valid. A
 * super-frame whose payload fits one segment is an ordinary frame with a checksum to complete.
 */
import { HEADER, IPV4, IPV6 } from './ethernet.ts'
import { big16 } from './checksum.ts'
import {
  csumOffset, csumStart, flags, gsoSize, gsoType, GSO_ECN, GSO_NONE, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, hdrLen, NEEDS_CSUM
} from './offload.ts'

/** Most octets of headers: the largest real ones are about 150; one extension header alone may announce 2048. */
export const MAX_HEADERS = 1024
const MAX_TAGS = 4
const MAX_EXTENSIONS = 8

/** Protocol numbers of IP. */
export const TCP = 6
/** The other one that is cut. */
export const UDP = 17
const HOP_BY_HOP = 0
const ROUTING = 43
const DESTINATION = 60

const TCP_HEADER = 20
/** Octets of a UDP header. */
export const UDP_HEADER = 8
/** Where the checksum lies in the header. */
export const TCP_CHECK = 16
export const UDP_CHECK = 6

const TAG_8021Q = 0x8100
const TAG_8021AD = 0x88a8
/** Ports whose datagrams are read from raw sockets, see {@link needsFullChecksum}. */
export const DHCP_SERVER = 67
export const DHCP_CLIENT = 68

/** One reader, used again for each frame. All offsets count from `off`. */
export class SuperFrame {
  /** A checksum is to be completed, from `start`, into `place`. */
  needsCsum = false
  start = 0
  place = 0
  /** To be cut: `ip` to `payload` are valid. */
  isCut = false
  isIpv6 = false
  /** TCP or UDP. */
  protocol = 0
  ip = 0
  transport = 0
  /** Octets of all headers, and of the payload behind them. */
  headers = 0
  payload = 0
  /** Octets of payload of each segment but the last. */
  size = 0
  /** Frames on the wire, octets of them together, and of the longest. */
  segments = 1
  octets = 0
  largest = 0

  /** False: malformed, no field is valid. `isFrame(len)` holds, `off` >= OFFLOAD. */
  read (buf: Uint8Array, off: number, len: number): boolean {
    this.segments = 1
    this.octets = len
    this.largest = len
    this.isCut = false
    this.needsCsum = (flags(buf, off) & NEEDS_CSUM) !== 0
    const type = gsoType(buf, off)
    if (!this.needsCsum && type === GSO_NONE) return true
    // A hint that nobody here follows, but a TAP refuses a frame shorter than it.
    if (hdrLen(buf, off) > len) return false
    this.start = csumStart(buf, off)
    this.place = this.start + csumOffset(buf, off)
    if (this.needsCsum && (this.start < HEADER || this.place + 2 > len)) return false
    if (type === GSO_NONE) return true
    return gsoSize(buf, off) !== 0 && this.#readHeaders(type, buf, off, len) && this.#agrees(buf, off, len)
  }

  /** Finds the headers up to the payload, and what they are; lengths and checksum are still to be compared. */
  #readHeaders (type: number, buf: Uint8Array, off: number, len: number): boolean {
    const ip = networkAt(buf, off, len)
    if (ip < 0) return false
    this.ip = ip
    const etherType = big16(buf, off + ip - 2)
    this.isIpv6 = etherType === IPV6
    if (!this.isIpv6 && etherType !== IPV4) return false
    const base = type & ~GSO_ECN
    if (base === GSO_UDP_L4) this.protocol = UDP
    else if (base === (this.isIpv6 ? GSO_TCPV6 : GSO_TCPV4)) this.protocol = TCP
    else return false
    if (this.protocol === UDP && type !== base) return false // ECN is TCP's
    this.transport = this.isIpv6
      ? transportOfIpv6(buf, off, ip, len, this.protocol)
      : transportOfIpv4(buf, off, ip, len, this.protocol)
    return this.transport >= 0
  }

  /** Compares the transport header with the frame and the offload header, and measures the segments. */
  #agrees (buf: Uint8Array, off: number, len: number): boolean {
    const { transport, protocol } = this
    const isTcp = protocol === TCP
    if (transport + (isTcp ? TCP_HEADER : UDP_HEADER) > len) return false
    const own = isTcp ? (buf[off + transport + 12] >> 4) * 4 : UDP_HEADER
    this.headers = transport + own
    if (own < UDP_HEADER || (isTcp && own < TCP_HEADER) || this.headers > Math.min(len, MAX_HEADERS)) return false
    // Kernels without the flag compute the sum of TCP themselves, that of UDP could be off.
    if (!isTcp && (!this.needsCsum || big16(buf, off + transport + 4) !== len - transport)) return false
    const place = transport + (isTcp ? TCP_CHECK : UDP_CHECK)
    if (this.needsCsum && (this.start !== transport || this.place !== place)) return false
    this.place = place
    this.payload = len - this.headers
    this.size = gsoSize(buf, off)
    if (this.payload <= this.size) return true
    this.isCut = true
    this.segments = Math.ceil(this.payload / this.size)
    this.octets = len + (this.segments - 1) * this.headers
    this.largest = this.headers + this.size
    return true
  }
}

/**
 * True for a datagram to port 67 or 68 with a checksum to complete: DHCP clients read these from raw sockets, look at the
 * checksum, and know nothing of an offload header. Only looks where the header points to: who lies gets a checksum.
 */
export const needsFullChecksum = (buf: Uint8Array, off: number, len: number): boolean => {
  if (gsoType(buf, off) !== GSO_NONE || csumOffset(buf, off) !== UDP_CHECK) return false
  const start = csumStart(buf, off)
  if (start + UDP_HEADER > len) return false
  const port = big16(buf, off + start + 2)
  return port === DHCP_SERVER || port === DHCP_CLIENT
}

/** Where the packet begins behind the tags; -1: nowhere. */
const networkAt = (buf: Uint8Array, off: number, len: number): number => {
  let at = HEADER
  for (let tags = 0; tags <= MAX_TAGS; tags++, at += 4) {
    if (at > len) return -1
    const type = big16(buf, off + at - 2)
    if (type !== TAG_8021Q && type !== TAG_8021AD) return at
  }
  return -1
}

const transportOfIpv4 = (buf: Uint8Array, off: number, ip: number, len: number, protocol: number): number => {
  if (ip + 20 > len) return -1
  const at = off + ip
  const headerLen = (buf[at] & 0x0f) * 4
  const isWhole = (big16(buf, at + 6) & 0x3fff) === 0 // neither offset nor more fragments
  if (buf[at] >> 4 !== 4 || headerLen < 20 || !isWhole || buf[at + 9] !== protocol) return -1
  return big16(buf, at + 2) === len - ip ? ip + headerLen : -1
}

/** Walks the extension headers the kernel segments behind; any other ends the walk, and is not `protocol`. */
const transportOfIpv6 = (buf: Uint8Array, off: number, ip: number, len: number, protocol: number): number => {
  if (ip + 40 > len || buf[off + ip] >> 4 !== 6 || big16(buf, off + ip + 4) !== len - ip - 40) return -1
  let next = buf[off + ip + 6]
  let at = ip + 40
  for (let i = 0; i < MAX_EXTENSIONS && (next === HOP_BY_HOP || next === ROUTING || next === DESTINATION); i++) {
    if (at + 8 > len) return -1
    next = buf[off + at]
    at += 8 + buf[off + at + 1] * 8
  }
  return next === protocol ? at : -1
}
