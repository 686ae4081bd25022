/**
 * One line about a frame, for people who watch: addresses, tag, and what it carries.
 *
 *     02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff vlan 5 ARP who has 10.0.0.2 tell 10.0.0.1, 60 octets
 *
 * Any octets are accepted and nothing of them is shown raw: only numbers and fixed words. Cold: it makes strings.
 */
import { ARP, HEADER, IPV4, IPV6, etherType } from './ethernet.ts'
import { formatMac } from './mac.ts'
import { TAG, isTagged, pcp, vid } from './vlan.ts'

const PROTOCOLS = new Map([[1, 'ICMP'], [2, 'IGMP'], [6, 'TCP'], [17, 'UDP'], [47, 'GRE'], [50, 'ESP'], [58, 'ICMPv6'], [89, 'OSPF'], [132, 'SCTP']])
const TYPES = new Map([[0x88cc, 'LLDP'], [0x8100, '802.1Q'], [0x88a8, '802.1ad'], [0x8863, 'PPPoE'], [0x8864, 'PPPoE'], [0x888e, 'EAPOL'], [0x8847, 'MPLS']])
const ICMP_TYPES = new Map([[0, 'echo reply'], [3, 'unreachable'], [5, 'redirect'], [8, 'echo request'], [11, 'time exceeded']])
const ICMPV6_TYPES = new Map([
  [1, 'unreachable'], [2, 'packet too big'], [3, 'time exceeded'], [128, 'echo request'], [129, 'echo reply'],
  [133, 'router solicitation'], [134, 'router advertisement'], [135, 'neighbour solicitation'], [136, 'neighbour advertisement']
])
const TCP_FLAGS = ['F', 'S', 'R', 'P', '.', 'U']

const word = (buf: Uint8Array, at: number): number => (buf[at] << 8) | buf[at + 1]
const hex = (value: number): string => value.toString(16).padStart(4, '0')
const dotted = (buf: Uint8Array, at: number): string => `${buf[at]}.${buf[at + 1]}.${buf[at + 2]}.${buf[at + 3]}`

/** IPv6 address at `at` in the short form of RFC 5952. */
export const formatIpv6 = (buf: Uint8Array, at: number): string => {
  const groups = Array.from({ length: 8 }, (_, i) => word(buf, at + 2 * i).toString(16)).join(':')
  const zeros = groups.match(/(?:^|:)0(?::0)+(?=:|$)/g)?.sort((a, b) => b.replace(/^:/, '').length - a.replace(/^:/, '').length)[0]
  if (zeros === undefined) return groups
  const from = groups.indexOf(zeros)
  return groups.substring(0, from) + '::' + groups.substring(from + zeros.length).replace(/^:/, '')
}

/** What the frame at `off` is. Never throws, whatever the octets; reads nothing outside of [off, off + len). */
export const describe = (buf: Uint8Array, off: number, len: number): string => {
  if (len < HEADER) return `runt, ${len} octets`
  const addresses = `${formatMac(buf, off + 6)} > ${formatMac(buf, off)}`
  const tagged = isTagged(buf, off, len)
  const tag = tagged ? ` vlan ${vid(buf, off)}${pcp(buf, off) === 0 ? '' : ` p${pcp(buf, off)}`}` : ''
  const at = off + HEADER + (tagged ? TAG : 0)
  return `${addresses}${tag} ${payload(buf, etherType(buf, tagged ? off + TAG : off), at, off + len)}, ${len} octets`
}

const payload = (buf: Uint8Array, type: number, at: number, end: number): string => {
  if (type === ARP) return arp(buf, at, end)
  if (type === IPV4) return ipv4(buf, at, end)
  if (type === IPV6) return ipv6(buf, at, end)
  if (type < 0x600) return bpdu(buf, at, end)
  return TYPES.get(type) ?? `type ${hex(type)}`
}

/** 802.3: the type is a length, and LLC follows. */
const bpdu = (buf: Uint8Array, at: number, end: number): string =>
  end - at >= 3 && buf[at] === 0x42 && buf[at + 1] === 0x42 ? 'spanning tree' : 'LLC'

const arp = (buf: Uint8Array, at: number, end: number): string => {
  if (end - at < 28) return 'ARP, cut'
  const operation = word(buf, at + 6)
  const sender = dotted(buf, at + 14)
  const target = dotted(buf, at + 24)
  if (operation === 1) return `ARP who has ${target} tell ${sender}`
  if (operation === 2) return `ARP ${sender} is at ${formatMac(buf, at + 8)}`
  return `ARP operation ${operation}`
}

const ipv4 = (buf: Uint8Array, at: number, end: number): string => {
  const header = (buf[at] & 15) * 4
  if (end - at < 20 || buf[at] >> 4 !== 4 || header < 20 || end - at < header) return 'IPv4, cut'
  const fragment = word(buf, at + 6) & 0x1fff
  const inner = fragment === 0
    ? transport(buf, buf[at + 9], at + header, end, dotted(buf, at + 12), dotted(buf, at + 16))
    : `IPv4 ${dotted(buf, at + 12)} > ${dotted(buf, at + 16)} fragment at ${fragment * 8}`
  return inner
}

const ipv6 = (buf: Uint8Array, at: number, end: number): string => {
  if (end - at < 40 || buf[at] >> 4 !== 6) return 'IPv6, cut'
  return transport(buf, buf[at + 6], at + 40, end, `[${formatIpv6(buf, at + 8)}]`, `[${formatIpv6(buf, at + 24)}]`)
}

const transport = (buf: Uint8Array, protocol: number, at: number, end: number, from: string, to: string): string => {
  const name = PROTOCOLS.get(protocol) ?? `protocol ${protocol}`
  if ((protocol === 6 && end - at >= 20) || (protocol === 17 && end - at >= 8)) {
    const flags = protocol === 6 ? ` [${TCP_FLAGS.filter((_, i) => (buf[at + 13] >> i & 1) === 1).join('')}]` : ''
    return `${name} ${from}:${word(buf, at)} > ${to}:${word(buf, at + 2)}${flags}`
  }
  if ((protocol === 1 || protocol === 58) && end - at >= 8) {
    const type = buf[at]
    return `${name} ${from} > ${to} ${(protocol === 1 ? ICMP_TYPES : ICMPV6_TYPES).get(type) ?? `type ${type}`}`
  }
  return `${name} ${from} > ${to}`
}
