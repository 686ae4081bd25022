/**
 * What rules ask of a frame, as words: read once, compared by every rule.
 *
 *     | dst src [tag]{0..4} type | ARP
 *                                | IPv4 [options] | IPv6 [extension headers]{0..16} | TCP, UDP, SCTP, ICMP
 *
 * A field that a frame does not have is told by {@link Packet.has}. A later fragment has no ports, since they are not in it.
 * What cannot be followed to its upper layer (a header that ends outside, a first fragment too short for its ports, the second
 * eight octets of TCP as a fragment of their own [RFC 3128]) is `isMalformed`: who guards anything should not let it pass.
 * A super-frame reads as the first of its segments would.
 */
import { big16, big32 } from '@vde-ts/frame/checksum.js'
import { HEADER, IPV4, IPV6, macHi, macLo } from '@vde-ts/frame/ethernet.js'

const ARP = 0x0806
const isTag = (type: number): boolean => type === 0x8100 || type === 0x88a8
const MAX_TAGS = 4
const MAX_EXTENSIONS = 16
const IPV4_HEADER = 20
const IPV6_HEADER = 40
const ARP_LENGTH = 28
/** Ethernet, IPv4, with the lengths of their addresses. */
const ARP_KIND: readonly number[] = [0, 1, 8, 0, 6, 4]
const [HOP_BY_HOP, TCP, UDP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION, SCTP] = [0, 6, 17, 43, 44, 51, 60, 132] as const
/** ICMP of IPv4 and of IPv6. */
export const ICMP = 1
export const ICMPV6 = 58

/** Which words there are; an address has four, of which IPv4 uses the first. */
export const WORD = {
  srcMac: 0,
  dstMac: 2,
  etherType: 4,
  vlan: 5,
  protocol: 6,
  srcPort: 7,
  dstPort: 8,
  icmpType: 9,
  srcIp: 10,
  dstIp: 14,
  arpOperation: 18,
  arpSenderIp: 19,
  arpTargetIp: 20,
  arpSenderMac: 21,
  arpTargetMac: 23,
  mark: 25,
  state: 26
} as const
const WORDS = 27

/** Bits of {@link Packet.has}. */
export const HAS = { ipv4: 1, ipv6: 2, arp: 4, ports: 8, icmp: 16, upper: 32, state: 64 } as const

/** One reader, used again for each frame. */
export class Packet {
  readonly words: Int32Array = new Int32Array(WORDS)
  has = 0
  isMalformed = false
  /** Offset in the buffer of the upper layer's header where `has` says `upper`, else -1. */
  upper = -1
  end = 0
  /** More fragments follow the one that has the headers. */
  isFirstFragment = false
  isLaterFragment = false
  /** Of a fragment. */
  fragmentId = 0

  /** `isFrame(len)` holds. */
  read (buf: Uint8Array, off: number, len: number): void {
    const { words } = this
    this.has = 0
    this.isMalformed = this.isFirstFragment = this.isLaterFragment = false
    this.upper = -1
    this.end = off + len
    words[WORD.dstMac] = macHi(buf, off)
    words[WORD.dstMac + 1] = macLo(buf, off)
    words[WORD.srcMac] = macHi(buf, off + 6)
    words[WORD.srcMac + 1] = macLo(buf, off + 6)
    words[WORD.mark] = 0
    const at = this.#skipTags(buf, off)
    const type = words[WORD.etherType]
    if (type === IPV4) this.#readIpv4(buf, at)
    else if (type === IPV6) this.#readIpv6(buf, at)
    else if (type === ARP) this.#readArp(buf, at)
  }

  #skipTags (buf: Uint8Array, off: number): number {
    let at = off + HEADER
    this.words[WORD.vlan] = 0
    for (let tags = 0; tags < MAX_TAGS && isTag(big16(buf, at - 2)) && at + 4 <= this.end; tags++, at += 4) {
      if (tags === 0) this.words[WORD.vlan] = big16(buf, at) & 0xfff
    }
    this.words[WORD.etherType] = big16(buf, at - 2)
    return at
  }

  #readArp (buf: Uint8Array, at: number): void {
    if (at + ARP_LENGTH > this.end) return
    for (let i = 0; i < ARP_KIND.length; i++) if (buf[at + i] !== ARP_KIND[i]) return
    const { words } = this
    this.has = HAS.arp
    words[WORD.arpOperation] = big16(buf, at + 6)
    words[WORD.arpSenderMac] = macHi(buf, at + 8)
    words[WORD.arpSenderMac + 1] = macLo(buf, at + 8)
    words[WORD.arpSenderIp] = big32(buf, at + 14)
    words[WORD.arpTargetMac] = macHi(buf, at + 18)
    words[WORD.arpTargetMac + 1] = macLo(buf, at + 18)
    words[WORD.arpTargetIp] = big32(buf, at + 24)
  }

  #readIpv4 (buf: Uint8Array, at: number): void {
    const header = (buf[at]! & 15) * 4
    if (at + IPV4_HEADER > this.end || buf[at]! >> 4 !== 4 || header < IPV4_HEADER || at + header > this.end) {
      this.isMalformed = true
      return
    }
    const { words } = this
    this.has = HAS.ipv4 | HAS.upper
    words[WORD.srcIp] = big32(buf, at + 12)
    words[WORD.dstIp] = big32(buf, at + 16)
    words.fill(0, WORD.srcIp + 1, WORD.srcIp + 4)
    words.fill(0, WORD.dstIp + 1, WORD.dstIp + 4)
    const fragment = big16(buf, at + 6)
    this.fragmentId = big16(buf, at + 4)
    this.#readUpper(buf, at + header, buf[at + 9]!, fragment & 0x1fff, (fragment & 0x2000) !== 0)
  }

  #readIpv6 (buf: Uint8Array, at: number): void {
    if (at + IPV6_HEADER > this.end || buf[at]! >> 4 !== 6) {
      this.isMalformed = true
      return
    }
    this.has = HAS.ipv6
    for (let i = 0; i < 4; i++) {
      this.words[WORD.srcIp + i] = big32(buf, at + 8 + 4 * i)
      this.words[WORD.dstIp + i] = big32(buf, at + 24 + 4 * i)
    }
    this.#followExtensions(buf, at + IPV6_HEADER, buf[at + 6]!)
  }

  #followExtensions (buf: Uint8Array, first: number, protocol: number): void {
    let at = first
    let next = protocol
    let offset = 0
    let isMore = false
    for (let i = 0; i < MAX_EXTENSIONS; i++) {
      const isFragment = next === FRAGMENT
      if (!isFragment && next !== HOP_BY_HOP && next !== ROUTING && next !== DESTINATION && next !== AUTHENTICATION) {
        this.has |= HAS.upper
        this.#readUpper(buf, at, next, offset, isMore)
        return
      }
      if (at + 8 > this.end) break
      if (isFragment) {
        offset = big16(buf, at + 2) >> 3
        isMore = (buf[at + 3]! & 1) === 1
        this.fragmentId = big32(buf, at + 4)
      }
      const size = isFragment ? 8 : next === AUTHENTICATION ? (buf[at + 1]! + 2) * 4 : (buf[at + 1]! + 1) * 8
      next = buf[at]!
      at += size
      if (offset > 0) { // what follows is data of the packet that the first fragment begins
        this.has |= HAS.upper
        this.#readUpper(buf, at, next, offset, isMore)
        return
      }
    }
    this.isMalformed = true
  }

  #readUpper (buf: Uint8Array, at: number, protocol: number, fragmentOffset: number, hasMore: boolean): void {
    const { words } = this
    words[WORD.protocol] = protocol
    if (fragmentOffset > 0) {
      this.isLaterFragment = true
      this.isMalformed = protocol === TCP && fragmentOffset === 1
      return
    }
    this.upper = at
    this.isFirstFragment = hasMore
    if (protocol === TCP || protocol === UDP || protocol === SCTP) {
      // TCP as far as its flags: what tells connections apart must not hide in a second fragment.
      if (at + (protocol === TCP ? 14 : 4) > this.end) { this.isMalformed = true; return }
      this.has |= HAS.ports
      words[WORD.srcPort] = big16(buf, at)
      words[WORD.dstPort] = big16(buf, at + 2)
    } else if (protocol === ICMP || protocol === ICMPV6) {
      if (at + 4 > this.end) { this.isMalformed = true; return }
      this.has |= HAS.icmp
      words[WORD.icmpType] = buf[at]!
    }
  }
}
