/**
 * What hosts and routers say about multicast groups, read from frames: IGMP of all versions [RFC 1112, 2236, 3376] and MLD
 * of both [RFC 2710, 3810], and PIM hellos, which tell of routers. Only messages whose form and checksum are right, with the hop
 * limit 1 that they must have, mean anything; everything else is data.
 *
 * Of IGMPv3 and MLDv2 the group counts, not the sources, as RFC 4541 lets a switch that forwards by group do it: a record that
 * wants to hear from somebody is a join, one that wants to hear from nobody (INCLUDE of no source) is a leave.
 */
import { IPV4, IPV6 } from '@vde-ts/frame/ethernet.js'
import { big16, big32, checksum, pseudoIpv6 } from '@vde-ts/frame/checksum.js'
import { MAPPED } from './ip-address.ts'
import { upperLayer } from './ipv6-headers.ts'

/** Hears of groups, four words each, see ip-address.ts. */
export interface GroupListener {
  joined (a: number, b: number, c: number, d: number): void
  left (a: number, b: number, c: number, d: number): void
  /** A querier: for all groups, or (`isSpecific`) for that one. Times in seconds; a proxy has no address of its own. */
  queried (
    isProxy: boolean, responseSec: number, intervalSec: number, isSpecific: boolean, a: number, b: number, c: number, d: number
  ): void
  /** A multicast router. */
  routed (): void
}

/** No IP multicast, or one that everybody has to get. */
export const EVERYBODY = 0
/** Data for the group whose words are in {@link destination}. */
export const FOR_GROUP = 1
/** What a host says of its groups: for routers. */
export const FOR_ROUTERS = 2

/** Words of the destination of the packet read last. */
export const destination: Int32Array = new Int32Array(4)

const IGMP = 2
const PIM = 103
const ICMPV6 = 58
/** Of a querier that does not say [RFC 3376 8.2, 8.3]. */
export const DEFAULT_INTERVAL_SEC = 125
export const DEFAULT_RESPONSE_SEC = 10
/** ff02::1:ff00:0/104, solicited-node addresses. */
const LINK_LOCAL = 0xff020000 | 0

/** Reads the packet of `type` at `at`, which ends at `end`, tells `heard` what it says, and answers whom it is for. */
export const readGroups = (type: number, buf: Uint8Array, at: number, end: number, heard: GroupListener): number => {
  if (type === IPV4) return readIpv4(buf, at, end, heard)
  return type === IPV6 ? readIpv6(buf, at, end, heard) : EVERYBODY
}

const readIpv4 = (buf: Uint8Array, at: number, end: number, heard: GroupListener): number => {
  if (at + 20 > end || buf[at] >> 4 !== 4) return EVERYBODY
  const message = at + (buf[at] & 15) * 4
  const last = at + big16(buf, at + 2)
  destination[0] = 0
  destination[1] = 0
  destination[2] = MAPPED
  destination[3] = big32(buf, at + 16)
  const isWhole = (big16(buf, at + 6) & 0x3fff) === 0 && message >= at + 20 && last <= end
  if (buf[at + 9] === IGMP && isWhole && buf[at + 8] === 1) return readIgmp(buf, at, message, last, heard)
  if (buf[at + 9] === PIM && isWhole && isPimHello(buf, message, last)) heard.routed()
  // 224.0.0.0/24 is the link's own [RFC 4541 2.1.2], and no group at all is somebody's mistake.
  return destination[3] >>> 8 === 0xe00000 || destination[3] >>> 28 !== 14 ? EVERYBODY : FOR_GROUP
}

const isPimHello = (buf: Uint8Array, at: number, end: number): boolean => at + 4 <= end && buf[at] === 0x20

const readIgmp = (buf: Uint8Array, ip: number, at: number, end: number, heard: GroupListener): number => {
  if (at + 8 > end || checksum(buf, at, end - at) !== 0) return EVERYBODY
  const group = big32(buf, at + 4)
  switch (buf[at]) {
    case 0x11: return readIgmpQuery(buf, ip, at, end, group, heard)
    case 0x12: case 0x16:
      if (isJoinable(group)) heard.joined(0, 0, MAPPED, group)
      return FOR_ROUTERS
    case 0x17:
      if (isJoinable(group)) heard.left(0, 0, MAPPED, group)
      return FOR_ROUTERS
    case 0x22: return readIgmpRecords(buf, at, end, heard)
    default: return EVERYBODY // unknown messages are not held up [RFC 4541 2.1.1 (4)]
  }
}

const isJoinable = (group: number): boolean => group >>> 28 === 14 && group >>> 8 !== 0xe00000

const readIgmpQuery = (buf: Uint8Array, ip: number, at: number, end: number, group: number, heard: GroupListener): number => {
  const isThree = end - at >= 12
  const code = buf[at + 1]
  const response = code === 0 ? DEFAULT_RESPONSE_SEC : (isThree ? floating(code, 4) : code) / 10
  const interval = isThree && buf[at + 9] !== 0 ? floating(buf[at + 9], 4) : DEFAULT_INTERVAL_SEC
  heard.queried(big32(buf, ip + 12) === 0, Math.ceil(response), interval, group !== 0, 0, 0, MAPPED, group)
  return EVERYBODY
}

/** Times of the third version beyond their range have an exponent [RFC 3376 4.1.1], of 3 bits above `bits` of mantissa. */
const floating = (code: number, bits: number): number => {
  const limit = 8 << bits
  if (code < limit) return code
  return ((code & ((1 << bits) - 1)) | (1 << bits)) << ((code >>> bits & 7) + 3)
}

const readIgmpRecords = (buf: Uint8Array, at: number, end: number, heard: GroupListener): number => {
  let record = at + 8
  for (let left = big16(buf, at + 6); left > 0 && record + 8 <= end; left--) {
    const sources = big16(buf, record + 2)
    const group = big32(buf, record + 4)
    if (isJoinable(group)) tell(buf[record], sources, heard, 0, 0, MAPPED, group)
    record += 8 + sources * 4 + buf[record + 1] * 4
  }
  return FOR_ROUTERS
}

const IS_INCLUDE = 1
const TO_INCLUDE = 3
const BLOCK_OLD_SOURCES = 6

const tell = (type: number, sources: number, heard: GroupListener, a: number, b: number, c: number, d: number): void => {
  if (type < IS_INCLUDE || type >= BLOCK_OLD_SOURCES) return
  if ((type === IS_INCLUDE || type === TO_INCLUDE) && sources === 0) heard.left(a, b, c, d)
  else heard.joined(a, b, c, d)
}

const readIpv6 = (buf: Uint8Array, at: number, end: number, heard: GroupListener): number => {
  if (at + 40 > end || buf[at] >> 4 !== 6) return EVERYBODY
  for (let i = 0; i < 4; i++) destination[i] = big32(buf, at + 24 + 4 * i)
  const last = Math.min(end, at + 40 + big16(buf, at + 4))
  const upper = upperLayer(buf, at, last)
  const message = upper >> 8
  if (upper >= 0 && (upper & 0xff) === PIM && isPimHello(buf, message, last)) heard.routed()
  if (upper >= 0 && (upper & 0xff) === ICMPV6 && buf[at + 7] === 1) {
    const found = readMld(buf, at, message, last, heard)
    if (found !== FOR_GROUP) return found
  }
  return isForAll(destination[0], destination[1], destination[2], destination[3]) ? EVERYBODY : FOR_GROUP
}

/** Scopes of this node and reserved ones, all nodes of the link, and addresses that neighbours are found by. */
const isForAll = (a: number, b: number, c: number, d: number): boolean => {
  if (a >>> 24 !== 0xff || (a >>> 16 & 15) < 2) return true
  return a === LINK_LOCAL && b === 0 && ((c === 0 && d === 1) || (c === 1 && d >>> 24 === 0xff))
}

const readMld = (buf: Uint8Array, ip: number, at: number, end: number, heard: GroupListener): number => {
  if (at + 8 > end || buf[at] < 130 || (buf[at] > 132 && buf[at] !== 143)) return FOR_GROUP
  if (checksum(buf, at, end - at, pseudoIpv6(buf, ip, ICMPV6, end - at)) !== 0) return EVERYBODY
  if (buf[at] === 143) return readMldRecords(buf, at, end, heard)
  if (at + 24 > end) return EVERYBODY
  const a = big32(buf, at + 8)
  const b = big32(buf, at + 12)
  const c = big32(buf, at + 16)
  const d = big32(buf, at + 20)
  if (buf[at] === 130) {
    readMldQuery(buf, ip, at, end, heard, a, b, c, d)
    return EVERYBODY
  }
  if (!isForAll(a, b, c, d)) {
    if (buf[at] === 131) heard.joined(a, b, c, d)
    else heard.left(a, b, c, d)
  }
  return FOR_ROUTERS
}

const readMldQuery = (
  buf: Uint8Array, ip: number, at: number, end: number, heard: GroupListener, a: number, b: number, c: number, d: number
): void => {
  const code = big16(buf, at + 4)
  const isTwo = end - at >= 28
  const response = (isTwo ? floating(code, 12) : code) / 1000
  const interval = isTwo && buf[at + 25] !== 0 ? floating(buf[at + 25], 4) : DEFAULT_INTERVAL_SEC
  const isProxy = (big32(buf, ip + 8) | big32(buf, ip + 12) | big32(buf, ip + 16) | big32(buf, ip + 20)) === 0
  heard.queried(isProxy, Math.ceil(response), interval, (a | b | c | d) !== 0, a, b, c, d)
}

const readMldRecords = (buf: Uint8Array, at: number, end: number, heard: GroupListener): number => {
  let record = at + 8
  for (let left = big16(buf, at + 6); left > 0 && record + 20 <= end; left--) {
    const sources = big16(buf, record + 2)
    const a = big32(buf, record + 4)
    const b = big32(buf, record + 8)
    const c = big32(buf, record + 12)
    const d = big32(buf, record + 16)
    if (!isForAll(a, b, c, d)) tell(buf[record], sources, heard, a, b, c, d)
    record += 20 + sources * 16 + buf[record + 1] * 4
  }
  return FOR_ROUTERS
}
