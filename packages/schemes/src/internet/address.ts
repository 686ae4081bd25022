/**
 * Internet addresses as the kernel has them: ADDRESS_STRIDE octets each, see `internetSocket` of the addon. Two are the
 * same when their octets are, so that the data path compares {@link ADDRESS_WORDS} int32 and reads no field.
 *
 *     IPv4   | family 2 | port 2 | address 4 | 0 ...              |
 *     IPv6   | family 2 | port 2 | flow 4    | address 16 | scope | 0
 */
import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { isIP } from 'node:net'
import { ADDRESS_STRIDE, AF_INET, AF_INET6, native } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link'

/** int32 of an address, and from one to the next. */
export const ADDRESS_WORDS: number = ADDRESS_STRIDE / 4

/** 4 or 6. */
export type Family = 4 | 6

/** AF_INET or AF_INET6. */
export const kernelFamily = (family: Family): number => family === 4 ? AF_INET : AF_INET6

/** Octets of IP and UDP headers in front of what a datagram carries. */
export const headersOf = (family: Family): number => (family === 4 ? 20 : 40) + 8

/**
 * The address of a literal: `192.0.2.1`, `fd00::1`, `[fd00::1]`, `ff02::1%eth0`. Null for anything else.
 * @throws {VdeError} ENODEV a scope that is no interface
 */
export const parseAddress = (text: string, port: number): Uint8Array | null => {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  const [host = '', scope] = bare.split('%', 2)
  const family = isIP(host)
  if (family === 0 || (family === 4 && scope !== undefined)) return null
  const address = emptyAddress(family as Family, port)
  address.set(family === 4 ? host.split('.').map(Number) : ipv6Octets(host), family === 4 ? 4 : 8)
  if (scope !== undefined) new Uint32Array(address.buffer, 24, 1)[0] = scopeIndex(scope, text)
  return address
}

/** The address of nobody in particular: any. */
export const emptyAddress = (family: Family, port: number): Uint8Array => {
  const address = new Uint8Array(ADDRESS_STRIDE)
  new Uint16Array(address.buffer)[0] = kernelFamily(family)
  setPort(address, port)
  return address
}

const scopeIndex = (scope: string, text: string): number => {
  const index = /^\d+$/.test(scope) ? Number(scope) : native.interfaceIndex(scope)
  if (index > 0) return index
  throw new VdeError('ENODEV', `use the address "${text}"`, `there is no interface "${scope}"`)
}

/** Octets of an IPv6 literal that isIP accepts. */
const ipv6Octets = (host: string): number[] => {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host)
  const text = dotted === null
    ? host
    : `${dotted[1]}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}`
  const [head = '', tail] = text.split('::', 2)
  const front = groups(head)
  const back = groups(tail ?? '')
  return [...front, ...new Array<number>(16 - front.length - back.length).fill(0), ...back]
}

const pair = (a = '', b = ''): string => ((Number(a) << 8) | Number(b)).toString(16)

const groups = (text: string): number[] => text === ''
  ? []
  : text.split(':').flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff])

/** As people write it, without the port. */
export const formatAddress = (octets: Uint8Array, at: number = 0): string => {
  if (familyOf(octets, at) === 4) return octets.subarray(at + 4, at + 8).join('.')
  const words: string[] = []
  for (let i = at + 8; i < at + 24; i += 2) words.push(((octets[i]! << 8) | octets[i + 1]!).toString(16))
  const zeros = words.join(':').replace(/(^|:)0(?::0)+(?=:|$)/, '::').replace(/:{3,}/, '::')
  const scope = octets[at + 24]! | (octets[at + 25]! << 8)
  return zeros + (scope === 0 ? '' : `%${scope}`)
}

/** 4 or 6. */
export const familyOf = (octets: Uint8Array, at: number = 0): Family => octets[at] === AF_INET ? 4 : 6

export const portOf = (octets: Uint8Array, at: number = 0): number => (octets[at + 2]! << 8) | octets[at + 3]!

/** Exchanges the port of the address at `at`. */
export const setPort = (octets: Uint8Array, port: number, at: number = 0): void => {
  octets[at + 2] = port >> 8
  octets[at + 3] = port
}

/** 224.0.0.0/4 or ff00::/8. */
export const isMulticast = (octets: Uint8Array, at: number = 0): boolean =>
  familyOf(octets, at) === 4 ? octets[at + 4]! >> 4 === 14 : octets[at + 8] === 0xff

/**
 * The address of a literal or a name.
 * @param family 0: either, IPv4 first
 * @throws {VdeError} ENOENT nobody of that name (in that family), ENODEV
 */
export const resolveAddress = async (text: string, port: number, family: Family | 0, action: string): Promise<Uint8Array> => {
  const literal = parseAddress(text, port)
  if (literal !== null) {
    if (family === 0 || familyOf(literal) === family) return literal
    throw new VdeError('EINVAL', action, `"${text}" is no IPv${family} address`)
  }
  try {
    const found = await lookup(text, { family, verbatim: family !== 0 })
    return parseAddress(found.address, port)!
  } catch (cause) {
    throw new VdeError('ENOENT', action, `the name "${text}" has no address`, { cause })
  }
}

/** How long what the system said of its own addresses is believed, in ms. */
const LOCAL_MS = 1000

/** The addresses of this host, for telling its own datagrams from those of others with the same port. */
export class LocalAddresses {
  #known: Uint8Array[] = []
  #readMs = -Infinity

  /** Whether the address at `at` is one of ours. Asks the system at most once a second, and only when it seems not to be. */
  has (octets: Uint8Array, at: number): boolean {
    if (this.#find(octets, at)) return true
    const now = performance.now()
    if (now - this.#readMs < LOCAL_MS) return false
    this.#readMs = now
    this.#known = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
      .map(({ address }) => parseAddress(address.split('%')[0]!, 0)).filter((address) => address !== null)
    return this.#find(octets, at)
  }

  #find (octets: Uint8Array, at: number): boolean {
    const from = familyOf(octets, at) === 4 ? 4 : 8
    const to = from === 4 ? 8 : 24
    for (let i = 0; i < this.#known.length; i++) {
      const known = this.#known[i]!
      if (known[0] !== octets[at]) continue
      let same = from
      while (same < to && known[same] === octets[at + same]) same++
      if (same === to) return true
    }
    return false
  }
}
