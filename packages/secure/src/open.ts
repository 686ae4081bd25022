/** Opens both ends of the cable. */
import { randomInt } from 'node:crypto'
import type { FrameSink, Link } from '@vde-ts/link'
import { emptyAddress, familyOf, headersOf, resolveAddress, type Family } from '@vde-ts/schemes/internet/address.js'
import { pathMtu, udpSocket } from '@vde-ts/schemes/internet/udp-socket.js'
import type { OpenContext, Tail } from '@vde-ts/schemes/scheme.js'
import { Cable, localName } from './cable.ts'
import { readCredentials } from './credentials.ts'
import { readCable } from './options.ts'
import { DATA_HEADER, TAG } from './wire.ts'

const SOCKET = { gro: true, sendOctets: 4 * 1024 * 1024, receiveOctets: 4 * 1024 * 1024 }
const ETHERNET_MTU = 1500
const ETHERNET_HEADER = 14
const LEAST_MTU = 1280

/** secure:// @throws {VdeError} EINVAL, ENOENT, EACCES, EPERM keys and host, EMFILE */
export const openInitiator = async (tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link> => {
  const { host, port, keys, action } = readCable('secure', tail)
  const credentials = readCredentials(keys, action)
  const peer = await resolveAddress(host, port, 0, action)
  const family = familyOf(peer)
  const lookUp = async (): Promise<Uint8Array> => await resolveAddress(host, port, family, action)
  const fd = udpSocket(emptyAddress(family, 0), action, SOCKET)
  const mtu = mtuOf(family, pathMtu(peer, ''))
  return new Cable(fd, { label: `secure://${tail.path}`, credentials, peer, lookUp, mtu, ...common(context) }, sink, context.loop)
}

/** secure-listen:// @throws {VdeError} as {@link openInitiator}, and EADDRINUSE, EADDRNOTAVAIL, EACCES */
export const openListener = async (tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link> => {
  const { host, port, keys, action } = readCable('secure-listen', tail)
  const credentials = readCredentials(keys, action)
  const own = await resolveAddress(host === '' ? '0.0.0.0' : host, port, 0, action)
  const fd = udpSocket(own, action, SOCKET)
  const mtu = mtuOf(familyOf(own), ETHERNET_MTU)
  return new Cable(fd, { label: `secure-listen://${localName(fd)}`, credentials, peer: null, lookUp: null, mtu, ...common(context) }, sink, context.loop)
}

const mtuOf = (family: Family, path: number): number =>
  Math.max(LEAST_MTU, path - headersOf(family) - DATA_HEADER - TAG - ETHERNET_HEADER)

const common = ({ log }: OpenContext): { readonly seed: number, log (line: string): void } =>
  ({ seed: randomInt(2 ** 31), log: (line) => { log(line) } })
