/**
 * Why a TAP could not be had, in words that name the way out. Pure. Results are values, not exceptions: the class of
 * errors for people lives a layer above.
 */
import { constants } from 'node:os'
import { native } from '@vde-ts/native'

const { EACCES, EBUSY, EINVAL, EMFILE, ENFILE, ENODEV, ENOENT, ENXIO, EPERM } = constants.errno

/** What failed: the name itself, opening the device, joining the interface, or setting it up afterwards. */
export type TapStep = 'name' | 'device' | 'interface' | 'setting'

/** A TAP that could not be had. */
export interface TapFailure {
  readonly step: TapStep
  /** Positive. */
  readonly errno: number
  /** `<found>, <way out>`, for the second half of a message. */
  readonly detail: string
}

/** Text for `errno` (either sign) of `step`. `name` is the interface wanted, empty when the kernel was to choose. */
export const tapFailure = (errno: number, name: string, step: TapStep = 'interface', device: string = '/dev/net/tun'): string => {
  const code = Math.abs(errno)
  return (step === 'device' ? deviceText(code, device) : interfaceText(code, name)) ?? native.strerror(code)
}

const deviceText = (code: number, device: string): string | undefined => {
  if (code === ENOENT || code === ENODEV || code === ENXIO) {
    return `${device} is missing, load the tun module (modprobe tun) or have the container given the device`
  }
  if (code === EACCES || code === EPERM) return `no permission for ${device}, make it readable and writable (chmod 0666 ${device}) or run as root`
  if (code === EMFILE || code === ENFILE) return 'too many open files, raise the limit (ulimit -n)'
}

const interfaceText = (code: number, name: string): string | undefined => {
  const it = name === '' ? 'a new interface' : `interface "${name}"`
  if (code === EPERM || code === EACCES) {
    return `not allowed to make or join ${it}, have root make it for you (ip tuntap add ${name === '' ? 'NAME' : name} mode tap user $USER), ` +
      'run as root or in a namespace of your own (vdens)'
  }
  if (code === EBUSY) return `${it} is in use by another program, end that program or choose another name`
  if (code === EINVAL) return `${it} exists and is no TAP interface of this kind, choose another name`
}
