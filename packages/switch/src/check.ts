/** Arguments of the console and of clients, checked: the world's numbers, so errors are VdeErrors. */
import { VdeError } from '@vde-ts/link/errors.js'
import type { Port } from './port.ts'
import { NO_VLAN, type Vlan } from './vlan.ts'

interface Places {
  readonly ports: ReadonlyArray<Port | null>
  readonly vlans: ReadonlyArray<Vlan | null>
}

/** @throws {VdeError} EINVAL unless `value` is an integer in `low..high` */
export const checkRange = (action: string, what: string, value: number, low: number, high: number): void => {
  if (Number.isInteger(value) && value >= low && value <= high) return
  throw new VdeError('EINVAL', action, `${what} is ${value}, want ${low}..${high}`)
}

/** The port `number`. @throws {VdeError} EINVAL out of range, ENXIO no such port */
export const needPort = (action: string, places: Places, number: number): Port => {
  checkRange(action, 'the port', number, 0, places.ports.length - 1)
  const port = places.ports[number]
  if (port === null) throw new VdeError('ENXIO', action, `port ${number} does not exist, create it first`)
  return port
}

/** The VLAN `id`. @throws {VdeError} EINVAL out of range, ENXIO not defined */
export const needVlan = (action: string, places: Places, id: number): Vlan => {
  checkRange(action, 'the VLAN', id, 0, NO_VLAN - 1)
  const vlan = places.vlans[id]
  if (vlan === null) throw new VdeError('ENXIO', action, `VLAN ${id} does not exist, create it first`)
  return vlan
}
