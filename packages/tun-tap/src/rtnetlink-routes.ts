/**
 * Requests about addresses and routes, as octets for `native.rtnetlink`. Pure; see rtnetlink.ts.
 *
 *     address   nlmsghdr 16 | ifaddrmsg 8: family 1, prefix 1, flags 1, scope 1, index 4 | attributes
 *     route     nlmsghdr 16 | rtmsg 12: family, prefix, 0, 0, table, protocol, scope, type, 1 each; flags 4 | attributes
 */
import { encode, request, type Attribute } from './rtnetlink.ts'

const RTM_NEWADDR = 20
const RTM_DELADDR = 21
const RTM_NEWROUTE = 24
const RTM_DELROUTE = 25
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

/** `add` fails with EEXIST where it is there, `remove` with EADDRNOTAVAIL or ESRCH where it is not. */
export type Change = 'add' | 'remove'

const familyOf = (address: Uint8Array): number => address.length === 4 ? AF_INET : AF_INET6

/** Gives an interface an address (4 or 16 octets), or takes it. */
export const addressRequest = (change: Change, index: number, address: Uint8Array, prefix: number): Uint8Array => {
  const isV6 = address.length !== 4
  const fixed = new Uint8Array(8)
  fixed.set([familyOf(address), prefix, isV6 ? IFA_F_NODAD : 0, 0])
  new DataView(fixed.buffer).setUint32(4, index, true)
  const isNew = change === 'add'
  return request(isNew ? RTM_NEWADDR : RTM_DELADDR, isNew, joined(fixed, [[IFA_LOCAL, address], [IFA_ADDRESS, address]]))
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
  const isNew = change === 'add'
  return request(isNew ? RTM_NEWROUTE : RTM_DELROUTE, isNew, joined(fixed, [...attributes, [RTA_GATEWAY, via]]))
}

/** The fixed part, then attributes. */
const joined = (fixed: Uint8Array, attributes: readonly Attribute[]): Uint8Array => Uint8Array.of(...fixed, ...encode(attributes))
