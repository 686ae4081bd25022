/**
 * udp://[[SRC:]SPORT]->HOST:PORT - a frame a datagram, with nothing around it, between two hosts:
 *
 *     host a   vde_plug vde:///tmp/sw 'udp://2000->hostb:3000'
 *     host b   vde_plug vde:///tmp/sw 'udp://3000->hosta:2000'
 *
 * The socket is connected from the start: only the peer is heard. Frames of one size that follow each other leave as one
 * message, which the kernel cuts (UDP_SEGMENT), and may arrive as one (UDP_GRO); on the wire nothing of it is seen. Nobody
 * on the way is kept from reading or forging frames.
 */
import { randomInt } from 'node:crypto'
import { ADDRESS, native } from '@vde-ts/native'
import { VdeError, systemError, type FrameSink, type Link } from '@vde-ts/link'
import { emptyAddress, familyOf, headersOf, resolveAddress } from './internet/address.ts'
import { DatagramSender } from './internet/datagram-sender.ts'
import { parseHostPort, type HostPort } from './internet/host-port.ts'
import { SocketSource } from './internet/socket-source.ts'
import { boundPort, pathMtu, udpSocket } from './internet/udp-socket.ts'
import type { Encapsulation } from './overlay/encapsulation.ts'
import { OverlayLink, floodOf } from './overlay/overlay-link.ts'
import type { OpenContext, Scheme } from './scheme.ts'

const SOCKET_OCTETS = 4 * 1024 * 1024
const ETHERNET_HEADER = 14
const LEAST_MTU = 68

const bare: Encapsulation = { header: 0, write () {}, read: () => 0 }

/** See above. */
export const udpScheme: Scheme = {
  name: 'udp',
  summary: 'frames as UDP datagrams between two hosts',
  form: '[[SRC:]SPORT]->HOST:PORT',
  overhead: '42 octets over IPv4, 62 over IPv6 (14 Ethernet, 8 UDP, 20 or 40 IP): MTU 1458 or 1438 on an Ethernet of 1500',
  style: 'raw',
  params: {},
  check ({ path }) { ends(path, `open udp://${path}`) },
  open: async ({ path }, sink, context) => {
    const action = `open udp://${path}`
    const { from, to } = ends(path, action)
    const { fd, peer } = await connected(from, to, action)
    return linkOf(fd, peer, path, sink, context)
  }
}

/** @throws {VdeError} EINVAL */
const ends = (path: string, action: string): { readonly from: HostPort, readonly to: HostPort } => {
  const arrow = path.indexOf('->')
  if (arrow < 0) throw new VdeError('EINVAL', action, 'no "->", [[SRC:]SPORT]->HOST:PORT is wanted, in quotes for the shell')
  const source = path.slice(0, arrow)
  const to = parseHostPort(path.slice(arrow + 2), action)
  if (to.host === '') throw new VdeError('EINVAL', action, 'no host behind "->", HOST:PORT is wanted')
  return { from: source === '' ? { host: '', port: 0 } : parseHostPort(source, action, 0), to }
}

interface Connected { readonly fd: number, readonly peer: Uint8Array }

/** @throws {VdeError} ECONNABORTED for all that resolving and binding can fail with, as the original has it */
const connected = async (from: HostPort, to: HostPort, action: string): Promise<Connected> => {
  let fd = -1
  try {
    const peer = await resolveAddress(to.host, to.port, 0, action)
    const family = familyOf(peer)
    const own = from.host === '' ? emptyAddress(family, from.port) : await resolveAddress(from.host, from.port, family, action)
    fd = udpSocket(own, action, { gro: true, sendOctets: SOCKET_OCTETS, receiveOctets: SOCKET_OCTETS })
    const result = native.connectInternet(fd, peer, 0, ADDRESS)
    if (result < 0) throw new VdeError('ECONNABORTED', action, native.strerror(-result))
    return { fd, peer }
  } catch (error) {
    if (fd >= 0) native.close(fd)
    if (!(error instanceof VdeError)) throw error
    throw new VdeError('ECONNABORTED', action, error.message.replace(`Cannot ${action}: `, ''), { cause: error })
  }
}

const linkOf = (fd: number, peer: Uint8Array, path: string, sink: FrameSink, context: OpenContext): Link => {
  // Watched apart for what it receives and for room to send.
  const lane = native.duplicate(fd, 0)
  if (lane < 0) {
    native.close(fd)
    throw systemError(lane, `open udp://${path}`)
  }
  const link: OverlayLink = new OverlayLink({
    label: `udp://${path}`,
    codec: bare,
    stations: null,
    flood: floodOf([peer]),
    sender: new DatagramSender([lane], context.loop, () => { link.onRoom() }),
    ports: [boundPort(fd)],
    hostWord: 0,
    mtu: Math.max(LEAST_MTU, pathMtu(peer, '') - headersOf(familyOf(peer)) - ETHERNET_HEADER),
    seed: randomInt(2 ** 31),
    release: () => { native.close(lane) },
    log: context.log
  }, sink, context.loop)
  link.start([new SocketSource(fd, context.loop, link)])
  return link
}
