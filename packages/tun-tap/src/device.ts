/**
 * What a descriptor that moves frames with an offload header can do: a TAP, an AF_PACKET socket, or a socket of sequenced
 * packets with somebody who knows of the header. One read is one frame behind its header of VNET_HEADER octets, and so is
 * one write.
 */
import { native } from '@vde-ts/native'
import { VNET_HEADER, disableOffload, enableOffload } from './tap.ts'

/** `hidden`: it is there, but no event will tell of its removal, so it is to be looked for from time to time. */
export type Presence = 'there' | 'hidden' | 'gone'

/** See above. Functions take the descriptor, so one device serves many. */
export interface FrameDevice {
  readonly kind: 'tap' | 'packet' | 'socket'
  /**
   * Frames may be put together before they are written: it reads offload headers, and takes a frame at once or never, since
   * what was put together cannot be given back.
   */
  readonly merges: boolean
  /** What it means that it is gone, for people; null: an orderly end. */
  readonly loss: string | null
  readonly read: typeof native.read
  readonly write: typeof native.write
  /** What a read that answered `result` (0: nothing was read) and, with `hasError`, an EPOLLERR say of the interface. */
  judge (fd: number, result: number, hasError: boolean): Presence
  /** The same, asked at any time. */
  look (fd: number): Presence
  /** Whether the interface leaves checksums and segments to whoever takes its frames. @returns 0 or more, or -errno */
  setOffload (fd: number, isOn: boolean): number
  /** What stands behind the interface: without it the kernel says NO-CARRIER and sends nothing. @returns 0 or -errno */
  setCarrier (fd: number, isOn: boolean): number
}

/** ENXIO, ENODEV, EBADFD. */
const TAP_GONE: ReadonlySet<number> = new Set([-6, -19, -77])

/** A TAP whose open file is ours alone. */
export const tapDevice: FrameDevice = {
  kind: 'tap',
  merges: true,
  loss: 'the interface was removed',
  read: native.read,
  write: native.write,
  judge: (_fd, result, hasError) => hasError || TAP_GONE.has(result) ? 'gone' : 'there',
  look: (fd) => native.tapInfo(fd, []) >= 0 ? 'there' : 'gone',
  setOffload: (fd, isOn) => isOn ? enableOffload(fd) : disableOffload(fd),
  setCarrier: native.tapCarrier
}

/** A TAP that others hold too, who may clear its O_NONBLOCK: every call says RWF_NOWAIT. The kernel must have it. */
export const sharedTapDevice: FrameDevice = { ...tapDevice, read: native.readNowait, write: native.writeNowait }

/** A TAP without IFF_VNET_HDR: the header is only in our memory, all zeros. It takes no frames with work left to do. */
export const plainTapDevice: FrameDevice = {
  ...tapDevice,
  merges: false,
  read (fd, buf, off, len) {
    const count = native.read(fd, buf, off + VNET_HEADER, len - VNET_HEADER)
    buf.fill(0, off, off + VNET_HEADER)
    return count > 0 ? count + VNET_HEADER : count
  },
  write (fd, buf, off, len) {
    const count = native.write(fd, buf, off + VNET_HEADER, len - VNET_HEADER)
    return count < 0 ? count : count + VNET_HEADER
  },
  setOffload: () => 0
}

/** A macvtap: whoever waits for its descriptor never hears that the interface is gone. */
export const macvtapDevice: FrameDevice = { ...tapDevice, look: (fd) => native.tapInfo(fd, []) >= 0 ? 'hidden' : 'gone' }

const lookAtPacket = (fd: number): Presence => {
  const state = native.packetState(fd)
  // One that goes down says so; when it is removed after that, nothing is said any more.
  return state < 0 ? 'gone' : state === 0 ? 'hidden' : 'there'
}

/** A packet socket. What its interface leaves undone, and its carrier, are up to whoever can reach the interface. */
export const packetDevice: FrameDevice = {
  kind: 'packet',
  merges: false,
  loss: 'the interface was removed',
  read: native.packetReceive,
  write: native.packetSend,
  judge (fd, result, hasError) {
    // Clears ENETDOWN, which a socket says once. An error that is none is a queue of reports (time stamps) that would
    // wake us for ever.
    const told = native.socketError(fd)
    return hasError && result >= 0 && told === 0 ? 'gone' : lookAtPacket(fd)
  },
  look: lookAtPacket,
  setOffload: () => 0,
  setCarrier: () => 0
}

/** ENOTCONN stands for the end of the file, which sequenced packets tell by an empty one. */
const ENDED = -107
const ECONNRESET = -104

/** A connected socket of sequenced packets, which is ours alone. What the other side sent before its end is delivered. */
export const socketDevice: FrameDevice = {
  kind: 'socket',
  merges: false,
  loss: null,
  read: (fd, buf, off, len) => native.receive(fd, buf, off, len) || ENDED,
  write: native.send,
  // The other side left without reading all: told first, once, before what it sent.
  judge: (_fd, result) => result < 0 && result !== ECONNRESET ? 'gone' : 'there',
  look: () => 'there',
  setOffload: () => 0,
  setCarrier: () => 0
}
