/** What a command line of vde_tunctl asks for, and what it prints. Pure. */
import { nameFault } from '@vde-ts/tun-tap/name.js'
import { UsageError, type Values } from '../command.ts'

/** A command line of vde_tunctl, read: make one interface persistent, or take one away. */
export interface Request {
  readonly remove: boolean
  /** Empty: the kernel chooses. */
  readonly name: string
  readonly isTun: boolean
  readonly isBrief: boolean
  readonly device: string
  readonly owner?: string
  readonly group?: string
}

/** @throws {UsageError} nothing to remove, a name that cannot be */
export const requestOf = (values: Values): Request => {
  const removed = values.text('delete')
  const name = removed ?? values.text('name') ?? ''
  if (removed === '') throw new UsageError('Cannot remove "": the name of an interface is wanted')
  const fault = nameFault(name)
  // The kernel cuts a long name, and what was made or removed is another interface than the one asked for.
  if (fault !== null) throw new UsageError(`Cannot ${removed === undefined ? 'make' : 'remove'} interface "${name}": ${fault}`)
  const owner = values.text('owner')
  const group = values.text('group')
  return {
    remove: removed !== undefined,
    name,
    isTun: values.has('tun') || name.startsWith('tun'),
    isBrief: values.has('brief'),
    device: values.text('device') ?? '/dev/net/tun',
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group })
  }
}

/** The line for an interface that was made. */
export const madeText = (name: string, uid: number | undefined, gid: number | undefined, isBrief: boolean): string => {
  if (isBrief) return name
  const owners = [uid === undefined ? '' : `uid ${uid}`, gid === undefined ? '' : `gid ${gid}`].filter(text => text !== '')
  return `Set '${name}' persistent and owned by ${owners.join(' ')}`
}
