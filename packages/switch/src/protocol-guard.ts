/**
 * What stations may not say: that they are a DHCP server or a router, or that they have an address bound to others. Looks
 * behind up to two tags, and behind the extension headers of IPv6 as RFC 7113 asks: a first fragment without its whole
 * chain of headers could hide anything, and is refused.
 */
import type { Bindings } from './bindings.ts'
import { HIDDEN, LATER, upperLayer } from './ipv6-headers.ts'
import type { Drops } from './port.ts'

const IPV4 = 0x0800
const IPV6 = 0x86dd
const UDP = 17
const ICMPV6 = 58
const ROUTER_ADVERTISEMENT = 134
const DHCP_SERVER = 67
const DHCPV6_SERVER = 547

// What is at the end of the headers.
const NOTHING = 0
const SERVER = 1
const ROUTER = 2
const UNKNOWN = 3

/** The guards of one port that read packets. */
export class ProtocolGuard {
  readonly #isDhcpGuarded: boolean
  readonly #isRaGuarded: boolean
  readonly #bindings: Bindings | null

  constructor (isDhcpGuarded: boolean, isRaGuarded: boolean, bindings: Bindings | null) {
    this.#isDhcpGuarded = isDhcpGuarded
    this.#isRaGuarded = isRaGuarded
    this.#bindings = bindings
  }

  /** False: refused, and counted in `drops`. `len` >= HEADER. */
  pass (buf: Uint8Array, off: number, len: number, frames: number, drops: Drops): boolean {
    const end = off + len
    let at = off + 14
    let type = half(buf, at - 2)
    for (let tags = 0; tags < 2 && (type === 0x8100 || type === 0x88a8) && at + 4 <= end; tags++) {
      at += 4
      type = half(buf, at - 2)
    }
    if (this.#bindings !== null && !this.#bindings.allows(type, buf, off, at, end)) {
      drops.binding += frames
      return false
    }
    const found = type === IPV4 ? inIpv4(buf, at, end) : type === IPV6 ? inIpv6(buf, at, end) : NOTHING
    if (this.#isDhcpGuarded && found === SERVER) drops.dhcp += frames
    else if (this.#isRaGuarded && (found === ROUTER || found === UNKNOWN)) drops.routerAdvertisement += frames
    else return true
    return false
  }
}

const half = (buf: Uint8Array, at: number): number => (buf[at] << 8) | buf[at + 1]

const inIpv4 = (buf: Uint8Array, at: number, end: number): number => {
  if (at + 20 > end) return NOTHING
  const udp = at + (buf[at] & 0x0f) * 4
  const isFirst = (half(buf, at + 6) & 0x1fff) === 0
  return isFirst && buf[at + 9] === UDP && udp + 2 <= end && half(buf, udp) === DHCP_SERVER ? SERVER : NOTHING
}

const inIpv6 = (buf: Uint8Array, at: number, end: number): number => {
  if (at + 40 > end) return NOTHING
  const upper = upperLayer(buf, at, end)
  if (upper === HIDDEN) return UNKNOWN
  const header = upper >> 8
  const protocol = upper & 0xff
  if (upper === LATER || (protocol !== UDP && protocol !== ICMPV6)) return NOTHING // of fragments the first decides
  if (header + 2 > end) return UNKNOWN
  if (protocol === UDP) return half(buf, header) === DHCPV6_SERVER ? SERVER : NOTHING
  return buf[header] === ROUTER_ADVERTISEMENT ? ROUTER : NOTHING
}
