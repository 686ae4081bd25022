/** What the console does with multicast: VLANs in which groups go where somebody joined them, see snooping.ts. */
import type { Bridge } from './bridge.ts'
import { checkRange, needPort, needVlan } from './check.ts'
import type { Observers } from './observer.ts'
import { DEFAULT_MULTICAST_PORT, Snooping, type MulticastPortSettings, type SnoopingState } from './snooping.ts'
import type { Vlan } from './vlan.ts'

/** What a switch knows of multicast, as it travels. */
export interface MulticastSnapshot {
  readonly vlans: readonly SnoopingState[]
  readonly ports: ReadonlyArray<readonly [port: number, settings: MulticastPortSettings]>
}

/** `switch.multicast`. */
export class MulticastControl {
  readonly #bridge: Bridge
  readonly #key: number
  readonly #ports = new Map<number, MulticastPortSettings>()
  #nowSec = 0

  constructor (bridge: Bridge, observers: Observers, key: number) {
    this.#bridge = bridge
    this.#key = key
    observers.add({
      portDown: (port) => { this.#each((one) => { one.forgetPort(port) }) },
      // The network leads elsewhere: everybody gets everything until the querier has asked again.
      treeState: (_port, _vlan, state) => { if (state === 'Forwarding') this.#each((one) => { one.forget() }) }
    })
  }

  /** Looks at what hosts of a VLAN say, or no longer. @throws {VdeError} EINVAL, ENXIO */
  setSnooping (id: number, isOn: boolean): void {
    const vlan = needVlan(`set snooping in VLAN ${id}`, this.#bridge, id)
    if (isOn) vlan.snooping ??= this.#make(vlan)
    else vlan.snooping = null
  }

  /** Whether a group nobody joined goes to routers only. @throws {VdeError} EINVAL, ENXIO no such VLAN, or no snooping there */
  setStrict (id: number, isStrict: boolean): void {
    const vlan = needVlan(`set what groups nobody joined do in VLAN ${id}`, this.#bridge, id)
    vlan.snooping ??= this.#make(vlan)
    vlan.snooping.isStrict = isStrict
  }

  /** @throws {VdeError} EINVAL, ENXIO */
  portSettings (number: number): MulticastPortSettings {
    needPort(`read the multicast settings of port ${number}`, this.#bridge, number)
    return this.#ports.get(number) ?? DEFAULT_MULTICAST_PORT
  }

  /** Changes what `change` names. @throws {VdeError} EINVAL, ENXIO */
  configurePort (number: number, change: Partial<MulticastPortSettings>): void {
    this.#ports.set(number, { ...this.portSettings(number), ...change })
    this.#each((one) => { one.forgetFloods() })
  }

  /** A port is no more. */
  portGone (number: number): void {
    this.#ports.delete(number)
    this.#each((one) => { one.forgetPort(number) })
  }

  /** Ports with settings of their own. */
  ports (): ReadonlyArray<readonly [number, MulticastPortSettings]> { return [...this.#ports] }

  /** VLANs that are looked at, or the one. @throws {VdeError} EINVAL, ENXIO */
  list (id?: number): SnoopingState[] {
    if (id !== undefined) checkRange('read the groups', 'the VLAN', id, 0, this.#bridge.vlans.length - 2)
    return this.#bridge.vlans.flatMap((vlan) =>
      vlan === null || vlan.snooping === null || (id !== undefined && vlan.id !== id) ? [] : [vlan.snooping.state()])
  }

  tick (nowSec: number): void {
    this.#nowSec = nowSec
    this.#each((one) => { one.tick(nowSec) })
  }

  snapshot (): MulticastSnapshot { return { vlans: this.list(), ports: this.ports() } }

  restore ({ vlans, ports }: MulticastSnapshot, nowSec: number): void {
    this.#nowSec = nowSec
    for (const [port, settings] of ports) this.#ports.set(port, settings)
    for (const state of vlans) {
      const vlan = this.#bridge.vlans[state.vlan]
      if (vlan === null || vlan === undefined) continue
      vlan.snooping = this.#make(vlan)
      vlan.snooping.restore(state)
    }
  }

  #make (vlan: Vlan): Snooping { return new Snooping(vlan, this.#ports, this.#key, this.#nowSec) }

  #each (change: (snooping: Snooping) => void): void {
    for (const vlan of this.#bridge.vlans) if (vlan !== null && vlan.snooping !== null) change(vlan.snooping)
  }
}
