/** What the interfaces of a namespace are: TAPs, unless they cannot be. */
import { closeSync, constants, openSync } from 'node:fs'

/** See `NamespaceOptions`. */
export type Medium = 'tap' | 'packet'

const TUN = '/dev/net/tun'

/**
 * The medium for the plan: what was asked for, else TAPs where their device opens.
 * @param say takes the one line that tells of a change
 */
export const mediumFor = (isPacket: boolean, say: (text: string) => void, device: string = TUN): Medium => {
  if (isPacket) return 'packet'
  const fault = faultOf(device)
  if (fault === null) return 'tap'
  say(`${device} ${fault}: using packet sockets (--packet)`)
  return 'packet'
}

/** Why the device cannot be used, in words; null: it can. */
const faultOf = (device: string): string | null => {
  try {
    closeSync(openSync(device, constants.O_RDWR | constants.O_NONBLOCK))
    return null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    switch (code) {
      case 'ENOENT': return 'is missing'
      case 'ENODEV':
      case 'ENXIO': return 'has no driver'
      case 'EACCES':
      case 'EPERM': return 'is not for this user'
      default: return `cannot be opened (${code})`
    }
  }
}
