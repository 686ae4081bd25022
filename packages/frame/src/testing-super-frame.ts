/** Super-frames for tests: made from what they hold, octet by octet, slowly. Not part of the product. */
import { hex } from './testing.ts'

/** What a super-frame is made of. What is absent is usual. */
export interface SuperFrameSpec {
  readonly version: 4 | 6
  /** TCP when absent. */
  readonly protocol?: 'tcp' | 'udp'
  readonly payload: Uint8Array
  /** Octets of payload of each segment; 0 or absent: no segmentation, the checksum alone is to do. */
  readonly gsoSize?: number
  /** Tags in front, each type and TCI in hex. */
  readonly tags?: readonly string[]
  readonly dst?: string
  readonly src?: string
  readonly id?: number
  /** IPv4 options, TCP options: hex, multiples of four octets. */
  readonly ipOptions?: string
  readonly tcpOptions?: string
  /** IPv6: extension headers in order, type and octets. The first octet of each is set here. */
  readonly extensions?: ReadonlyArray<readonly [type: number, octets: string]>
  readonly seq?: number
  /** TCP flags; ACK when absent. */
  readonly flags?: number
  readonly ports?: readonly [source: number, destination: number]
  /** ECN in the offload header. */
  readonly isEcn?: boolean
  /** False: the offload header does not ask for the checksum. */
  readonly needsCsum?: boolean
}

const be16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff]
const be32 = (value: number): number[] => [...be16(value >>> 16), ...be16(value)]
const le16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff]

/** One's complement sum of big-endian words, in the plainest way. */
export const slowSum = (octets: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < octets.length; i++) {
    sum += i % 2 === 0 ? octets[i] * 256 : octets[i]
    if (sum > 0xffff) sum -= 0xffff
  }
  return sum
}

const V4_SOURCE = '0a00 0001'
const V4_TARGET = '0a00 0002'
const V6_SOURCE = 'fd00 0000 0000 0000 0000 0000 0000 0001'
const V6_TARGET = 'fd00 0000 0000 0000 0000 0000 0000 0002'

/** The frame, with the 12 octets of its offload header in front. */
export const superFrame = (spec: SuperFrameSpec): Uint8Array => {
  const ethernet = [...hex((spec.dst ?? '020000000002') + (spec.src ?? '020000000001')), ...hex((spec.tags ?? []).join('')),
    ...(spec.version === 4 ? [0x08, 0x00] : [0x86, 0xdd])]
  const transport = transportHeader(spec)
  const total = transport.length + spec.payload.length
  const network = spec.version === 4 ? ipv4(spec, total) : ipv6(spec, total)
  const check = protocolOf(spec) === 6 ? 16 : 6
  const pseudo = slowSum([...addresses(spec), ...be32(total), ...be32(protocolOf(spec))])
  transport.splice(check, 2, ...be16(spec.needsCsum === false ? 0 : pseudo))
  const headers = ethernet.length + network.length + transport.length
  const start = ethernet.length + network.length
  const offload = [
    spec.needsCsum === false ? 0 : 1, gsoTypeOf(spec), ...le16((spec.gsoSize ?? 0) > 0 ? headers : 0), ...le16(spec.gsoSize ?? 0),
    ...le16(start), ...le16(check), 0xee, 0xee // undefined
  ]
  return Uint8Array.from([...offload, ...ethernet, ...network, ...transport, ...spec.payload])
}

const protocolOf = (spec: SuperFrameSpec): number => spec.protocol === 'udp' ? 17 : 6

const gsoTypeOf = (spec: SuperFrameSpec): number => {
  if ((spec.gsoSize ?? 0) === 0) return 0
  if (spec.protocol === 'udp') return 5
  return (spec.version === 4 ? 1 : 4) | (spec.isEcn === true ? 0x80 : 0)
}

const addresses = (spec: SuperFrameSpec): Uint8Array =>
  spec.version === 4 ? hex(V4_SOURCE + V4_TARGET) : hex(V6_SOURCE + V6_TARGET)

const transportHeader = (spec: SuperFrameSpec): number[] => {
  const [source, destination] = spec.ports ?? [40000, 5001]
  const ports = [...be16(source), ...be16(destination)]
  if (spec.protocol === 'udp') return [...ports, ...be16(8 + spec.payload.length), 0, 0]
  const options = hex(spec.tcpOptions ?? '')
  return [
    ...ports, ...be32(spec.seq ?? 1000), ...be32(77), (20 + options.length) * 4, spec.flags ?? 0x10, ...be16(502), 0, 0, 0, 0,
    ...options
  ]
}

const ipv4 = (spec: SuperFrameSpec, total: number): number[] => {
  const options = hex(spec.ipOptions ?? '')
  const words = 5 + options.length / 4
  const header = [
    0x40 | words, 0, ...be16(words * 4 + total), ...be16(spec.id ?? 0x1234), 0x40, 0, 64, protocolOf(spec), 0, 0,
    ...addresses(spec), ...options
  ]
  header.splice(10, 2, ...be16(~slowSum(header) & 0xffff))
  return header
}

const ipv6 = (spec: SuperFrameSpec, total: number): number[] => {
  const list = spec.extensions ?? []
  const extensions = list.map(([, octets], i) => [list[i + 1]?.[0] ?? protocolOf(spec), ...hex(octets).subarray(1)])
  const behind = extensions.flat()
  return [
    0x60, 0, 0, 0, ...be16(behind.length + total), list[0]?.[0] ?? protocolOf(spec), 64, ...addresses(spec), ...behind
  ]
}
