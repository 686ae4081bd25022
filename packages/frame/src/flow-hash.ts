/**
 * Which flow a frame belongs to, as a number: frames of one flow have the same, so that what spreads load by it keeps them
 * in order. Taken are the addresses and ports of TCP and UDP over IPv4 and IPv6, of other frames the MAC addresses.
 * A fragment has no ports to look at, so all fragments of a pair of hosts go one way.
 */
import { big16, big32 } from './checksum.ts'
import { HEADER, IPV4, IPV6, etherType, macHi, macLo } from './ethernet.ts'
import { TCP, UDP } from './super-frame.ts'

/** 0..2^32-1. `isFrame(len)` holds; nothing outside of the frame is read. */
export const flowHash = (buf: Uint8Array, off: number, len: number, seed: number): number => {
  let hash = Math.imul(macLo(buf, off) ^ seed, MIX) ^ Math.imul(macLo(buf, off + 6), MIX_TOO) ^ macHi(buf, off)
  const ip = off + HEADER
  const type = etherType(buf, off)
  if (type === IPV4 && len >= HEADER + 20) hash ^= hashIpv4(buf, ip, off + len)
  else if (type === IPV6 && len >= HEADER + 40) hash ^= hashIpv6(buf, ip, off + len)
  hash = Math.imul(hash ^ (hash >>> 15), MIX)
  return (hash ^ (hash >>> 13)) >>> 0
}

// Odd, bits spread: those of xxHash32.
const MIX = 0x85ebca6b
const MIX_TOO = 0xc2b2ae35

const hashIpv4 = (buf: Uint8Array, ip: number, end: number): number => {
  let hash = Math.imul(big32(buf, ip + 12), MIX) + Math.imul(big32(buf, ip + 16), MIX_TOO) + buf[ip + 9]
  const transport = ip + (buf[ip] & 0x0f) * 4
  const isFragment = (big16(buf, ip + 6) & 0x3fff) !== 0
  if (!isFragment && hasPorts(buf[ip + 9]) && transport + 4 <= end) hash += Math.imul(big32(buf, transport), MIX)
  return hash
}

const hashIpv6 = (buf: Uint8Array, ip: number, end: number): number => {
  let hash = buf[ip + 6]
  for (let at = ip + 8; at < ip + 40; at += 4) hash = Math.imul(hash ^ big32(buf, at), MIX_TOO) ^ (hash >>> 11)
  if (hasPorts(buf[ip + 6]) && ip + 44 <= end) hash += Math.imul(big32(buf, ip + 40), MIX)
  return hash
}

const hasPorts = (protocol: number): boolean => protocol === TCP || protocol === UDP
