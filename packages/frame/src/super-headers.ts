/** Headers of a super-frame that was put together. */
import { big16, pseudoIpv4, pseudoIpv6, setBig16, sumOctets } from './checksum.ts'
import { HEADER, IPV4, etherType } from './ethernet.ts'
import {
  GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, NEEDS_CSUM, setCsumOffset, setCsumStart, setFlags, setGsoSize, setGsoType, setHdrLen
} from './offload.ts'
import { TCP, TCP_CHECK, UDP_CHECK, UDP_HEADER } from './super-frame.ts'

const IPV4_HEADER = 20
const IPV6_HEADER = 40

/**
 * Writes the lengths of the whole, a checksum to be completed, and the offload header. The frame is untagged IPv4 without
 * options or IPv6 without extensions, with `protocol` (TCP or UDP) at `transport`, to be cut into `size` octets of payload.
 */
export const writeSuperHeaders = (
  buf: Uint8Array, off: number, len: number, transport: number, protocol: number, size: number
): void => {
  const ip = off + HEADER
  const at = off + transport
  const own = len - transport
  const isIpv4 = etherType(buf, off) === IPV4
  const isTcp = protocol === TCP
  const place = isTcp ? TCP_CHECK : UDP_CHECK
  if (isIpv4) {
    setBig16(buf, ip + 2, len - HEADER)
    setBig16(buf, ip + 10, 0)
    setBig16(buf, ip + 10, ~sumOctets(buf, ip, IPV4_HEADER) & 0xffff)
  } else setBig16(buf, ip + 4, len - HEADER - IPV6_HEADER)
  if (!isTcp) setBig16(buf, at + 4, own)
  setBig16(buf, at + place, isIpv4 ? pseudoIpv4(buf, ip, protocol, own) : pseudoIpv6(buf, ip, protocol, own))
  setFlags(buf, off, NEEDS_CSUM)
  setGsoType(buf, off, isTcp ? isIpv4 ? GSO_TCPV4 : GSO_TCPV6 : GSO_UDP_L4)
  setHdrLen(buf, off, transport + (isTcp ? (big16(buf, at + 12) >> 12) * 4 : UDP_HEADER))
  setGsoSize(buf, off, size)
  setCsumStart(buf, off, transport)
  setCsumOffset(buf, off, place)
}
