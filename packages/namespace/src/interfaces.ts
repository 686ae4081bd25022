/** Names of interfaces: what the kernel takes, said before anything was started. */
import { VdeError } from '@vde-ts/link/errors.js'

/** Longest name of an interface, in octets (IFNAMSIZ without its NUL). */
export const NAME_MAX = 15

/**
 * The name, checked as the kernel would.
 * @throws {VdeError} EINVAL, with the reason
 */
export const interfaceName = (name: string): string => {
  const why = refuse(name)
  if (why !== '') throw new VdeError('EINVAL', `name an interface "${name}"`, why)
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

const refuse = (name: string): string => {
  const octets = Buffer.byteLength(name)
  if (octets === 0) return 'it is empty, wanted 1 to 15 octets'
  if (octets > NAME_MAX) return `it has ${octets} octets, at most ${NAME_MAX} are possible (prefix and number together)`
  if (name === '.' || name === '..') return 'the kernel refuses it'
  // "%d" would be filled in by the kernel, and then nobody knows the name.
  const bad = /[/:%\s\0]/.exec(name)
  return bad === null ? '' : `it holds ${JSON.stringify(bad[0])}, which the kernel refuses`
}
