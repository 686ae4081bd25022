/**
 * Which descriptors are taken from whom, and how they are used.
 *
 * The giver keeps the open file, and some files would let him stop our thread for as long as he likes: a TAP on kernels
 * without RWF_NOWAIT (he clears O_NONBLOCK), and every packet socket (he gives it a PACKET_TX_RING; then a send of ours waits
 * for the lock of a send of his, or sends his ring for as long as he refills it, MSG_DONTWAIT or not). These are taken only
 * from those who could stop us anyway: our own user and root. Others join by datagrams.
 *
 * Of a pair of sockets the giver could hold our end as well, and stop us by reading from it into memory that never comes
 * (the kernel copies under a lock). So the pair of kind "socket" is made here, and our end is ours alone from the first.
 */
import { native, IFF_NO_PI, IFF_VNET_HDR, INSPECTED_PACKET } from '@vde-ts/native'
import { packetDevice, sharedTapDevice, socketDevice, tapDevice, type FrameDevice } from '@vde-ts/tun-tap'
import type { Peer } from './accounts.ts'
import { UNSUPPORTED, type AttachRefusal, type AttachRequest } from './attach-protocol.ts'
import { hasNowait } from './nowait.ts'

const EBUSY = 16
const EINVAL = 22
const ENOTTY = 25
const EBADMSG = 74

/**
 * Why a descriptor is not taken; null: it is.
 * @param fd, flags as `native.inspectDescriptor` answers them
 */
export const objectionTo = (request: AttachRequest, fd: number, flags: number, peer: Peer): AttachRefusal | null => {
  if (request.kind === 'tap') return objectionToTap(fd, flags, peer)
  if (request.kind === 'packet') return objectionToPacket(fd, flags, peer)
  if (request.kind === 'socket') return fd === -EBADMSG ? null : { errno: EINVAL, text: 'the switch makes the socket' }
  return { errno: UNSUPPORTED, text: `descriptors of the kind "${request.kind.slice(0, 40)}" are not taken` }
}

/** How a descriptor that was taken is read and written. */
export const deviceFor = (request: Pick<AttachRequest, 'kind'>, fd: number): FrameDevice => {
  if (request.kind === 'packet') return packetDevice
  if (request.kind === 'socket') return socketDevice
  return hasNowait(fd) ? sharedTapDevice : tapDevice
}

const objectionToTap = (fd: number, flags: number, peer: Peer): AttachRefusal | null => {
  if (fd === -ENOTTY || flags === INSPECTED_PACKET) return { errno: EINVAL, text: 'the descriptor is no TAP' }
  // Somebody hands over files whose close hangs: whoever is honest takes datagrams meanwhile.
  if (fd === -EBUSY) return { errno: UNSUPPORTED, text: 'too many descriptors of others wait for their close' }
  if (fd < 0) return failed(fd)
  if ((flags & IFF_NO_PI) === 0 || (flags & IFF_VNET_HDR) === 0) {
    return { errno: EINVAL, text: 'the TAP was not opened with IFF_NO_PI and IFF_VNET_HDR' }
  }
  if (hasNowait(fd) || isTrusted(peer)) return null
  return { errno: UNSUPPORTED, text: 'this kernel has no RWF_NOWAIT for TAPs, so only those of the own user are taken' }
}

const objectionToPacket = (fd: number, flags: number, peer: Peer): AttachRefusal | null => {
  if (fd === -EBUSY) return { errno: EINVAL, text: 'the packet socket has a ring' }
  if (fd === -ENOTTY || (fd >= 0 && flags !== INSPECTED_PACKET)) {
    return { errno: EINVAL, text: 'the descriptor is no raw packet socket with all frames of an Ethernet interface' }
  }
  if (fd < 0) return failed(fd)
  if (isTrusted(peer)) return null
  return { errno: UNSUPPORTED, text: 'packet sockets are taken of the own user only' }
}

const failed = (result: number): AttachRefusal => ({ errno: -result, text: native.strerror(-result) })

const isTrusted = (peer: Peer): boolean => peer.uid === 0 || (peer.uid >= 0 && peer.uid === process.geteuid!())
