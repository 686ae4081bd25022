/**
 * TAP devices: an Ethernet interface of the kernel whose other end is a descriptor. One read is one frame.
 */
import { closeSync, constants as files, openSync } from 'node:fs'
import { constants } from 'node:os'
import { native, IFF_NO_PI, IFF_TAP, IFF_TUN, IFF_TUN_EXCL, IFF_VNET_HDR } from '@vde-ts/native'
import { tapFailure, type TapFailure, type TapStep } from './failure.ts'
import { nameFault } from './name.ts'

/** Octets of the virtio_net_hdr in front of each frame of a TAP with `vnetHeader`. */
export const VNET_HEADER = 12

/** What TUNSETOFFLOAD is tried with, best first. USO4 and USO6 (0x60) only exist together; 0x10 is obsolete UFO. */
const OFFLOADS = [0x6f, 0x0f, 0x07, 0x01]

/** What {@link openTap} opens. */
export interface TapOptions {
  /** Absent or empty: the kernel chooses. An existing persistent interface of the name is joined. */
  readonly name?: string
  /** Frames carry a virtio_net_hdr of {@link VNET_HEADER} octets. */
  readonly vnetHeader?: boolean
  /** Refuse (EBUSY) to join what exists. */
  readonly exclusive?: boolean
  /** A TUN interface (IP packets without Ethernet) instead. */
  readonly tun?: boolean
  /** The clone device; absent: /dev/net/tun. */
  readonly device?: string
}

/** An open TAP. */
export interface Tap {
  /** Non-blocking, close-on-exec; the caller closes it, and with it an interface that is not persistent. */
  readonly fd: number
  /** As the kernel calls it. */
  readonly name: string
}

/** Opens a TAP. Needs CAP_NET_ADMIN in the network namespace, or a persistent interface that belongs to the caller. */
export const openTap = (options: TapOptions = {}): Tap | TapFailure => {
  const { name = '', device = '/dev/net/tun' } = options
  const fault = nameFault(name)
  if (fault !== null) return { step: 'name', errno: constants.errno.EINVAL, detail: fault }
  const names: string[] = []
  const fd = native.tapOpen(name, flagsOf(options), names, device)
  if (fd < 0) return failure(fd, name, stepOf(device), device)
  const sized = options.vnetHeader === true ? native.tapHeaderSize(fd, VNET_HEADER) : 0
  if (sized >= 0) return { fd, name: names[0] ?? name }
  native.close(fd)
  return failure(sized, name, 'setting', device)
}

/** Tells the two answers of {@link openTap} apart. */
export const isTapFailure = (result: Tap | TapFailure): result is TapFailure => 'errno' in result

/** Has the kernel hand over what its checksum and segmentation offload leaves undone. @returns the mask accepted, or -errno */
export const enableOffload = (fd: number): number => {
  let result = -constants.errno.EINVAL
  for (const mask of OFFLOADS) {
    result = native.tapOffload(fd, mask)
    if (result >= 0) return mask
  }
  return result
}

/** Has the kernel finish every frame itself again: for readers that take no offload header. @returns 0 or -errno */
export const disableOffload = (fd: number): number => native.tapOffload(fd, 0)

const flagsOf = (options: TapOptions): number =>
  (options.tun === true ? IFF_TUN : IFF_TAP) | IFF_NO_PI |
  (options.vnetHeader === true ? IFF_VNET_HDR : 0) | (options.exclusive === true ? IFF_TUN_EXCL : 0)

/** The failure of a native that answered `result` (-errno). */
export const failure = (result: number, name: string, step: TapStep, device: string): TapFailure =>
  ({ step, errno: -result, detail: tapFailure(result, name, step, device) })

/** The native opens and joins in one call; whether the device was to blame shows when it is opened again. */
const stepOf = (device: string): TapStep => {
  try {
    closeSync(openSync(device, files.O_RDWR | files.O_NONBLOCK))
    return 'interface'
  } catch {
    return 'device'
  }
}
