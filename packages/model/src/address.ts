/**
 * Addresses in text, in one spelling each: IPv4 dotted, IPv6 as RFC 5952 has it, MACs in small letters with colons.
 * Everything here answers null for what is no address.
 */
import { formatMac } from '@vde-ts/frame/mac.js'
import type { Masked } from './firewall.ts'

const IPV4_OCTETS = 4
const IPV6_GROUPS = 8

/** Octets of an address: 4 or 16. */
export const ipOctets = (text: string): Uint8Array | null => text.includes(':') ? ipv6Octets(text) : ipv4Octets(text)

const ipv4Octets = (text: string): Uint8Array | null => {
  const parts = text.split('.')
  if (parts.length !== IPV4_OCTETS || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null
  return Uint8Array.from(parts, Number)
}

const ipv6Octets = (text: string): Uint8Array | null => {
  const dotted = /^(.*:)([0-9.]+\.[0-9.]+)$/.exec(text)
  const last = dotted === null ? null : ipv4Octets(dotted[2]!)
  if (dotted !== null && last === null) return null
  const plain = last === null ? text : `${dotted![1]}${hex(last, 0)}:${hex(last, 2)}`
  const [left = [], right] = plain.split('::', 3).map((half) => half === '' ? [] : half.split(':'))
  if (plain.split('::').length > 2) return null
  const missing = IPV6_GROUPS - left.length - (right?.length ?? 0)
  if (right === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...left, ...new Array<string>(missing).fill('0'), ...right ?? []]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  return Uint8Array.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]))
}

const group = (octets: Uint8Array, at: number): number => (octets[at]! << 8) | octets[at + 1]!
const hex = (octets: Uint8Array, at: number): string => group(octets, at).toString(16)

/** The spelling of octets. */
export const ipText = (octets: Uint8Array): string => {
  if (octets.length === IPV4_OCTETS) return octets.join('.')
  const groups = Array.from({ length: IPV6_GROUPS }, (_, i) => hex(octets, 2 * i))
  const { at, length } = longestZeros(groups)
  if (length < 2) return groups.join(':')
  return `${groups.slice(0, at).join(':')}::${groups.slice(at + length).join(':')}`
}

/** The first of the longest runs [RFC 5952 4.2.3]. */
const longestZeros = (groups: readonly string[]): { at: number, length: number } => {
  let best = { at: 0, length: 0 }
  for (let at = 0; at < groups.length; at++) {
    let end = at
    while (end < groups.length && groups[end] === '0') end++
    if (end - at > best.length) best = { at, length: end - at }
  }
  return best
}

/** The spelling of an address. */
export const canonicalIp = (text: string): string | null => {
  const octets = ipOctets(text)
  return octets === null ? null : ipText(octets)
}

/** Of an address that is one. */
export const isIpv6 = (text: string): boolean => text.includes(':')

/** True for groups: 224.0.0.0/4 and ff00::/8. */
export const isMulticastIp = (text: string): boolean => {
  const octets = ipOctets(text)
  return octets !== null && (octets.length === IPV4_OCTETS ? octets[0]! >> 4 === 14 : octets[0] === 0xff)
}

/** The mask of so many bits in so many octets. */
export const maskOctets = (prefix: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => 0xff << (8 - Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff)

/** Bits of a mask that is a prefix, null for one with holes. */
export const prefixOf = (mask: string): number | null => {
  const octets = ipOctets(mask)
  if (octets === null) return null
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : null
}

/** `IP`, `IP/PREFIX` or `IP/MASK`; bits outside the mask are cleared. */
export const maskedIp = (text: string): Masked | null => {
  const [ip = '', mask, ...more] = text.split('/')
  const octets = ipOctets(ip)
  if (octets === null || more.length > 0) return null
  const bits = maskOf(mask, octets.length)
  if (bits === null) return null
  return { value: ipText(octets.map((octet, i) => octet & bits[i]!)), mask: ipText(bits) }
}

const maskOf = (text: string | undefined, length: number): Uint8Array | null => {
  if (text === undefined) return maskOctets(8 * length, length)
  if (/^\d{1,3}$/.test(text)) return Number(text) <= 8 * length ? maskOctets(Number(text), length) : null
  const octets = ipOctets(text)
  return octets?.length === length ? octets : null
}

/** `IP/PREFIX` of an interface, in its spelling; the bits of the host stay. */
export const canonicalCidr = (text: string): string | null => {
  const [ip = '', prefix = '', ...more] = text.split('/')
  const octets = ipOctets(ip)
  if (octets === null || more.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > 8 * octets.length) return null
  return `${ipText(octets)}/${Number(prefix)}`
}

/** The spelling of a MAC: six octets of two digits, colons between all of them or none. */
export const canonicalMac = (text: string): string | null => {
  const small = text.toLowerCase()
  if (/^[0-9a-f]{12}$/.test(small)) return small.match(/../g)!.join(':')
  return /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(small) ? small : null
}

/** Octets of a MAC in its spelling. */
export const macOctets = (mac: string): Uint8Array => Uint8Array.from(mac.split(':'), (pair) => parseInt(pair, 16))

/** `MAC` or `MAC/MASK`; bits outside the mask are cleared. */
export const maskedMac = (text: string): Masked | null => {
  const [value = '', mask = 'ff:ff:ff:ff:ff:ff', ...more] = text.split('/')
  const [address, bits] = [canonicalMac(value), canonicalMac(mask)]
  if (address === null || bits === null || more.length > 0) return null
  const octets = macOctets(bits)
  return { value: formatMac(macOctets(address).map((octet, i) => octet & octets[i]!), 0), mask: bits }
}

/** Short text of a masked address: without a mask that is full, as a prefix where it is one. */
export const maskedText = ({ value, mask }: Masked): string => {
  if (/^f+(?::f+)+$/.test(mask) || mask === '255.255.255.255') return value
  return `${value}/${prefixOf(mask) ?? mask}`
}
