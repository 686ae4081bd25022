/**
 * What a slirp network is like, read from the keys of its VNL: the C plugin's, and a few of ours. Plain JSON, since it goes
 * to the engine's process.
 *
 * The prefix of the host's address says where network and host part. Addresses that are not given keep the host bits they
 * have in 10.0.2.0: with 10.1.1.2/16 the name server is 10.1.2.3 and the first lease 10.1.2.15.
 */
import { resolve } from 'node:path'
import { isIPv4, isIPv6 } from 'node:net'
import { parseMode, parseNumber } from '@vde-ts/vnl'
import type { Parameter, Tail } from '../scheme.ts'
import { parseForwards, FORWARD_KINDS, type Forward } from './forwards.ts'

/** Everything about one network. */
export interface SlirpSettings {
  readonly isIpv4: boolean
  readonly isIpv6: boolean
  readonly network: string
  readonly mask: string
  readonly host: string
  /** First lease. */
  readonly dhcp: string
  readonly nameServer: string
  readonly prefix6: string
  readonly prefixLen6: number
  readonly host6: string
  readonly nameServer6: string
  readonly hostname: string
  readonly tftpServerName: string
  readonly tftpPath: string
  readonly bootFile: string
  readonly domainName: string
  readonly search: readonly string[]
  /** Octets; 0: the library's. */
  readonly mtu: number
  readonly mru: number
  readonly isRestricted: boolean
  readonly hasLoopback: boolean
  readonly hasDhcp: boolean
  readonly forwards: readonly Forward[]
  /** Socket of the console, an absolute path; empty: none. */
  readonly mgmt: string
  readonly mgmtMode: number
}

const text = (help: string, value: string, fallback: string = ''): Parameter => ({ help, value, fallback })
const flag = (help: string): Parameter => ({ help, value: '', fallback: '' })

/** The keys, the original's first: their order decides abbreviations. */
export const slirpParams: Readonly<Record<string, Parameter>> = {
  restricted: flag('the guest reaches nothing but this network'),
  v4: flag('IPv4; alone: no IPv6'),
  v6: flag('IPv6; alone: no IPv4'),
  host: text('address of the gateway, which stands for this host; the slash is written %2F', 'A/LEN', '10.0.2.2/24'),
  addr: text('the same', 'A/LEN'),
  host6: text('the same for IPv6', 'A/LEN', 'fd00::2/64'),
  addr6: text('the same', 'A/LEN'),
  hostname: text('name that DHCP gives to clients', 'NAME', 'slirp'),
  tftp_server_name: text('name of the boot server in DHCP', 'NAME'),
  tftp_path: text('directory that TFTP serves, read-only', 'DIR'),
  bootfile: text('boot file in DHCP', 'FILE'),
  dhcp: text('first address that DHCP gives away', 'A', 'host 15 of the network'),
  vnameserver: text('address of the name server, which asks those of this host', 'A', 'host 3 of the network'),
  vnameserver6: text('the same for IPv6', 'A', 'host 3 of the network'),
  vdnssearch: text('domains that clients look in', 'NAME,NAME'),
  vdomainname: text('domain of the clients', 'NAME'),
  mtu: text('octets of the longest packet to the guest, 0 for 1500', 'OCTETS', '0'),
  mru: text('the same from it', 'OCTETS', '0'),
  disable_host_loopback: flag('the gateway does not lead to 127.0.0.1 of this host'),
  tcpfwd: text('ports of this host that lead to guests', '[HOST:]PORT:GUEST:PORT,...'),
  udpfwd: text('the same for UDP', '[HOST:]PORT:GUEST:PORT,...'),
  unixfwd: text('ports of the network that lead to socket files of this host', '[A:]PORT:PATH,...'),
  cmdfwd: text('ports of the network that lead to commands, one for each connection', '[A:]PORT:COMMAND,...'),
  verbose: flag('says how it is configured'),
  engine: text('slirp, or passt', 'NAME', 'slirp'),
  mgmt: text('socket of its console', 'SOCKET'),
  mgmtmode: text('its permissions', 'MODE', '0700')
}

const DEFAULT_HOST = '10.0.2.2/24'
const DEFAULT_HOST6 = 'fd00::2/64'
const DEFAULT_DHCP = 0x0a00020f
const DEFAULT_NAME_SERVER = 0x0a000203
const MIN_MTU = 68
const MAX_MTU = 65521
const MAX_HOSTNAME = 32
const MAX_BOOT_FILE = 127
const MAX_PREFIX6 = 126

/** @throws {SyntaxError} a value that cannot be read, or does not go with the others */
export const readSettings = ({ params }: Pick<Tail, 'params'>): SlirpSettings => {
  const isBoth = params.has('v4') === params.has('v6')
  const word = (key: string, most: number = 255): string => readWord(params, key, most)
  const tftpPath = params.get('tftp_path') ?? ''
  const mgmt = params.get('mgmt') ?? ''
  return {
    isIpv4: isBoth || params.has('v4'),
    isIpv6: isBoth || params.has('v6'),
    ...readIpv4(params),
    ...readIpv6(params),
    hostname: params.has('hostname') ? word('hostname', MAX_HOSTNAME) : 'slirp',
    tftpServerName: word('tftp_server_name'),
    tftpPath: tftpPath === '' ? '' : resolve(tftpPath),
    bootFile: word('bootfile', MAX_BOOT_FILE),
    domainName: word('vdomainname'),
    search: word('vdnssearch', 1024).split(',').filter((name) => name !== ''),
    mtu: readMtu(params, 'mtu'),
    mru: readMtu(params, 'mru'),
    isRestricted: params.has('restricted'),
    hasLoopback: !params.has('disable_host_loopback'),
    hasDhcp: true,
    forwards: FORWARD_KINDS.flatMap((kind) => parseForwards(kind, params.get(`${kind}fwd`) ?? '')),
    mgmt: mgmt === '' ? '' : resolve(mgmt),
    mgmtMode: parseMode(params.get('mgmtmode') ?? '0700', 'mgmtmode')
  }
}

type Params = Tail['params']

const refuse = (key: string, found: string, wanted: string): never => {
  throw new SyntaxError(`Cannot read ${key}: found "${found}", want ${wanted}`)
}

const readWord = (params: Params, key: string, most: number): string => {
  const value = params.get(key) ?? ''
  return Buffer.byteLength(value) > most ? refuse(key, value, `at most ${most} octets`) : value
}

const readMtu = (params: Params, key: string): number => {
  const value = parseNumber(params.get(key) ?? '0', key, 0, MAX_MTU)
  return value > 0 && value < MIN_MTU ? refuse(key, String(value), `0 or a number in ${MIN_MTU}..${MAX_MTU}`) : value
}

type Ipv4Settings = Pick<SlirpSettings, 'network' | 'mask' | 'host' | 'dhcp' | 'nameServer'>

const readIpv4 = (params: Params): Ipv4Settings => {
  const key = params.has('addr') ? 'addr' : 'host'
  const [typed = '', length = '24'] = (params.get(key) ?? DEFAULT_HOST).split('/', 2)
  if (!isIPv4(typed)) refuse(key, typed, 'an IPv4 address')
  const bits = parseNumber(length, `prefix of ${key}`, 1, 30)
  const mask = (0xffffffff << (32 - bits)) >>> 0
  const network = (number(typed) & mask) >>> 0
  // The address of the network itself names only that.
  const host = number(typed) === network ? dotted(network | 2) : typed
  const inside = (address: number): string => dotted(network | (address & ~mask))
  const own = (name: string, fallback: number, isInside: boolean): string => {
    const value = params.get(name)
    if (value === undefined) return inside(fallback)
    const isGood = isIPv4(value) && (!isInside || ((number(value) & mask) >>> 0) === network)
    return isGood ? value : refuse(name, value, isInside ? `an address in ${dotted(network)}/${bits}` : 'an IPv4 address')
  }
  const nameServer = own('vnameserver', DEFAULT_NAME_SERVER, false)
  if (nameServer === host) refuse('vnameserver', nameServer, 'another address than the gateway has')
  return { network: dotted(network), mask: dotted(mask), host, dhcp: own('dhcp', DEFAULT_DHCP, true), nameServer }
}

const number = (address: string): number => address.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0)

const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.')

type Ipv6Settings = Pick<SlirpSettings, 'prefix6' | 'prefixLen6' | 'host6' | 'nameServer6'>

const readIpv6 = (params: Params): Ipv6Settings => {
  const key = params.has('addr6') ? 'addr6' : 'host6'
  const [host6 = '', length = '64'] = (params.get(key) ?? DEFAULT_HOST6).split('/', 2)
  if (!isIPv6(host6)) refuse(key, host6, 'an IPv6 address')
  const prefixLen6 = parseNumber(length, `prefix of ${key}`, 1, MAX_PREFIX6)
  const groups = new URL(`http://[${host6}]/`).hostname.slice(1, -1)
  const prefix6 = maskIpv6(groups, prefixLen6)
  const nameServer6 = params.get('vnameserver6') ?? prefix6.replace(/[0-9a-f]+$/, (last) => (parseInt(last, 16) | 3).toString(16))
  if (!isIPv6(nameServer6)) refuse('vnameserver6', nameServer6, 'an IPv6 address')
  return { prefix6, prefixLen6, host6, nameServer6 }
}

/** The address with the bits behind the prefix zero, in full. */
const maskIpv6 = (address: string, bits: number): string => {
  const [head = '', tail] = address.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = new Array<string>(8 - front.length - back.length).fill('0')
  return [...front, ...(tail === undefined ? [] : middle), ...back].map((group, i) => {
    const kept = Math.min(16, Math.max(0, bits - 16 * i))
    return (parseInt(group, 16) & (0xffff << (16 - kept)) & 0xffff).toString(16)
  }).join(':')
}
