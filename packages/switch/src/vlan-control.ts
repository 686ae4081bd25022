/** What the console does with VLANs. */
import { VdeError } from '@vde-ts/link/errors.js'
import { OPAQUE, type Bridge } from './bridge.ts'
import { checkRange, needPort, needVlan } from './check.ts'
import type { Port } from './port.ts'
import { DEFAULT_VLAN, NO_VLAN, Vlan, type PortState } from './vlan.ts'

/** A port as a member of a VLAN. */
export interface VlanMember {
  readonly port: number
  readonly isTagged: boolean
  readonly isActive: boolean
  /** `Learning` for a port with nothing plugged in. */
  readonly state: PortState
}

/** `switch.vlan`. */
export class VlanControl {
  readonly #bridge: Bridge

  constructor (bridge: Bridge) {
    this.#bridge = bridge
    bridge.vlans[DEFAULT_VLAN] = new Vlan(DEFAULT_VLAN)
  }

  /** @throws {VdeError} EINVAL not 1..4094, EEXIST */
  create (id: number): void {
    const action = `create VLAN ${id}`
    checkRange(action, 'the VLAN', id, 1, NO_VLAN - 1)
    if (this.#bridge.vlans[id] !== null) throw new VdeError('EEXIST', action, 'it exists already')
    this.#bridge.vlans[id] = new Vlan(id)
    this.#bridge.fdb.flushVlan(OPAQUE | id)
  }

  /** VLAN 0 may go too: ports made without it have no untagged VLAN. @throws {VdeError} EINVAL, ENXIO, EADDRINUSE has members */
  remove (id: number): void {
    const action = `remove VLAN ${id}`
    if (!needVlan(action, this.#bridge, id).isEmpty) throw new VdeError('EADDRINUSE', action, 'it has ports, take them out first')
    this.#bridge.vlans[id] = null
    this.#bridge.fdb.flushVlan(id, true)
  }

  /** Makes the port a tagged member. Nothing changes when it is a member. @throws {VdeError} EINVAL, ENXIO */
  addPort (id: number, port: number): void {
    const action = `add port ${port} to VLAN ${id}`
    const vlan = needVlan(action, this.#bridge, id)
    const member = needPort(action, this.#bridge, port)
    if (member.pvid === id) return
    vlan.tagged.add(port)
    vlan.isStale = true
  }

  /**
   * Ends a tagged membership, if there is one.
   * @throws {VdeError} EINVAL, ENXIO, EADDRINUSE it is the untagged VLAN of the port
   */
  deletePort (id: number, port: number): void {
    const action = `take port ${port} out of VLAN ${id}`
    const vlan = needVlan(action, this.#bridge, id)
    const member = needPort(action, this.#bridge, port)
    if (member.pvid === id) {
      throw new VdeError('EADDRINUSE', action, 'it is the untagged VLAN of the port, give the port another one first')
    }
    vlan.drop(port)
    this.#bridge.fdb.flushPort(port, id)
  }

  /** Changes the untagged VLAN of a port; NO_VLAN (4095): it has none. @throws {VdeError} EINVAL, ENXIO */
  setUntagged (port: number, id: number): void {
    const action = `set the untagged VLAN of port ${port} to ${id}`
    const member = needPort(action, this.#bridge, port)
    if (id !== NO_VLAN) needVlan(action, this.#bridge, id)
    if (member.pvid === id) return
    this.#bridge.vlans[member.pvid]?.drop(port)
    this.join(member, id)
    this.#bridge.fdb.flushPort(port)
  }

  /** Puts a port that has no untagged VLAN into `id`. */
  join (port: Port, id: number): void {
    port.pvid = id
    const vlan = this.#bridge.vlans[id]
    if (vlan === null) return
    vlan.tagged.delete(port.number)
    vlan.untagged.add(port.number)
    vlan.isStale = true
  }

  /** Takes a port out of every VLAN. */
  leaveAll (port: Port): void {
    for (const vlan of this.#bridge.vlans) {
      if (vlan !== null && vlan.isMember(port.number)) vlan.drop(port.number)
    }
    port.pvid = NO_VLAN
  }

  /** The VLANs there are, by rising number. */
  list (): Vlan[] { return this.#bridge.vlans.filter((vlan): vlan is Vlan => vlan !== null) }

  /** The VLAN `id`. @throws {VdeError} EINVAL not 0..4094, ENXIO not defined */
  get (id: number): Vlan { return needVlan(`read VLAN ${id}`, this.#bridge, id) }

  /** Its members, active or not, by rising port number. @throws {VdeError} EINVAL, ENXIO */
  members (id: number): VlanMember[] {
    const vlan = this.get(id)
    const found: VlanMember[] = []
    for (const port of this.#bridge.ports) {
      if (port === null || !vlan.isMember(port.number)) continue
      found.push({
        port: port.number,
        isTagged: port.pvid !== id,
        isActive: port.isActive,
        state: port.isActive ? vlan.stateOf(port.number) : 'Learning'
      })
    }
    return found
  }

  /** Sets the spanning-tree state of a member. @throws {VdeError} EINVAL, ENXIO no such VLAN, port or membership */
  setState (id: number, port: number, state: PortState): void {
    const action = `set the state of port ${port} in VLAN ${id}`
    const vlan = needVlan(action, this.#bridge, id)
    needPort(action, this.#bridge, port)
    if (!vlan.isMember(port)) throw new VdeError('ENXIO', action, 'the port is no member of the VLAN')
    vlan.setState(port, state)
  }
}
