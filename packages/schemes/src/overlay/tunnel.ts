/** Opening a link over one well-known UDP port: what vxlan and geneve do alike. */
import { randomInt } from 'node:crypto'
import { native } from '@vde-ts/native'
import { VdeError, type FrameSink, type Link } from '@vde-ts/link'
import { MAX_VNI } from '@vde-ts/frame/vxlan.js'
import { emptyAddress, formatAddress, type Family } from '../internet/address.ts'
import type { NetworkOf } from '../internet/port-owner.ts'
import { PortSeat } from '../internet/port-seat.ts'
import { joinGroup, udpSocket } from '../internet/udp-socket.ts'
import type { OpenContext, Parameter, Tail } from '../scheme.ts'
import {
  listParams, numberOf, portParam, readMembers, readNumbers, readShared, sharedParams, stationsOf, ttlParam
} from './addressing.ts'
import type { Encapsulation } from './encapsulation.ts'
import { innerMtu } from './inner-mtu.ts'
import { OverlayLink, floodOf, type Peers } from './overlay-link.ts'
import { Stations } from './stations.ts'
import { TunnelSockets } from './tunnel-sockets.ts'

/** What is special about a protocol. */
export interface TunnelProtocol {
  /** Name of the scheme, and of the kernel's kind of device. */
  readonly name: string
  /** UDP port of every host unless a VNL says otherwise. */
  readonly port: number
  readonly networkOf: NetworkOf
  /** The header of one network. */
  readonly codec: (network: number) => Encapsulation
}

/** Keys of its scheme, in the order that decides abbreviations. */
export const tunnelParams = (port: number): Readonly<Record<string, Parameter>> => ({
  port: { help: 'UDP port of every host', value: 'N', fallback: String(port) },
  vni: { help: 'number of the network', value: 'N', fallback: '1' },
  ttl: { help: 'hops a multicast lives', value: 'N', fallback: '1' },
  ...sharedParams,
  ...listParams
})

/** What each puts around a frame. */
export const tunnelOverhead = (name: string): string =>
  `50 octets over IPv4, 70 over IPv6 (14 Ethernet, 8 ${name}, 8 UDP, 20 or 40 IP): MTU 1450 or 1430 on an Ethernet of 1500`

/** Reads the values of a VNL of the protocol. @throws {SyntaxError} @throws {VdeError} EINVAL */
export const checkTunnel = (protocol: TunnelProtocol, tail: Tail): void => {
  portParam(tail, protocol.port)
  networkOf(tail)
  ttlParam(tail)
  readNumbers(tail, `open ${protocol.name}://${tail.path}`)
  stationsOf(tail)
}

const networkOf = (tail: Tail): number => numberOf(tail, 'vni', 1, 0, MAX_VNI)

/** Opens a VNL of the protocol. @throws {VdeError} as {@link openOn} @throws {SyntaxError} a value that cannot be read */
export const openTunnel = async (protocol: TunnelProtocol, tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link> => {
  const action = `open ${protocol.name}://${tail.path}`
  const port = portParam(tail, protocol.port)
  const network = networkOf(tail)
  const { receiveOctets, interfaceName, interfaceIndex, ...shared } = readShared(tail, action)
  const { family, group, remotes, known } = await readMembers(tail, port, shared.family, action)
  const stations = new Stations(shared.stations)
  for (const { mac, address } of known) {
    if (!stations.pin(mac, new Int32Array(address.buffer))) throw new VdeError('ENOSPC', action, 'fdb names too many stations')
  }
  const targets = [...(group === null ? [] : [group]), ...remotes]
  const sockets = new TunnelSockets({ family, address: null, ttl: ttlParam(tail), interfaceIndex }, action, context.loop)
  return await openOn(protocol, sockets, {
    label: `${protocol.name}://${group === null ? '' : formatAddress(group)}`,
    family,
    port,
    network,
    group,
    interfaceIndex,
    receiveOctets,
    peers: { stations, flood: floodOf(targets) },
    mtu: innerMtu([...targets, ...known.map(({ address }) => address)], protocol.codec(network), group === null ? '' : interfaceName),
    action
  }, sink, context)
}

/** A tunnel as data. */
export interface TunnelOptions {
  readonly label: string
  readonly family: Family
  /** UDP port of every host. */
  readonly port: number
  readonly network: number
  /** Multicast group that is heard, null: none. It is one of the peers too, where frames are flooded to it. */
  readonly group: Uint8Array | null
  /** Interface that the group is heard at; 0: as routed. */
  readonly interfaceIndex: number
  readonly receiveOctets: number
  readonly peers: Peers
  /** MTU of an interface on it. */
  readonly mtu: number
  readonly action: string
}

/** What a tunnel needs of its surroundings. */
export type TunnelContext = Pick<OpenContext, 'loop' | 'log'>

/**
 * Opens a tunnel that sends by `sockets`, which it leaves when it is closed, and when it cannot be opened.
 * @throws {VdeError} ENETUNREACH the port is taken, ENODEV, EACCES, EMFILE; nothing is left open then
 */
export const openOn = async (
  protocol: TunnelProtocol, sockets: TunnelSockets, options: TunnelOptions, sink: FrameSink, context: TunnelContext
): Promise<OverlayLink> => {
  const membership = memberOf(options, sockets)
  const link: OverlayLink = new OverlayLink({
    label: options.label,
    codec: protocol.codec(options.network),
    ...options.peers,
    sender: sockets.sender,
    sharesSender: true,
    ports: sockets.ports,
    hostWord: new Int32Array(emptyAddress(options.family, options.port).buffer)[0]!,
    mtu: options.mtu,
    seed: randomInt(2 ** 31),
    release: () => {
      if (membership >= 0) native.close(membership)
      sockets.leave(link)
    },
    log: context.log
  }, sink, context.loop)
  sockets.enter(link)
  return await seated(link, protocol, options, context)
}

/** A socket that does nothing but be in the group, for the port's owner hears every group that this host is in. */
const memberOf = ({ group, family, interfaceIndex, action }: TunnelOptions, sockets: TunnelSockets): number => {
  if (group === null) return -1
  let fd = -1
  try {
    fd = udpSocket(emptyAddress(family, 0), action)
    joinGroup(fd, group, interfaceIndex, action)
    return fd
  } catch (error) {
    if (fd >= 0) native.close(fd)
    sockets.leave(null)
    throw error
  }
}

const seated = async (
  link: OverlayLink, { name, networkOf }: TunnelProtocol, options: TunnelOptions, context: TunnelContext
): Promise<OverlayLink> => {
  const { family, port, network, action, receiveOctets } = options
  const key = { protocol: name, family, port }
  const seat = new PortSeat({ key, network, networkOf, receiveOctets, action, loop: context.loop, log: context.log }, link)
  try {
    await seat.take()
  } catch (error) {
    seat.close()
    link.close()
    throw error
  }
  link.start([seat])
  return link
}
