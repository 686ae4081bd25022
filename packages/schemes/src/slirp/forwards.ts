/**
 * Forwards of a slirp network, as text and as what they are:
 *
 *     tcp, udp   [HOST:]PORT:GUEST:PORT    a port of the host leads to one of a guest; an IPv6 address stands in brackets
 *     unix       [ADDRESS:]PORT:PATH       a port of the network leads to a socket file of the host
 *     cmd        [ADDRESS:]PORT:COMMAND    ... to a command, started for each connection
 */
import { isIPv4 } from 'node:net'
import { parseAddress } from '../internet/address.ts'

/** Kinds, by the words of the console. */
export const FORWARD_KINDS = ['tcp', 'udp', 'unix', 'cmd'] as const
/** One of them. */
export type ForwardKind = typeof FORWARD_KINDS[number]

/** A port of the host that leads to a guest. */
export interface HostForward {
  readonly kind: 'tcp' | 'udp'
  readonly host: string
  readonly port: number
  readonly guest: string
  readonly guestPort: number
}

/** A port of the network that leads to the host. `address` is 0.0.0.0 where none was given: the fourth of the network. */
export interface NetworkForward {
  readonly kind: 'unix' | 'cmd'
  readonly address: string
  readonly port: number
  readonly target: string
}

/** Any of them; plain JSON. */
export type Forward = HostForward | NetworkForward

/** Where forwards listen when nothing is said, as the original's do. */
export const ANY_ADDRESS = '0.0.0.0'

const MAX_PORT = 65535
const HOST_FORWARD = /^(?:(\d+\.\d+\.\d+\.\d+|\[[^\]]*\]):)?(\d{1,5}):(\d+\.\d+\.\d+\.\d+|\[[^\]]*\]):(\d{1,5})$/
const NETWORK_FORWARD = /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d{1,5}):(.+)$/s
const WANTED: Readonly<Record<ForwardKind, string>> = {
  tcp: '[HOST:]PORT:GUEST:PORT', udp: '[HOST:]PORT:GUEST:PORT', unix: '[ADDRESS:]PORT:PATH', cmd: '[ADDRESS:]PORT:COMMAND'
}

/** Reads one. @throws {SyntaxError} text that is none */
export const parseForward = (kind: ForwardKind, text: string): Forward => {
  const found = kind === 'tcp' || kind === 'udp' ? parseHostForward(kind, text) : parseNetworkForward(kind, text)
  if (found !== null) return found
  throw new SyntaxError(`Cannot read ${kind}fwd: found "${text}", want ${WANTED[kind]}`)
}

/** Reads a list parted by commas; empty items are passed over. @throws {SyntaxError} */
export const parseForwards = (kind: ForwardKind, text: string): Forward[] =>
  text.split(',').filter((item) => item !== '').map((item) => parseForward(kind, item))

const parseHostForward = (kind: 'tcp' | 'udp', text: string): HostForward | null => {
  const [, host = ANY_ADDRESS, port, guest = '', guestPort] = HOST_FORWARD.exec(text) ?? []
  const [from, to] = [parseAddress(host, 0), parseAddress(guest, 0)]
  if (from === null || to === null || from[0] !== to[0] || !isPort(port) || !isPort(guestPort)) return null
  return { kind, host: bare(host), port: Number(port), guest: bare(guest), guestPort: Number(guestPort) }
}

const parseNetworkForward = (kind: 'unix' | 'cmd', text: string): NetworkForward | null => {
  const [, address = ANY_ADDRESS, port, target = ''] = NETWORK_FORWARD.exec(text) ?? []
  return isIPv4(address) && isPort(port) ? { kind, address, port: Number(port), target } : null
}

const isPort = (text: string | undefined): boolean => Number(text) >= 1 && Number(text) <= MAX_PORT

const bare = (address: string): string => address.startsWith('[') ? address.slice(1, -1) : address

const bracketed = (address: string): string => address.includes(':') ? `[${address}]` : address

/** The text of one, as it is read. */
export const formatForward = (forward: Forward): string => {
  const { port } = forward
  if (!('guest' in forward)) return `${forward.address}:${port}:${forward.target}`
  return `${bracketed(forward.host)}:${port}:${bracketed(forward.guest)}:${forward.guestPort}`
}

/** The address where it begins. */
export const forwardAddress = (forward: Forward): string => 'host' in forward ? forward.host : forward.address

/** Where it begins, by which it is told apart: kind, address and port. */
export const forwardKey = (forward: Forward): string => `${forward.kind} ${bracketed(forwardAddress(forward))}:${forward.port}`
