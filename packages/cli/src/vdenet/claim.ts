/** Which hosts of a network are this machine: those that are named, or those whose address it has. */
import { networkInterfaces } from 'node:os'
import { canonicalIp, type Model, type Phys } from '@vde-ts/model'
import { nearestHint } from '@vde-ts/vnl/nearest.js'
import { UsageError } from '../command.ts'

const namesOf = (hosts: string): string[] => hosts.split(',').map((name) => name.trim()).filter((name) => name !== '')

/** @param hosts as typed, parted by commas */
export const claimOf = (hosts: string | undefined): (phys: Phys) => boolean => {
  if (hosts !== undefined) {
    const names = new Set(namesOf(hosts))
    return (phys) => names.has(phys.host) || names.has(phys.name)
  }
  const own = new Set(Object.values(networkInterfaces()).flatMap((list) => list ?? []).map(({ address }) => canonicalIp(address.split('%')[0]!)))
  return ({ ip }) => ip !== null && own.has(ip)
}

/** @throws {UsageError} a name that no host has */
export const checkClaim = ({ physes }: Model, hosts: string | undefined): void => {
  const known = new Set(physes.flatMap(({ name, host }) => [name, host]))
  const strange = namesOf(hosts ?? '').find((name) => !known.has(name))
  if (strange === undefined) return
  const hint = nearestHint(strange, [...known])
  throw new UsageError(`Cannot be host "${strange}": want one of ${[...known].join(', ') || 'none, as there are none'}${hint === null ? '' : ` (${hint})`}`)
}
