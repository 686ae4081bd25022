/**
 * seqpacket://FD - an open SOCK_SEQPACKET socket that this process inherited: a packet is a frame. Programs that cannot
 * load plug-ins (User Mode Linux, static ones) make a pair, start vde_plug with one end and keep the other.
 */
import { native, SEQPACKET } from '@vde-ts/native'
import { VdeError, systemError } from '@vde-ts/link'
import { parseCNumber } from '@vde-ts/vnl'
import { DatagramLink } from './datagram-link.ts'
import type { Scheme } from './scheme.ts'

const MAX_FD = 0x7fffffff
const SOCKET = 0o140000

export const seqpacketScheme: Scheme = {
  name: 'seqpacket',
  summary: 'frames over an inherited SOCK_SEQPACKET descriptor',
  form: 'FD',
  style: 'raw',
  params: {},
  check ({ path }) { descriptor(path, `open seqpacket://${path}`) },
  open (tail, sink, context) {
    const action = `open seqpacket://${tail.path}`
    const fd = descriptor(tail.path, action)
    const type = native.fileType(fd)
    if (type < 0) throw systemError(type, action, `${native.strerror(-type)}: nothing was inherited as descriptor ${fd}`)
    if (type !== SOCKET || native.socketType(fd) !== SEQPACKET) {
      throw new VdeError('EINVAL', action, `descriptor ${fd} is not a socket of type SOCK_SEQPACKET`)
    }
    // It was inherited on purpose, but no child of ours shall hold the link open. O_NONBLOCK stays as it is: the open file
    // is shared with whoever gave it, and every call here says MSG_DONTWAIT.
    native.setCloexec(fd, true)
    return new DatagramLink(fd, sink, context.loop, { label: `seqpacket://${fd}`, emptyIsEnd: true })
  }
}

/** @throws {VdeError} EINVAL */
const descriptor = (text: string, action: string): number => {
  const fd = parseCNumber(text)
  if (fd >= 0 && fd <= MAX_FD) return fd
  throw new VdeError('EINVAL', action, `descriptor is "${text}", the number of an inherited descriptor is wanted`)
}
