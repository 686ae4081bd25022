/**
 * An interface without /dev/net/tun: a veth pair with one end in the namespace of the user, the other in a namespace where
 * nobody is, and an AF_PACKET socket there.
 *
 *     vde0, inside  <==veth==>  vde0, outside  <--AF_PACKET--> us
 *
 * Both namespaces are reached through rtnetlink sockets that were opened in them (`native.spawn`). The outer end is up, has
 * no address and no IPv6, and takes packets of any length, so that the MTU is the inner end's alone.
 */
import { native } from '@vde-ts/native'
import { packetDevice, type FrameDevice } from './device.ts'
import { growQueues } from './packet.ts'
import { encode, linkMessage, linkRequest, text, uint32, type Attribute } from './rtnetlink.ts'

/** Attributes and values of linux/if_link.h, veth.h, if.h. */
const IFNAME = 3
const MTU = 4
const LINKINFO = 18
const INFO_KIND = 1
const INFO_DATA = 2
const VETH_INFO_PEER = 1
const NET_NS_PID = 19
const AF_SPEC = 26
const AF_INET6 = 10
const INET6_ADDR_GEN_MODE = 8
const ADDR_GEN_NONE = Uint8Array.of(1)
const IFF_UP = 1

const LONGEST_MTU = 65_535

/** Masks of `native.interfaceOffload`: checksums, TCP with ECN, and UDP segments. */
const WITH_USO = 0x6f
const WITHOUT_USO = 0x0f

/** Where the pair is to be made. */
export interface VethOptions {
  /** Of both ends. */
  readonly name: string
  /** Of the inner end. */
  readonly mtu: number
  /** An unbound packet socket of the outer namespace; stays the caller's. */
  readonly packet: number
  /** rtnetlink in the outer namespace. */
  readonly outside: number
  /** A process in the inner one. */
  readonly pid: number
}

/** Makes the pair, brings the outer end up and binds the socket to it. @returns 0, or -errno: then nothing is there */
export const makeVeth = ({ name, mtu, packet, outside, pid }: VethOptions): number => {
  const inner = linkMessage({}, [[IFNAME, text(name)], [MTU, uint32(mtu)], [NET_NS_PID, uint32(pid)]])
  const kind: Attribute = [LINKINFO, encode([[INFO_KIND, text('veth')], [INFO_DATA, encode([[VETH_INFO_PEER, inner]])]])]
  const made = native.rtnetlinkAt(outside, linkRequest({ isNew: true }, [[IFNAME, text(name)], [MTU, uint32(LONGEST_MTU)], kind]))
  if (made < 0) return made
  const index = native.interfaceIndexAt(outside, name)
  if (index < 0) return index
  // Where /proc/sys may not be written IPv6 is still on there: without an address its stack says and answers nothing.
  const silent: Attribute = [AF_SPEC, encode([[AF_INET6, encode([[INET6_ADDR_GEN_MODE, ADDR_GEN_NONE]])]])]
  native.rtnetlinkAt(outside, linkRequest({ index }, [silent]))
  const steps = [
    () => native.packetPrepare(packet),
    () => native.packetIgnoreOutgoing(packet),
    () => growQueues(packet),
    () => native.packetBind(packet, index),
    () => setUp(outside, index, true)
  ]
  for (const step of steps) {
    const result = step()
    if (result < 0) return result
  }
  native.socketError(packet) // bound while it was down
  return 0
}

const setUp = (outside: number, index: number, isUp: boolean): number =>
  native.rtnetlinkAt(outside, linkRequest({ index, flags: isUp ? IFF_UP : 0, changes: IFF_UP }, []))

/** What a {@link vethDevice} works with. */
export interface VethReach {
  readonly name: string
  /** rtnetlink in the outer and the inner namespace, open for as long as the device is used. */
  readonly outside: number
  readonly inside: number
  /** What {@link takesUso} answered. */
  readonly hasUso: boolean
}

/** The device of a packet socket from {@link makeVeth}: the inner end has an offload, and a carrier while the outer is up. */
export const vethDevice = ({ name, outside, inside, hasUso }: VethReach): FrameDevice => ({
  ...packetDevice,
  setOffload: (_fd, isOn) => native.interfaceOffload(inside, name, isOn ? hasUso ? WITH_USO : WITHOUT_USO : 0),
  setCarrier: (fd, isOn) => {
    const index = native.packetInterface(fd)
    return index < 0 ? index : setUp(outside, index, isOn)
  }
})

/** A UDP datagram of two octets, to be sent in two segments: NEEDS_CSUM, UDP_L4, checksum of UDP at 34. */
const SEGMENTED = Buffer.from('010500000100220006000000' + '020000000001020000000002' + '0800' +
  '4500001e000000004011000000000000' + '00000000' + '00090009000a0000' + '0000', 'hex')

/**
 * Whether the kernel tells of UDP segments in the header of packet sockets (from 6.2); one that does not loses such frames.
 * Sends a frame on `packet`: to be asked while the inner end is down.
 */
export const takesUso = (packet: number): boolean => native.packetSend(packet, SEGMENTED, 0, SEGMENTED.length) !== -EINVAL

const EINVAL = 22
