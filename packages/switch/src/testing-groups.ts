/** Frames of multicast, made by hand: what hosts and routers say, and data. Hex, as `give` takes it. */
import { checksum, fold, sumOctets } from '@vde-ts/frame/checksum.js'

const hexOf = (octets: ArrayLike<number>): string => Buffer.from(Uint8Array.from(octets)).toString('hex')
const half = (value: number): number[] => [value >> 8, value & 255]
const SENDER = '020000000001'

/** An IPv4 packet in a frame to the group; `hops` is 1 for messages. */
const ipv4 = (source: number[], to: number[], protocol: number, payload: number[], hops: number): string => {
  const length = half(24 + payload.length)
  const header = [0x46, 0, ...length, 0, 0, 0, 0, hops, protocol, 0, 0, ...source, ...to, 0x94, 4, 0, 0] // with the router alert
  const check = checksum(Uint8Array.from(header), 0, header.length)
  const packet = [...header.slice(0, 10), ...half(check), ...header.slice(12), ...payload]
  return hexOf([1, 0, 0x5e, to[1]! & 127, to[2]!, to[3]!]) + SENDER + '0800' + hexOf(packet)
}

const octetsOf = (address: string): number[] => address.split('.').map(Number)

const summed = (message: number[]): number[] => {
  const check = checksum(Uint8Array.from(message), 0, message.length)
  return [...message.slice(0, 2), ...half(check), ...message.slice(4)]
}

const igmp = (to: string, message: number[], from = '10.0.0.1'): string => ipv4(octetsOf(from), octetsOf(to), 2, summed(message), 1)

/** IGMP messages by what they say. */
export const IGMP = {
  query: (group = '0.0.0.0', from = '10.0.0.9', tenths = 100): string =>
    igmp(group === '0.0.0.0' ? '224.0.0.1' : group, [0x11, tenths, 0, 0, ...octetsOf(group)], from),
  query3: (code: number, interval: number): string => igmp('224.0.0.1', [0x11, code, 0, 0, 0, 0, 0, 0, 2, interval, 0, 0], '10.0.0.9'),
  report1: (group: string): string => igmp(group, [0x12, 0, 0, 0, ...octetsOf(group)]),
  report2: (group: string): string => igmp(group, [0x16, 0, 0, 0, ...octetsOf(group)]),
  unknown: (): string => igmp('239.1.2.3', [0x1f, 0, 0, 0, 239, 1, 2, 3]),
  leave: (group: string): string => igmp('224.0.0.2', [0x17, 0, 0, 0, ...octetsOf(group)]),
  /** Each record is a type, a group and how many sources. */
  report3: (...records: ReadonlyArray<readonly [type: number, group: string, sources: number]>): string => {
    const body = records.flatMap(([type, group, sources]) =>
      [type, 0, ...half(sources), ...octetsOf(group), ...new Array<number>(sources * 4).fill(9)])
    return igmp('224.0.0.22', [0x22, 0, 0, 0, 0, 0, ...half(records.length), ...body])
  }
}

/** A datagram to an IPv4 group. */
export const data4 = (group: string): string => ipv4([10, 0, 0, 1], octetsOf(group), 17, new Array<number>(40).fill(0), 5)

/** A PIM hello. */
export const pimHello = (): string => ipv4([10, 0, 0, 8], [224, 0, 0, 13], 103, [0x20, 0, 0, 0, 0, 1, 0, 2, 0, 105], 1)

/** Sixteen octets of an address whose groups are all written out or begin with `ff..::` and one group. */
const octets6 = (address: string): number[] => {
  const [head = '', tail = ''] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  return [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right].flatMap((one) => half(parseInt(one, 16)))
}

const ipv6 = (to: string, next: number, payload: number[], hops: number): string => {
  const target = octets6(to)
  const packet = [0x60, 0, 0, 0, ...half(payload.length), next, hops, ...octets6('fe80::1'), ...target, ...payload]
  return hexOf([0x33, 0x33, ...target.slice(12)]) + SENDER + '86dd' + hexOf(packet)
}

const mld = (to: string, message: number[]): string => {
  const pseudo = Uint8Array.from([...octets6('fe80::1'), ...octets6(to), 0, 0, ...half(message.length), 0, 0, 0, 58])
  const check = checksum(Uint8Array.from(message), 0, message.length, fold(sumOctets(pseudo, 0, pseudo.length)))
  // Behind a hop-by-hop header with the router alert.
  return ipv6(to, 0, [58, 0, 5, 2, 0, 0, 1, 0, ...message.slice(0, 2), ...half(check), ...message.slice(4)], 1)
}

/** MLD messages by what they say. */
export const MLD = {
  query: (group = '::', ms = 10_000): string =>
    mld(group === '::' ? 'ff02::1' : group, [130, 0, 0, 0, ...half(ms), 0, 0, ...octets6(group)]),
  report: (group: string): string => mld(group, [131, 0, 0, 0, 0, 0, 0, 0, ...octets6(group)]),
  done: (group: string): string => mld('ff02::2', [132, 0, 0, 0, 0, 0, 0, 0, ...octets6(group)]),
  report2: (type: number, group: string, sources: number): string =>
    mld('ff02::16', [143, 0, 0, 0, 0, 0, 0, 1, type, 0, ...half(sources), ...octets6(group), ...new Array<number>(sources * 16).fill(9)])
}

/** A datagram to an IPv6 group. */
export const data6 = (group: string): string => ipv6(group, 17, new Array<number>(40).fill(0), 5)
