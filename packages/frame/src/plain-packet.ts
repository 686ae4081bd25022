/** Packets with nothing special about them, of which several of one flow can be put together to one (GRO). */
import { big16, sumOctets } from './checksum.ts'
import { HEADER, IPV4, IPV6, etherType } from './ethernet.ts'

/** Octets of an IPv4 header without options. */
export const IPV4_HEADER = 20
/** Octets of an IPv6 header without extensions. */
export const IPV6_HEADER = 40
/** Total length of an IPv4 packet, payload length of an IPv6 one. */
export const MAX_PACKET = 65_535

/**
 * Where the header of `protocol` begins, as an offset in the frame, which has at least `least` octets there: behind IPv4
 * without options and fragments, its checksum verified, or IPv6 without extensions; untagged, nothing behind the packet.
 * @returns -1: the frame is anything else
 */
export const plainTransport = (buf: Uint8Array, off: number, len: number, protocol: number, least: number): number => {
  const ip = off + HEADER
  const type = etherType(buf, off)
  if (type === IPV4) {
    const isPlain = len >= HEADER + IPV4_HEADER + least && buf[ip] === 0x45 && buf[ip + 9] === protocol &&
      (big16(buf, ip + 6) & 0x3fff) === 0 && HEADER + big16(buf, ip + 2) === len && sumOctets(buf, ip, IPV4_HEADER) === 0xffff
    return isPlain ? HEADER + IPV4_HEADER : -1
  }
  const isPlain = type === IPV6 && len >= HEADER + IPV6_HEADER + least && buf[ip] >> 4 === 6 && buf[ip + 6] === protocol &&
    HEADER + IPV6_HEADER + big16(buf, ip + 4) === len
  return isPlain ? HEADER + IPV6_HEADER : -1
}
