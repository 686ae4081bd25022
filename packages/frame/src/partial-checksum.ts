/**
 * Checksums that a sender left to a device which was none. The kernel leaves the checksum of TCP and UDP to the device even
 * inside of a tunnel; when the datagram then crosses only virtual devices (veth, a bridge, a loopback) and ends in a socket,
 * nobody ever completes it, and the field holds the sum of the pseudo header alone.
 *
 * Such a field is told by just that, and that the checksum is wrong: a frame that is right as it is stays as it is.
 */
import { big16, checksum, completeChecksum, pseudoIpv4, pseudoIpv6 } from './checksum.ts'
import { HEADER, IPV4, IPV6 } from './ethernet.ts'
import { TCP, TCP_CHECK, UDP, UDP_CHECK } from './super-frame.ts'

const TAG_8021Q = 0x8100
const TAG_8021AD = 0x88a8
const MAX_TAGS = 2
const IPV6_HEADER = 40

/**
 * Completes the checksum of the frame where only its pseudo header was summed. IPv4 with options, IPv6 without extension
 * headers, up to two tags. True: it was, and is right now.
 */
export const finishPartial = (buf: Uint8Array, off: number, len: number): boolean => {
  let ip = HEADER
  let type = big16(buf, off + 12)
  for (let tags = 0; tags < MAX_TAGS && (type === TAG_8021Q || type === TAG_8021AD) && ip + 4 <= len; tags++) {
    type = big16(buf, off + ip + 2)
    ip += 4
  }
  if (type === IPV4 && ip + 28 <= len) return finishIpv4(buf, off + ip, off + len)
  return type === IPV6 && ip + IPV6_HEADER + 8 <= len && finishIpv6(buf, off + ip, off + len)
}

const finishIpv4 = (buf: Uint8Array, ip: number, end: number): boolean => {
  const header = (buf[ip] & 0x0f) * 4
  const total = big16(buf, ip + 2)
  const protocol = buf[ip + 9]
  const isWhole = (big16(buf, ip + 6) & 0x3fff) === 0
  if (!isWhole || header < 20 || total > end - ip) return false
  const place = placeOf(protocol, ip + header, ip + total)
  if (place < 0) return false
  const pseudo = pseudoIpv4(buf, ip, protocol, total - header)
  return big16(buf, place) === pseudo && finish(buf, ip + header, place, ip + total, pseudo)
}

const finishIpv6 = (buf: Uint8Array, ip: number, end: number): boolean => {
  const payload = big16(buf, ip + 4)
  const protocol = buf[ip + 6]
  const transport = ip + IPV6_HEADER
  if (payload > end - transport) return false
  const place = placeOf(protocol, transport, transport + payload)
  if (place < 0) return false
  const pseudo = pseudoIpv6(buf, ip, protocol, payload)
  return big16(buf, place) === pseudo && finish(buf, transport, place, transport + payload, pseudo)
}

/** Where the checksum lies, -1: there is none in [transport, end). */
const placeOf = (protocol: number, transport: number, end: number): number => {
  const place = transport + (protocol === TCP ? TCP_CHECK : UDP_CHECK)
  return (protocol === TCP || protocol === UDP) && place + 2 <= end ? place : -1
}

const finish = (buf: Uint8Array, transport: number, place: number, end: number, pseudo: number): boolean => {
  if (checksum(buf, transport, end - transport, pseudo) === 0) return false
  completeChecksum(buf, transport, place, end)
  return true
}
