/**
 * Requests about addresses and routes, as octets for `native.rtnetlink`. Pure; see rtnetlink.ts.
 *
 *     address   nlmsghdr 16 | ifaddrmsg 8: family 1, prefix 1, flags 1, scope 1, index 4 | attributes
 *     route     nlmsghdr 16 | rtmsg 12: family, prefix, 0, 0, table, protocol, scope, type, 1 each; flags 4 | attributes
 */
import { encode, type Attribute } from './rtnetlink.ts'

const RTM_NEWADDR = 20
const RTM_DELADDR = 21
const RTM_NEWROUTE = 24
const RTM_DELROUTE = 25
const NLM_F_REQUEST = 1
const NLM_F_ACK = 4
const NLM_F_EXCL = 0x200
const NLM_F_CREATE = 0x400
const AF_INET = 2
const AF_INET6 = 10
const IFA_ADDRESS = 1
const IFA_LOCAL = 2
/** IPv6: usable at once, without looking for others that have it. */
const IFA_F_NODAD = 0x02
const RTA_DST = 1
const RTA_GATEWAY = 5
const RT_TABLE_MAIN = 254
const RTPROT_STATIC = 4
const RTN_UNICAST = 1
const HEADER = 16

/** `add` fails with EEXIST where it is there, `remove` with EADDRNOTAVAIL or ESRCH where it is not. */
export type Change = 'add' | 'remove'

const flagsOf = (change: Change): number => NLM_F_REQUEST | NLM_F_ACK | (change === 'add' ? NLM_F_CREATE | NLM_F_EXCL : 0)

/** A message of `type` with a fixed part and attributes. */
const message = (type: number, flags: number, fixed: Uint8Array, attributes: readonly Attribute[]): Uint8Array => {
  const rest = encode(attributes)
  const out = new Uint8Array(HEADER + fixed.length + rest.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, out.length, true)
  view.setUint16(4, type, true)
  view.setUint16(6, flags, true)
  out.set(fixed, HEADER)
  out.set(rest, HEADER + fixed.length)
  return out
}

const familyOf = (address: Uint8Array): number => address.length === 4 ? AF_INET : AF_INET6

/** Gives an interface an address (4 or 16 octets), or takes it. */
export const addressRequest = (change: Change, index: number, address: Uint8Array, prefix: number): Uint8Array => {
  const isV6 = address.length !== 4
  const fixed = new Uint8Array(8)
  fixed.set([familyOf(address), prefix, isV6 ? IFA_F_NODAD : 0, 0])
  new DataView(fixed.buffer).setUint32(4, index, true)
  return message(change === 'add' ? RTM_NEWADDR : RTM_DELADDR, flagsOf(change), fixed,
    [[IFA_LOCAL, address], [IFA_ADDRESS, address]])
}

/** Where to, and by which neighbour; `to` null is everywhere. */
export interface RouteTarget {
  readonly to: { readonly address: Uint8Array, readonly prefix: number } | null
  readonly via: Uint8Array
}

/** Adds or removes a route of the main table. */
export const routeRequest = (change: Change, { to, via }: RouteTarget): Uint8Array => {
  const fixed = new Uint8Array(12)
  fixed.set([familyOf(via), to?.prefix ?? 0, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, 0, RTN_UNICAST])
  const attributes: Attribute[] = to === null || to.prefix === 0 ? [] : [[RTA_DST, to.address]]
  return message(change === 'add' ? RTM_NEWROUTE : RTM_DELROUTE, flagsOf(change), fixed, [...attributes, [RTA_GATEWAY, via]])
}
