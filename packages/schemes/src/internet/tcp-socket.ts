/** TCP sockets as the schemes want them: connected without blocking, and noticing a peer that fell silent. */
import { lookup } from 'node:dns/promises'
import { ADDRESS_STRIDE, OUT, STREAM, native } from '@vde-ts/native'
import { VdeError, systemError, type Loop } from '@vde-ts/link'
import { awaitReady } from '../await-ready.ts'
import { familyOf, formatAddress, kernelFamily, parseAddress, portOf, resolveAddress } from './address.ts'
import type { HostPort } from './host-port.ts'

/** How long one address may take to answer, in milliseconds. */
const CONNECT_MS = 10_000
const BACKLOG = 512

const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_KEEPALIVE = 9
const IPPROTO_TCP = 6
const TCP_NODELAY = 1
const TCP_KEEPIDLE = 4
const TCP_KEEPINTVL = 5
const TCP_KEEPCNT = 6
const TCP_USER_TIMEOUT = 18
const EINPROGRESS = 115

/** A peer whose machine is gone is given up after 20 to 30 s, whether we send or not. */
export const prepareTcp = (fd: number): void => {
  // Frames are collected until the end of the turn; a delay on top serves nobody.
  native.setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1)
  native.setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1)
  native.setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10)
  native.setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5)
  native.setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 3)
  native.setOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30_000)
}

/**
 * A connection to the first address of the host that takes it.
 * @throws {VdeError} ENOENT no such name, ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT ... of the last address
 */
export const connectTcp = async ({ host, port }: HostPort, loop: Loop, action: string): Promise<number> => {
  let failure: unknown = null
  for (const address of await addressesOf(host, port, action)) {
    try {
      return await connectTo(address, loop, action)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

const addressesOf = async (host: string, port: number, action: string): Promise<Uint8Array[]> => {
  const literal = parseAddress(host, port)
  if (literal !== null) return [literal]
  try {
    const found = await lookup(host, { all: true, verbatim: true })
    return found.map(({ address }) => parseAddress(address, port)!)
  } catch (cause) {
    throw new VdeError('ENOENT', action, `the name "${host}" has no address`, { cause })
  }
}

const connectTo = async (address: Uint8Array, loop: Loop, action: string): Promise<number> => {
  const fd = native.internetSocket(kernelFamily(familyOf(address)), STREAM)
  if (fd < 0) throw systemError(fd, action, native.strerror(-fd))
  try {
    prepareTcp(fd)
    const result = native.connectInternet(fd, address, 0, ADDRESS_STRIDE)
    if (result < 0 && result !== -EINPROGRESS) throw systemError(result, action, native.strerror(-result))
    if (result < 0) await awaitReady(loop, fd, OUT, CONNECT_MS, action, native.strerror(110))
    const error = native.socketError(fd)
    if (error !== 0) throw systemError(-error, action, native.strerror(error))
    return fd
  } catch (error) {
    native.close(fd)
    throw error
  }
}

/** HOST:PORT that a socket is bound to: the port may have been the kernel's choice. */
export const socketName = (fd: number): string => {
  const address = new Uint8Array(ADDRESS_STRIDE)
  native.localAddress(fd, address, 0, ADDRESS_STRIDE)
  return `${formatAddress(address)}:${portOf(address)}`
}

/** A line when anybody may join at an address that others reach: the VNL asked for it, and for nothing that says who they are. */
export const warnOpen = (fd: number, label: string, ways: string, log: (line: string) => void): void => {
  if (!/^(?:127\.|::1:)/.test(socketName(fd))) log(`${label}: whoever reaches this address may join, ${ways} would keep others out`)
}

/** A listening socket. @throws {VdeError} ENOENT no such name, EADDRINUSE, EADDRNOTAVAIL, EACCES */
export const listenTcp = async ({ host, port }: HostPort, action: string): Promise<number> => {
  const address = await resolveAddress(host, port, 0, action)
  const fd = native.internetSocket(kernelFamily(familyOf(address)), STREAM)
  if (fd < 0) throw systemError(fd, action, native.strerror(-fd))
  native.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1)
  const bound = native.bindInternet(fd, address, 0, ADDRESS_STRIDE)
  const result = bound < 0 ? bound : native.listen(fd, BACKLOG)
  if (result >= 0) return fd
  native.close(fd)
  throw systemError(result, action, native.strerror(-result))
}
