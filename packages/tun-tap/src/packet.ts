/**
 * AF_PACKET sockets on an interface that exists. The socket is on the side of the wire: what comes in over the interface
 * is received, what is sent leaves over it. The host's own protocols go on using the interface beside it.
 */
import { constants } from 'node:os'
import { native } from '@vde-ts/native'
import type { TapFailure, TapStep } from './failure.ts'
import { nameFault } from './name.ts'
import type { Tap } from './tap.ts'

const { EACCES, EINVAL, ENODEV, ENOTTY, EPERM } = constants.errno

/** Octets wished for the queues of a socket; the kernel gives what net.core.rmem_max and wmem_max allow. */
const BUFFER = 4 * 1024 * 1024

/** What {@link openPacket} opens. */
export interface PacketOptions {
  readonly name: string
  /**
   * Frames that leave over the interface are received too (ours never), but for those with its own address as their
   * source: what libpcap users are shown. Absent: only what comes in.
   */
  readonly hearsOutgoing?: boolean
}

/** Opens a socket for all frames of an interface, promiscuous. Needs CAP_NET_RAW. An interface may be down. */
export const openPacket = (options: PacketOptions): Tap | TapFailure => {
  const { name } = options
  const fault = name === '' ? 'the name of an interface is wanted' : nameFault(name)
  if (fault !== null) return failure('name', EINVAL, fault)
  const index = native.interfaceIndex(name)
  if (index < 0) return failure('interface', -index, `there is no interface "${name}", ip link lists those there are`)
  const fd = native.packetOpen()
  if (fd < 0) return failure('device', -fd, textOf(-fd))
  const made = join(fd, index, options)
  if (made === 0) return { fd, name }
  native.close(fd)
  return failure('setting', made === -ENOTTY ? EINVAL : -made, made === -ENOTTY ? `"${name}" is no Ethernet interface` : textOf(-made))
}

/** Filters first: nothing that is not wanted shall wait in the queue. */
const join = (fd: number, index: number, { hearsOutgoing = false }: PacketOptions): number => {
  const steps = [
    () => native.packetPrepare(fd),
    () => hearsOutgoing ? native.packetSkipOwn(fd, index) : native.packetIgnoreOutgoing(fd),
    () => native.packetBind(fd, index),
    () => native.packetInfo(fd, []),
    () => native.packetPromiscuous(fd, index),
    () => growQueues(fd)
  ]
  for (const step of steps) {
    const result = step()
    if (result < 0) return result
  }
  return 0
}

/** Makes the queues of a packet socket as long as the system allows: a default one holds three super-frames. */
export const growQueues = (fd: number): number => native.setBuffers(fd, BUFFER, BUFFER)

const failure = (step: TapStep, errno: number, detail: string): TapFailure => ({ step, errno, detail })

const textOf = (errno: number): string => {
  if (errno === EPERM || errno === EACCES) return 'sockets of this kind want CAP_NET_RAW, run as root or in a namespace of your own (vdens)'
  if (errno === ENODEV) return 'the interface was removed'
  return 'the kernel refuses it'
}
