/** UDP sockets of schemes: opened, bound, with what multicast needs. All answer the VdeError of the scheme that opens. */
import { ADDRESS, ADDRESS_STRIDE, DGRAM, native } from '@vde-ts/native'
import { systemError } from '@vde-ts/link'
import { familyOf, formatAddress, kernelFamily, portOf, type Family } from './address.ts'

const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const IPPROTO_IP = 0
const IPPROTO_IPV6 = 41
const IPPROTO_UDP = 17
const IP_TTL = 2
const IP_MTU = 14
const IP_MULTICAST_TTL = 33
const IP_MULTICAST_LOOP = 34
const IPV6_UNICAST_HOPS = 16
const IPV6_MULTICAST_HOPS = 18
const IPV6_MULTICAST_LOOP = 19
const IPV6_MTU = 24
const UDP_GRO = 104

/** Octets of an Ethernet payload unless the path says less. */
const ETHERNET_MTU = 1500

/** What a socket is to be; absent: what the kernel does by itself. */
export interface UdpOptions {
  /** Several sockets may have this address, as listeners of a group do. */
  readonly isShared?: boolean
  /** Takes several datagrams of one sender and size as one (UDP_GRO). */
  readonly gro?: boolean
  /** Octets its queues may hold. */
  readonly sendOctets?: number
  readonly receiveOctets?: number
}

/**
 * A socket bound to `address`.
 * @throws {VdeError} EADDRINUSE, EADDRNOTAVAIL, EACCES, EAFNOSUPPORT, EMFILE
 */
export const udpSocket = (address: Uint8Array, action: string, options: UdpOptions = {}): number => {
  const fd = native.internetSocket(kernelFamily(familyOf(address)), DGRAM)
  if (fd < 0) throw systemError(fd, action)
  if (options.isShared === true) native.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1)
  // A kernel without it gives single datagrams.
  if (options.gro === true) native.setOption(fd, IPPROTO_UDP, UDP_GRO, 1)
  native.setBuffers(fd, options.sendOctets ?? 0, options.receiveOctets ?? 0)
  const result = native.bindInternet(fd, address, 0, ADDRESS)
  if (result >= 0) return fd
  native.close(fd)
  throw systemError(result, action)
}

/** The port that a socket has. */
export const boundPort = (fd: number): number => {
  const address = new Uint8Array(ADDRESS_STRIDE)
  native.localAddress(fd, address, 0, ADDRESS)
  return portOf(address)
}

/** How multicasts leave: hops they live, the interface (0: routes decide), whether this host hears them as well. */
export interface MulticastOptions {
  readonly ttl: number
  readonly interfaceIndex: number
  readonly loop: boolean
}

/** @throws {VdeError} ENODEV, EADDRNOTAVAIL */
export const setMulticast = (fd: number, family: Family, options: MulticastOptions, action: string): void => {
  const level = family === 4 ? IPPROTO_IP : IPPROTO_IPV6
  native.setOption(fd, level, family === 4 ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS, options.ttl)
  native.setOption(fd, level, family === 4 ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP, options.loop ? 1 : 0)
  if (options.interfaceIndex === 0) return
  const result = native.multicastInterface(fd, kernelFamily(family), options.interfaceIndex)
  if (result < 0) throw systemError(result, action)
}

/** Hops of what is sent to one station. */
export const setHops = (fd: number, family: Family, hops: number): void => {
  if (family === 4) native.setOption(fd, IPPROTO_IP, IP_TTL, hops)
  else native.setOption(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops)
}

/** @throws {VdeError} ENODEV no interface has a route for the group, EADDRINUSE, ENOBUFS too many groups */
export const joinGroup = (fd: number, group: Uint8Array, interfaceIndex: number, action: string): void => {
  const result = native.joinGroup(fd, group, 0, ADDRESS, interfaceIndex)
  if (result >= 0) return
  throw systemError(result, action, `the group ${formatAddress(group)} cannot be joined`)
}

/** Index of an interface. @throws {VdeError} ENODEV */
export const interfaceIndex = (name: string, action: string): number => {
  const index = native.interfaceIndex(name)
  if (index >= 0) return index
  throw systemError(index, action, `there is no interface "${name}"`)
}

/**
 * Largest IP packet that the route to `address` takes whole.
 * @param device interface that is known to be taken
 */
export const pathMtu = (address: Uint8Array, device: string): number => {
  if (device !== '') return Math.max(native.interfaceMtu(device), 0) || ETHERNET_MTU
  const family = familyOf(address)
  const fd = native.internetSocket(kernelFamily(family), DGRAM)
  if (fd < 0) return ETHERNET_MTU
  // Connecting sends nothing: it looks the route up.
  const isRouted = native.connectInternet(fd, address, 0, ADDRESS) >= 0
  const mtu = !isRouted
    ? ETHERNET_MTU
    : family === 4 ? native.getOption(fd, IPPROTO_IP, IP_MTU) : native.getOption(fd, IPPROTO_IPV6, IPV6_MTU)
  native.close(fd)
  return mtu > 0 ? mtu : ETHERNET_MTU
}
