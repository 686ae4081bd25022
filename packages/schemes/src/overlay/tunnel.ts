/** Opening a link over one well-known UDP port: what vxlan and geneve do alike. */
import { randomInt } from 'node:crypto'
import { native } from '@vde-ts/native'
import { VdeError, type FrameSink, type Link } from '@vde-ts/link'
import { MAX_VNI } from '@vde-ts/frame/vxlan.js'
import { emptyAddress, formatAddress } from '../internet/address.ts'
import { DatagramSender } from '../internet/datagram-sender.ts'
import type { NetworkOf } from '../internet/port-owner.ts'
import { PortSeat } from '../internet/port-seat.ts'
import { boundPort, joinGroup, setMulticast, udpSocket } from '../internet/udp-socket.ts'
import type { OpenContext, Parameter, Tail } from '../scheme.ts'
import {
  listParams, numberOf, portParam, readMembers, readNumbers, readShared, sharedParams, stationsOf, ttlParam, type Members,
  type SharedValues
} from './addressing.ts'
import type { Encapsulation } from './encapsulation.ts'
import { innerMtu } from './inner-mtu.ts'
import { OverlayLink, floodOf } from './overlay-link.ts'
import { Stations } from './stations.ts'

/** Ports that flows are spread over. */
const LANES = 16
const SEND_OCTETS = 1024 * 1024

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

/** What one of its VNLs says. */
interface TunnelOptions extends SharedValues {
  readonly members: Members
  readonly port: number
  readonly network: number
  readonly ttl: number
  readonly codec: Encapsulation
  readonly action: string
}

/** Opens a VNL of the protocol. @throws {VdeError} as {@link openLink} @throws {SyntaxError} a value that cannot be read */
export const openTunnel = async (protocol: TunnelProtocol, tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link> => {
  const action = `open ${protocol.name}://${tail.path}`
  const port = portParam(tail, protocol.port)
  const network = networkOf(tail)
  const shared = readShared(tail, action)
  const members = await readMembers(tail, port, shared.family, action)
  const options = { ...shared, members, port, network, ttl: ttlParam(tail), codec: protocol.codec(network), action }
  return await openLink(protocol, options, sink, context)
}

/** @throws {VdeError} ENETUNREACH the port is taken, ENODEV, EACCES, EMFILE; nothing is left open then */
const openLink = async (
  protocol: TunnelProtocol, options: TunnelOptions, sink: FrameSink, context: OpenContext
): Promise<Link> => {
  const { members, codec, action, interfaceName: device } = options
  const lanes = openLanes(options)
  try {
    const stations = new Stations(options.stations)
    for (const { mac, address } of members.known) {
      if (!stations.pin(mac, new Int32Array(address.buffer))) throw new VdeError('ENOSPC', action, 'fdb names too many stations')
    }
    const targets = [...(members.group === null ? [] : [members.group]), ...members.remotes]
    const link: OverlayLink = new OverlayLink({
      label: `${protocol.name}://${members.group === null ? '' : formatAddress(members.group)}`,
      codec,
      stations,
      flood: floodOf(targets),
      sender: new DatagramSender(lanes, context.loop, () => { link.onRoom() }),
      ports: lanes.map((fd) => boundPort(fd)),
      hostWord: new Int32Array(emptyAddress(members.family, options.port).buffer)[0]!,
      mtu: innerMtu([...targets, ...members.known.map(({ address }) => address)], codec, members.group === null ? '' : device),
      seed: randomInt(2 ** 31),
      release: () => { closeAll(lanes) },
      log: context.log
    }, sink, context.loop)
    return await seated(link, protocol, options, context)
  } catch (error) {
    closeAll(lanes)
    throw error
  }
}

const seated = async (
  link: OverlayLink, { name, networkOf }: TunnelProtocol, options: TunnelOptions, context: OpenContext
): Promise<Link> => {
  const { members, port, network, action, receiveOctets } = options
  const key = { protocol: name, family: members.family, port }
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

/** Sockets to send by; the first one is in the group, for the port's owner hears every group that this host is in. */
const openLanes = ({ members, ttl, interfaceIndex, action }: TunnelOptions): number[] => {
  const { family, group } = members
  const lanes: number[] = []
  try {
    for (let i = 0; i < LANES; i++) {
      const fd = udpSocket(emptyAddress(family, 0), action, { sendOctets: SEND_OCTETS })
      lanes.push(fd)
      setMulticast(fd, family, { ttl, interfaceIndex, loop: true }, action)
      if (i === 0 && group !== null) joinGroup(fd, group, interfaceIndex, action)
    }
    return lanes
  } catch (error) {
    closeAll(lanes)
    throw error
  }
}

const closeAll = (fds: number[]): void => { for (const fd of fds.splice(0)) native.close(fd) }
