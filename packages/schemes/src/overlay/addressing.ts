/**
 * Who is on an overlay, as its VNL says it: the forms that vxlan and geneve share.
 *
 *     vxlan://239.0.0.1            a multicast group, heard and flooded
 *     vxlan:///remote=A,B,C        hosts, each of which gets what is flooded (head-end replication)
 *     vxlan:///fdb=MAC@A,MAC@B     stations that are known; the MAC 00:00:00:00:00:00 is another word for remote
 *
 * With hosts or known stations no group is used unless one is named. All addresses are of one family.
 */
import { randomInt } from 'node:crypto'
import { VdeError } from '@vde-ts/link'
import { parseMac } from '@vde-ts/frame/mac.js'
import { parseNumber, parseSize } from '@vde-ts/vnl'
import { familyOf, formatAddress, isMulticast, parseAddress, resolveAddress, type Family } from '../internet/address.ts'
import { MAX_TARGETS } from '../internet/datagram-sender.ts'
import { interfaceIndex } from '../internet/udp-socket.ts'
import type { Parameter, Tail } from '../scheme.ts'

const MAX_PORT = 65535
const MAX_TTL = 255
const MAX_STATIONS = 2 ** 20
const MAX_SEC = 2 ** 30
const DEFAULT_EXPIRE_SEC = 128
const DEFAULT_STATIONS = 65536

/** Keys that every overlay has, in the order that decides abbreviations. */
export const sharedParams: Readonly<Record<string, Parameter>> = {
  rcvbuf: { help: 'octets of the receive queue, with K, M, G', value: 'SIZE', fallback: '4M' },
  v6: { help: 'IPv6: names are looked up as such, and the default group is ff05:56de::1', value: '', fallback: '' },
  v4: { help: 'IPv4', value: '', fallback: '' },
  hashsize: { help: 'stations remembered', value: 'N', fallback: String(DEFAULT_STATIONS) },
  expiretime: { help: 'seconds a station is remembered', value: 'SECONDS', fallback: String(DEFAULT_EXPIRE_SEC) },
  if: { help: 'interface that multicasts leave and arrive by', value: 'NAME', fallback: 'as routed' }
}

/** Keys of head-end replication and known stations. */
export const listParams: Readonly<Record<string, Parameter>> = {
  remote: { help: 'hosts that get broadcasts and frames to unknown stations, in place of a group', value: 'HOST,HOST', fallback: '' },
  fdb: { help: 'stations and the host each is behind', value: 'MAC@HOST,...', fallback: '' }
}

/** Default groups of both families. */
export const GROUPS: Readonly<Record<Family, string>> = { 4: '239.0.0.1', 6: 'ff05:56de::1' }

/** A station that is known. */
export interface KnownStation { readonly mac: Uint8Array, readonly address: Uint8Array }

/** The same as it was typed. */
export interface KnownHost { readonly mac: Uint8Array, readonly host: string }

/** Who is there. */
export interface Members {
  readonly family: Family
  readonly group: Uint8Array | null
  readonly remotes: readonly Uint8Array[]
  readonly known: readonly KnownStation[]
}

/** Values of {@link sharedParams}. */
export interface SharedValues {
  readonly receiveOctets: number
  /** As asked for; 0: either. */
  readonly family: Family | 0
  readonly stations: { readonly seed: number, readonly capacity: number, readonly expireSec: number }
  readonly interfaceName: string
  readonly interfaceIndex: number
}

/** @throws {SyntaxError} @throws {VdeError} ENODEV no such interface, EINVAL v4 and v6 */
export const readShared = (tail: Tail, action: string): SharedValues => {
  const name = tail.params.get('if') ?? ''
  return { ...readNumbers(tail, action), interfaceName: name, interfaceIndex: name === '' ? 0 : interfaceIndex(name, action) }
}

/** All of {@link readShared} that can be told without a look at this host. @throws {SyntaxError} @throws {VdeError} EINVAL */
export const readNumbers = (tail: Tail, action: string): Omit<SharedValues, 'interfaceName' | 'interfaceIndex'> => {
  const { params } = tail
  if (params.has('v4') && params.has('v6')) throw new VdeError('EINVAL', action, 'found v4 and v6, want one of them')
  return {
    receiveOctets: parseSize(params.get('rcvbuf') ?? '4M', 'rcvbuf'),
    family: params.has('v6') ? 6 : params.has('v4') ? 4 : 0,
    stations: {
      seed: randomInt(2 ** 31),
      capacity: numberOf(tail, 'hashsize', DEFAULT_STATIONS, 1, MAX_STATIONS),
      // As in the original: zero and less mean the default.
      expireSec: Math.max(numberOf(tail, 'expiretime', DEFAULT_EXPIRE_SEC, -MAX_SEC, MAX_SEC), 0) || DEFAULT_EXPIRE_SEC
    }
  }
}

/** The number `key`, or `fallback`. @throws {SyntaxError} */
export const numberOf = (tail: Tail, key: string, fallback: number, least: number, most: number): number => {
  const text = tail.params.get(key)
  return text === undefined ? fallback : parseNumber(text, key, least, most)
}

/** The UDP port `port`. */
export const portParam = (tail: Tail, fallback: number): number => numberOf(tail, 'port', fallback, 1, MAX_PORT)

/** Hops, `ttl`. */
export const ttlParam = (tail: Tail): number => numberOf(tail, 'ttl', 1, 1, MAX_TTL)

/**
 * Looks everybody up.
 * @throws {VdeError} ENETUNREACH the address is no group, ENOENT a name that nobody has, EINVAL what cannot be together
 */
export const readMembers = async (tail: Tail, port: number, asked: Family | 0, action: string): Promise<Members> => {
  const remoteTexts = listOf(tail.params.get('remote'))
  const stationTexts = stationsOf(tail)
  const hasList = remoteTexts.length > 0 || stationTexts.length > 0
  const family = asked !== 0 ? asked : familyOfTexts([tail.path, ...remoteTexts, ...stationTexts.map(({ host }) => host)])
  const groupText = tail.path !== '' ? tail.path : hasList ? '' : GROUPS[family || 4]
  const group = groupText === '' ? null : await groupOf(groupText, port, family, action)
  const remotes: Uint8Array[] = []
  const known: KnownStation[] = []
  for (const text of remoteTexts) remotes.push(await hostOf(text, port, family, action))
  for (const { mac, host } of stationTexts) {
    const address = await hostOf(host, port, family, action)
    if (mac.every((octet) => octet === 0)) remotes.push(address)
    else known.push({ mac, address })
  }
  const all = [...(group === null ? [] : [group]), ...remotes, ...known.map(({ address }) => address)]
  if (all.some((address) => familyOf(address) !== familyOf(all[0]!))) {
    throw new VdeError('EINVAL', action, 'found IPv4 and IPv6 addresses, want one family')
  }
  if (remotes.length + 1 > MAX_TARGETS) {
    throw new VdeError('EINVAL', action, `found ${remotes.length} remotes, at most ${MAX_TARGETS - 1} are possible`)
  }
  return { family: familyOf(all[0]!), group, remotes, known }
}

const listOf = (text: string | undefined): string[] => (text ?? '').split(',').map((item) => item.trim()).filter((item) => item !== '')

/** The family of the first literal. */
const familyOfTexts = (texts: readonly string[]): Family | 0 => {
  for (const text of texts) {
    const literal = parseAddress(text, 0)
    if (literal !== null) return familyOf(literal)
  }
  return 0
}

/** The stations of `fdb`, their hosts not looked up. @throws {SyntaxError} */
export const stationsOf = ({ params }: Tail): KnownHost[] => listOf(params.get('fdb')).map((text) => stationOf(text))

const stationOf = (text: string): KnownHost => {
  const at = text.indexOf('@')
  const mac = parseMac(text.slice(0, Math.max(at, 0)))
  if (mac !== null && (mac[0]! & 1) === 0 && at + 1 < text.length) return { mac, host: text.slice(at + 1) }
  throw new SyntaxError(`Cannot read fdb: found "${text}", want MAC@HOST with the address of one station`)
}

const groupOf = async (text: string, port: number, family: Family | 0, action: string): Promise<Uint8Array> => {
  const group = await resolveAddress(text, port, family, action)
  if (isMulticast(group)) return group
  throw new VdeError('ENETUNREACH', action,
    `${formatAddress(group)} is no multicast group, want one, or remote=${formatAddress(group)}`)
}

const hostOf = async (text: string, port: number, family: Family | 0, action: string): Promise<Uint8Array> => {
  const host = await resolveAddress(text, port, family, action)
  if (!isMulticast(host)) return host
  throw new VdeError('EINVAL', action, `${formatAddress(host)} is a multicast group, a host is wanted`)
}
