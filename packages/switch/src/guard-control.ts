/** What the console does with the guards of ports. */
import { VdeError } from '@vde-ts/link/errors.js'
import type { Bridge } from './bridge.ts'
import { needPort } from './check.ts'
import { Bindings } from './bindings.ts'
import { changeGate } from './gate.ts'
import { checkGuards, UNGUARDED, type PortGuardSettings } from './port-guard.ts'
import type { Port } from './port.ts'
import { ProtocolGuard } from './protocol-guard.ts'
import { Shaper, type After } from './shaper.ts'
import { StormControl, type StormSettings } from './storm.ts'
import { TokenBucket, type Clock } from './token-bucket.ts'

/** `switch.guards`. */
export class GuardControl {
  readonly #bridge: Bridge
  readonly #clock: Clock
  /** For what comes in. */
  readonly #turnClock: Clock
  readonly #after: After | null

  constructor (bridge: Bridge, clock: Clock, turnClock: Clock, after: After | null) {
    this.#bridge = bridge
    this.#clock = clock
    this.#turnClock = turnClock
    this.#after = after
  }

  /** @throws {VdeError} EINVAL, ENXIO */
  settings (number: number): PortGuardSettings { return needPort(`read the guards of port ${number}`, this.#bridge, number).guards }

  /** Changes what `change` names, all or nothing. @throws {VdeError} EINVAL, ENXIO */
  configure (number: number, change: Partial<PortGuardSettings>): void {
    const action = `set the guards of port ${number}`
    const port = needPort(action, this.#bridge, number)
    const before = port.guards
    const after = { ...before, ...change }
    checkGuards(action, after)
    if (after.rateOut !== null && this.#after === null) throw new VdeError('EOPNOTSUPP', action, 'this switch has no timer for rates')
    const protocols = protocolGuard(after) // throws of addresses that are none
    port.guards = after
    port.isolation = after.isolation
    port.refreshApart()
    this.#bridge.fdb.setLimit(number, after.maxAddresses)
    if (after.storm !== before.storm) port.storm = this.#storm(after.storm)
    if (after.rateIn !== before.rateIn || after.reserved !== before.reserved) this.#setGate(port, after)
    changeGate(port, (gate) => { gate.protocols = protocols })
    if (after.rateOut !== before.rateOut) this.#shape(port, after)
  }

  /** The port goes: another of its number begins without guards. */
  forget (port: Port): void { this.configure(port.number, UNGUARDED) }

  #storm (settings: StormSettings): StormControl | null {
    return Object.values(settings).every((rate) => rate === null) ? null : new StormControl(settings, this.#turnClock)
  }

  #setGate (port: Port, { rateIn, reserved }: PortGuardSettings): void {
    changeGate(port, (gate) => {
      gate.rate = rateIn === null ? null : new TokenBucket(rateIn, this.#turnClock)
      gate.reserved = reserved.reduce((bits, digit) => bits | 1 << digit, 0)
    })
  }

  #shape (port: Port, { rateOut }: PortGuardSettings): void {
    port.shaper = rateOut === null || this.#after === null ? null : new Shaper(rateOut, this.#clock, this.#after)
    for (const endpoint of port.endpoints) endpoint.reshape()
  }
}

const protocolGuard = ({ isDhcpGuarded, isRaGuarded, bindings }: PortGuardSettings): ProtocolGuard | null => {
  if (!isDhcpGuarded && !isRaGuarded && bindings.length === 0) return null
  return new ProtocolGuard(isDhcpGuarded, isRaGuarded, bindings.length === 0 ? null : new Bindings(bindings))
}
