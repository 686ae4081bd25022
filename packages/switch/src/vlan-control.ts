/** What the console does with VLANs. */
import { VdeError } from '@vde-ts/link/errors.js'
import { OPAQUE, type Bridge } from './bridge.ts'
import { checkRange, needPort, needVlan } from './check.ts'
import type { Port } from './port.ts'
import { ADMIT_UNTAGGED, ADMITS, checkSettings, settingsOf, type PortVlanSettings } from './port-vlan.ts'
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
    this.#make(id)
    this.#bridge.membershipChanged(-1)
  }

  /** VLAN 0 is there again, if it was removed. */
  makeDefault (): void {
    if (this.#bridge.vlans[DEFAULT_VLAN] !== null) return
    this.#make(DEFAULT_VLAN)
    this.#bridge.membershipChanged(-1)
  }

  /** VLAN 0 may go too: ports made without it have no untagged VLAN. @throws {VdeError} EINVAL, ENXIO, EADDRINUSE has members */
  remove (id: number): void {
    const action = `remove VLAN ${id}`
    if (!needVlan(action, this.#bridge, id).isEmpty) throw new VdeError('EADDRINUSE', action, 'it has ports, take them out first')
    this.#bridge.vlans[id] = null
    this.#bridge.fdb.flushVlan(id, true)
    this.#bridge.membershipChanged(-1)
  }

  /** Makes the port a tagged member. Nothing changes when it is a member. @throws {VdeError} EINVAL, ENXIO */
  addPort (id: number, port: number): void {
    const action = `add port ${port} to VLAN ${id}`
    const vlan = needVlan(action, this.#bridge, id)
    const member = needPort(action, this.#bridge, port)
    if (member.pvid === id) return
    vlan.tagged.add(port)
    vlan.isStale = true
    this.#bridge.membershipChanged(port)
  }

  /**
   * Ends a tagged membership, if there is one.
   * @throws {VdeError} EINVAL, ENXIO, EADDRINUSE it is the untagged VLAN of the port
   */
  deletePort (id: number, port: number): void {
    const action = `take port ${port} out of VLAN ${id}`
    const vlan = needVlan(action, this.#bridge, id)
    const member = needPort(action, this.#bridge, port)
    if (member.pvid === id || member.untaggedVlan === id) {
      throw new VdeError('EADDRINUSE', action, 'it is the untagged VLAN of the port, give the port another one first')
    }
    vlan.drop(port)
    this.#bridge.fdb.flushPort(port, id)
    this.#bridge.membershipChanged(port)
  }

  /** Changes the untagged VLAN of a port; NO_VLAN (4095): it has none. @throws {VdeError} EINVAL, ENXIO */
  setUntagged (port: number, id: number): void {
    const action = `set the untagged VLAN of port ${port} to ${id}`
    const member = needPort(action, this.#bridge, port)
    if (id !== NO_VLAN) needVlan(action, this.#bridge, id)
    if (member.pvid === id && member.untaggedVlan === id) return
    this.#bridge.vlans[member.pvid]?.drop(port)
    this.#bridge.vlans[member.untaggedVlan]?.drop(port)
    this.join(member, id)
    this.#bridge.fdb.flushPort(port)
  }

  /** Puts a port that has no untagged VLAN into `id`. */
  join (port: Port, id: number): void {
    port.pvid = port.untaggedVlan = id
    settle(port)
    const vlan = this.#bridge.vlans[id]
    vlan?.tagged.delete(port.number)
    vlan?.untagged.add(port.number)
    if (vlan !== null) vlan.isStale = true
    this.#bridge.membershipChanged(port.number)
  }

  /** Takes a port out of every VLAN. */
  leaveAll (port: Port): void {
    for (const vlan of this.#bridge.vlans) {
      if (vlan !== null && vlan.isMember(port.number)) vlan.drop(port.number)
    }
    port.pvid = port.untaggedVlan = NO_VLAN
    settle(port)
  }

  /** What a port decides about VLANs. @throws {VdeError} EINVAL, ENXIO */
  settings (number: number): PortVlanSettings {
    const port = needPort(`read the VLANs of port ${number}`, this.#bridge, number)
    return settingsOf(port, this.list().filter((vlan) => vlan.tagged.has(number)).map((vlan) => vlan.id))
  }

  /**
   * Changes what `change` names, all or nothing; VLANs that are not there are made. A membership that stays is not
   * touched, nor are its addresses and its state in the spanning tree.
   * @throws {VdeError} EINVAL, ENXIO
   */
  configure (number: number, change: Partial<PortVlanSettings>): void {
    const action = `set the VLANs of port ${number}`
    const port = needPort(action, this.#bridge, number)
    const before = this.settings(number)
    const after = { ...before, ...change }
    checkSettings(action, after)
    port.tpid = after.tpid
    port.admits = ADMITS[after.admits]
    port.isFiltering = after.isFiltering
    port.defaultTci = after.priority << 13
    port.pvid = after.pvid
    port.untaggedVlan = after.untagged
    settle(port)
    this.#changeMembership(port, new Set(after.tagged), after.untagged)
    // Addresses were learnt in the VLAN that untagged frames had.
    if (before.pvid !== after.pvid) this.#bridge.fdb.flushPort(number, before.pvid)
    this.#bridge.membershipChanged(number)
  }

  #changeMembership (port: Port, tagged: ReadonlySet<number>, untagged: number): void {
    const missing = [...tagged, untagged, port.pvid].filter((id) => id !== NO_VLAN && this.#bridge.vlans[id] === null)
    for (const id of missing) this.#make(id)
    if (missing.length > 0) this.#bridge.membershipChanged(-1)
    for (const vlan of this.list()) {
      const { id } = vlan
      const wasMember = vlan.isMember(port.number)
      if (!tagged.has(id) && id !== untagged) {
        if (!wasMember) continue
        vlan.drop(port.number)
        this.#bridge.fdb.flushPort(port.number, id)
        continue
      }
      vlan.tagged.delete(port.number)
      vlan.untagged.delete(port.number)
      if (id === untagged) vlan.untagged.add(port.number)
      else vlan.tagged.add(port.number)
      vlan.isStale = true
    }
  }

  #make (id: number): void {
    this.#bridge.vlans[id] = new Vlan(id)
    this.#bridge.fdb.flushVlan(OPAQUE | id)
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
        isTagged: port.untaggedVlan !== id,
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

const settle = (port: Port): void => { port.bareVlan = (port.admits & ADMIT_UNTAGGED) === 0 ? NO_VLAN : port.pvid }
