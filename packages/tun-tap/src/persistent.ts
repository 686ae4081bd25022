/**
 * Interfaces that stay when nobody has them open: made by an administrator, used by the owner without privileges.
 */
import { native } from '@vde-ts/native'
import type { TapFailure } from './failure.ts'
import { failure, isTapFailure, openTap, type TapOptions } from './tap.ts'

/** What {@link createPersistent} makes. */
export interface PersistentOptions extends TapOptions {
  /** Who may join it. With both set, both must match: so give a group alone to let its members in. */
  readonly owner?: number
  readonly group?: number
}

/** Makes an interface persistent, or changes the owner of one that is. @returns its name */
export const createPersistent = (options: PersistentOptions): string | TapFailure => {
  const tap = openTap(options)
  if (isTapFailure(tap)) return tap
  let result = 0
  if (options.owner !== undefined) result = native.tapOwner(tap.fd, options.owner)
  if (result >= 0 && options.group !== undefined) result = native.tapGroup(tap.fd, options.group)
  if (result >= 0) result = native.tapPersist(tap.fd, true)
  native.close(tap.fd)
  return result >= 0 ? tap.name : failure(result, tap.name, 'setting', options.device ?? '/dev/net/tun')
}

/** Takes an interface away (it goes when the last user closes it). Succeeds for one that does not exist. @returns its name */
export const removePersistent = (options: TapOptions & { readonly name: string }): string | TapFailure => {
  const tap = openTap(options)
  if (isTapFailure(tap)) return tap
  const result = native.tapPersist(tap.fd, false)
  native.close(tap.fd)
  return result >= 0 ? tap.name : failure(result, tap.name, 'setting', options.device ?? '/dev/net/tun')
}
