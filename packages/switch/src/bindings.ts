/**
 * Which addresses may be used behind a port: MAC addresses, and of each the IP addresses it may say it has, in IPv4, ARP
 * and IPv6 with neighbour discovery. A MAC without IP addresses may say what it likes. What a station says before it has
 * an address (RFC 2131, 5227, 4862) passes.
 */
import { big32 } from '@vde-ts/frame/checksum.js'
import { macHi, macLo } from '@vde-ts/frame/ethernet.js'
import { parseMac } from '@vde-ts/frame/mac.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { IP_WORDS, MAPPED, parseIp } from './ip-address.ts'
import { HIDDEN, LATER, upperLayer } from './ipv6-headers.ts'

/** One MAC address and its IP addresses, in text. */
export interface Binding {
  readonly mac: string
  readonly addresses: readonly string[]
}

class Station {
  readonly hi: number
  readonly lo: number
  /** {@link IP_WORDS} each. */
  readonly words: Int32Array

  constructor (hi: number, lo: number, words: Int32Array) {
    this.hi = hi
    this.lo = lo
    this.words = words
  }

  has (a: number, b: number, c: number, d: number): boolean {
    const { words } = this
    if (words.length === 0) return true
    for (let at = 0; at < words.length; at += IP_WORDS) {
      if (words[at + 3] === d && words[at + 2] === c && words[at + 1] === b && words[at] === a) return true
    }
    return false
  }
}

/** The bindings of one port, ready to compare. */
export class Bindings {
  readonly #stations: Station[] = []

  /** @throws {VdeError} EINVAL an address that is none */
  constructor (bindings: readonly Binding[]) {
    for (const { mac, addresses } of bindings) {
      const octets = parseMac(mac)
      if (octets === null) throw new VdeError('EINVAL', 'bind an address', `"${mac}" is no MAC address`)
      const words = addresses.flatMap((text) => {
        const found = parseIp(text)
        if (found === null) throw new VdeError('EINVAL', 'bind an address', `"${text}" is no IP address`)
        return found
      })
      this.#stations.push(new Station(macHi(octets, 0), macLo(octets, 0), Int32Array.from(words)))
    }
  }

  /** The station whose MAC lies at `at`, null when it is not bound. */
  find (buf: Uint8Array, at: number): Station | null {
    const hi = macHi(buf, at)
    const lo = macLo(buf, at)
    const stations = this.#stations
    for (let i = 0; i < stations.length; i++) if (stations[i].lo === lo && stations[i].hi === hi) return stations[i]
    return null
  }

  /** Whether the station of the frame may say what it says in the packet of `type` at `at`, which ends at `end`. */
  allows (type: number, buf: Uint8Array, off: number, at: number, end: number): boolean {
    const station = this.find(buf, off + 6)
    if (station === null) return false
    if (type === 0x0800) return mayUseIpv4(station, buf, at, end)
    if (type === 0x0806) return mayUseArp(station, buf, at, end)
    return type !== 0x86dd || mayUseIpv6(station, buf, at, end)
  }
}

const hasIpv4 = (station: Station, address: number): boolean => station.has(0, 0, MAPPED, address)

const hasIpv6 = (station: Station, buf: Uint8Array, at: number): boolean =>
  station.has(big32(buf, at), big32(buf, at + 4), big32(buf, at + 8), big32(buf, at + 12))

const isMacOf = ({ hi, lo }: Station, buf: Uint8Array, at: number): boolean => macLo(buf, at) === lo && macHi(buf, at) === hi

const mayUseIpv4 = (station: Station, buf: Uint8Array, at: number, end: number): boolean => {
  if (at + 20 > end) return false
  const source = big32(buf, at + 12)
  if (source !== 0) return hasIpv4(station, source)
  // A client that asks for an address: UDP to port 67.
  const udp = at + (buf[at] & 0x0f) * 4
  return buf[at + 9] === 17 && udp + 4 <= end && buf[udp + 2] === 0 && buf[udp + 3] === 67
}

const mayUseArp = (station: Station, buf: Uint8Array, at: number, end: number): boolean => {
  if (at + 28 > end || !isMacOf(station, buf, at + 8)) return false
  const sender = big32(buf, at + 14)
  return sender === 0 || hasIpv4(station, sender) // 0: a probe
}

const ICMPV6 = 58
const SOLICITATION = 135
const ADVERTISEMENT = 136
const LINK_LAYER_OPTIONS = 2

const mayUseIpv6 = (station: Station, buf: Uint8Array, at: number, end: number): boolean => {
  if (at + 40 > end) return false
  const isUnspecified = (big32(buf, at + 8) | big32(buf, at + 12) | big32(buf, at + 16) | big32(buf, at + 20)) === 0
  if (!isUnspecified && !hasIpv6(station, buf, at + 8)) return false
  const upper = upperLayer(buf, at, end)
  if (upper === LATER) return !isUnspecified
  if (upper === HIDDEN) return false
  if ((upper & 0xff) !== ICMPV6) return !isUnspecified
  const message = upper >> 8
  if (message + 24 > end) return true
  const type = buf[message]
  if (type === ADVERTISEMENT && !hasIpv6(station, buf, message + 8)) return false
  return (type !== SOLICITATION && type !== ADVERTISEMENT) || hasOwnLinkLayer(station, buf, message + 24, end)
}

/** Options 1 and 2 of neighbour discovery say which MAC goes with the address [RFC 4861 4.6.1]. */
const hasOwnLinkLayer = (station: Station, buf: Uint8Array, at: number, end: number): boolean => {
  for (let option = at; option + 8 <= end;) {
    const octets = buf[option + 1] * 8
    if (octets === 0) return false
    if (buf[option] >= 1 && buf[option] <= LINK_LAYER_OPTIONS && !isMacOf(station, buf, option + 2)) return false
    option += octets
  }
  return true
}
