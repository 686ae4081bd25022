/** Names of interfaces: what the kernel takes, said before anything was started. */
import { VdeError } from '@vde-ts/link/errors.js'
import { nameFault } from '@vde-ts/tun-tap/name.js'

/**
 * The name, checked as the kernel would.
 * @throws {VdeError} EINVAL, with the reason
 */
export const interfaceName = (name: string): string => {
  // Empty would mean that the kernel chooses: inside, nobody could tell which is which.
  const why = name === '' ? 'the name is empty' : nameFault(name)
  if (why !== null) throw new VdeError('EINVAL', `name an interface "${name}"`, why)
  return name
}

/**
 * Names of `count` interfaces: `prefix` and the position, from 0.
 * @throws {VdeError} EINVAL when one of them is no name for an interface
 */
export const interfaceNames = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => interfaceName(`${prefix}${index}`))

/**
 * The hostname, checked: at most 64 octets.
 * @throws {VdeError} EINVAL
 */
export const checkedHostname = (name: string): string => {
  const octets = Buffer.byteLength(name)
  if (octets >= 1 && octets <= HOSTNAME_MAX && !name.includes('\0')) return name
  throw new VdeError('EINVAL', `set hostname "${name}"`, `it has ${octets} octets, wanted 1 to ${HOSTNAME_MAX}`)
}

const HOSTNAME_MAX = 64
