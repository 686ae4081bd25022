/**
 * vxvde:// - a local area cloud: whoever opens the same VNL, on the hosts of a LAN, is on the same Ethernet, with no switch and
 * nothing to configure.
 *
 *     M   group and port, shared by all participants of a host: heard only
 *     U   a port of our own: everything is sent from it, and answers come to it
 *
 * So the address and port of any datagram name one participant, several on a host too. The header is that of VXLAN, all eight
 * octets exact; a datagram that ends behind it says that its sender leaves. Everything unknown goes to the group.
 */
import { randomInt } from 'node:crypto'
import { native } from '@vde-ts/native'
import { VdeError, systemError, type FrameSink, type Link } from '@vde-ts/link'
import { MAX_VNI, VXLAN_HEADER, isExactVxlan, readVni, writeVxlan } from '@vde-ts/frame/vxlan.js'
import { parseNumber } from '@vde-ts/vnl'
import { groupNumber } from './accounts.ts'
import { emptyAddress, familyOf, formatAddress, isMulticast, resolveAddress, type Family } from './internet/address.ts'
import { DatagramSender } from './internet/datagram-sender.ts'
import { SocketSource } from './internet/socket-source.ts'
import { boundPort, joinGroup, setHops, setMulticast, udpSocket } from './internet/udp-socket.ts'
import { GROUPS, portParam, readNumbers, readShared, sharedParams, ttlParam, type SharedValues } from './overlay/addressing.ts'
import { FOREIGN, MALFORMED, NO_FRAME, type Encapsulation } from './overlay/encapsulation.ts'
import { innerMtu } from './overlay/inner-mtu.ts'
import { OverlayLink, floodOf } from './overlay/overlay-link.ts'
import { Stations } from './overlay/stations.ts'
import { tunnelOverhead } from './overlay/tunnel.ts'
import type { OpenContext, Scheme, Tail } from './scheme.ts'

const PORT = 14789
const SEND_OCTETS = 1024 * 1024

/** The header of one network. */
export const vxvdeCodec = (vni: number): Encapsulation => ({
  header: VXLAN_HEADER,
  write (buf, at) { writeVxlan(buf, at, vni) },
  read (buf, at, len) {
    if (len < VXLAN_HEADER || !isExactVxlan(buf, at)) return MALFORMED
    if (readVni(buf, at) !== vni) return FOREIGN
    return len === VXLAN_HEADER ? NO_FRAME : VXLAN_HEADER
  }
})

/** See above. */
export const vxvdeScheme: Scheme = {
  name: 'vxvde',
  summary: 'the hosts of a LAN as one Ethernet, nothing to configure',
  form: '[GROUP]',
  overhead: tunnelOverhead('vxvde'),
  style: 'address',
  params: {
    port: { help: 'UDP port of the group', value: 'N', fallback: String(PORT) },
    vni: { help: 'number of the network, or a group of users: its number; empty: yours', value: 'N|GROUP', fallback: '1, or that of grp' },
    grp: { help: 'group of users, whose number ends the multicast address; empty: yours', value: 'GROUP', fallback: '' },
    ttl: { help: 'hops a datagram lives', value: 'N', fallback: '1' },
    ...sharedParams,
    bind: { help: 'address of this host to send from', value: 'ADDRESS', fallback: 'as routed' }
  },
  check (tail) {
    portParam(tail, PORT)
    ttlParam(tail)
    const action = `open vxvde://${tail.path}`
    readNumbers(tail, action)
    vniOf(tail.params.get('vni'), gidOf(tail.params.get('grp'), action), action)
  },
  open: openVxvde
}

interface Cloud extends SharedValues {
  readonly group: Uint8Array
  readonly port: number
  readonly codec: Encapsulation
  readonly ttl: number
  readonly local: Uint8Array
  readonly action: string
}

async function openVxvde (tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link> {
  const action = `open vxvde://${tail.path}`
  const port = portParam(tail, PORT)
  const shared = readShared(tail, action)
  const gid = gidOf(tail.params.get('grp'), action)
  const group = await groupAddress(tail, port, shared.family, gid, action)
  const family = familyOf(group)
  const bind = tail.params.get('bind')
  const local = bind === undefined ? emptyAddress(family, 0) : await resolveAddress(bind, 0, family, action)
  const codec = vxvdeCodec(vniOf(tail.params.get('vni'), gid, action))
  return join({ ...shared, group, port, codec, ttl: ttlParam(tail), local, action }, sink, context)
}

/** The group with the number of the group of users in its last three octets. */
const groupAddress = async (tail: Tail, port: number, family: Family | 0, gid: number, action: string): Promise<Uint8Array> => {
  const group = await resolveAddress(tail.path || GROUPS[family || 4], port, family, action)
  if (!isMulticast(group)) {
    throw new VdeError('ENETUNREACH', action, `${formatAddress(group)} is no multicast group, and one is wanted`)
  }
  if (gid < 0) return group
  const end = familyOf(group) === 4 ? 8 : 24
  group.set([gid >> 16, gid >> 8, gid], end - 3)
  return group
}

/** -1: not given. */
const gidOf = (text: string | undefined, action: string): number =>
  text === undefined ? -1 : text === '' ? process.getegid!() : groupNumber(text, action)

const vniOf = (text: string | undefined, gid: number, action: string): number => {
  if (text === undefined) return gid < 0 ? 1 : gid & MAX_VNI
  if (/^[0-9]+$/.test(text)) return parseNumber(text, 'vni', 0, MAX_VNI)
  return gidOf(text, action) & MAX_VNI
}

/** @throws {VdeError} ENETUNREACH, ENODEV, EADDRNOTAVAIL, EMFILE; nothing is left open then */
const join = (cloud: Cloud, sink: FrameSink, context: OpenContext): Link => {
  const { action, group, codec } = cloud
  const opened: number[] = []
  try {
    const heard = hearGroup(cloud, opened)
    const own = openOwn(cloud, opened)
    // Watched apart for what it receives and for room to send.
    const lane = native.duplicate(own, 0)
    if (lane < 0) throw systemError(lane, action)
    opened.push(lane)
    const flood = floodOf([group])
    const sender = new DatagramSender([lane], context.loop, () => { link.onRoom() })
    const link: OverlayLink = new OverlayLink({
      label: `vxvde://${formatAddress(group)}`,
      codec,
      stations: new Stations(cloud.stations),
      flood,
      sender,
      ports: [boundPort(own)],
      hostWord: 0,
      mtu: innerMtu([group], codec, cloud.interfaceName),
      seed: randomInt(2 ** 31),
      onClose () { sayGoodbye(sender, codec, flood) },
      release () { native.close(lane) },
      log: context.log
    }, sink, context.loop)
    link.start([new SocketSource(heard, context.loop, link), new SocketSource(own, context.loop, link)])
    return link
  } catch (error) {
    for (const fd of opened) native.close(fd)
    throw error
  }
}

/** Others forget what they learnt of us: the header alone. */
const sayGoodbye = (sender: DatagramSender, codec: Encapsulation, flood: Int32Array): void => {
  if (!sender.flush()) return
  codec.write(sender.buf, sender.headerAt)
  sender.put(0, codec.header, sender.buf, 0, 0, 0, flood, 0, 1)
}

/** M: whatever is sent to the group. */
const hearGroup = ({ group, interfaceIndex, receiveOctets, action }: Cloud, opened: number[]): number => {
  const fd = udpSocket(group, action, { isShared: true, gro: true, receiveOctets })
  opened.push(fd)
  joinGroup(fd, group, interfaceIndex, action)
  return fd
}

/** U: a port of our own. */
const openOwn = ({ group, local, ttl, interfaceIndex, receiveOctets, action }: Cloud, opened: number[]): number => {
  const family = familyOf(group)
  const fd = udpSocket(local, action, { gro: true, receiveOctets, sendOctets: SEND_OCTETS })
  opened.push(fd)
  if (family === 4) setHops(fd, family, ttl)
  setMulticast(fd, family, { ttl, interfaceIndex, loop: true }, action)
  return fd
}
