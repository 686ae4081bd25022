/**
 * What a switch tells of itself while it runs. Every method is optional, none may throw; the switch pays nothing for an
 * event nobody listens to. Addresses are two int32 halves, see `@vde-ts/frame/ethernet.js`.
 *
 * Order on connect: portAdded (if the port is new), endpointAdded, description, portUp. On disconnect: endpointRemoved,
 * portDown, portRemoved (if it was the last), hashRemoved for each address of the port.
 */
import type { PortState } from './vlan.ts'

/** Whoever listens: each method is told of one kind of event. */
export interface Observer {
  /** The port exists now. Not repeated when an existing idle port is used again. */
  portAdded? (port: number): void
  /** The last endpoint of the port left. The port itself, with its configuration, stays. */
  portRemoved? (port: number): void
  /** The medium of the first endpoint is there (MAC_Operational), see {@link Port.isUp}. */
  portUp? (port: number): void
  /** The media of all endpoints are away, or none is plugged in any more; hashRemoved follows. */
  portDown? (port: number): void
  endpointAdded? (port: number, id: number): void
  endpointRemoved? (port: number, id: number): void
  /** Raw text of the client: escape it before showing. Follows endpointAdded when there is a description. */
  description? (port: number, id: number, text: string): void
  /** The spanning tree changed what a port does to frames; VLAN 0 stands for the whole bridge, as below. */
  treeState? (port: number, vlan: number, state: PortState): void
  /** Another root, sixteen hexadecimal digits, or another way to it; port 0: this switch is the root. */
  treeRoot? (port: number, vlan: number, root: string): void
  /** BPDUs began to arrive, or what they said expired. */
  treeHeard? (port: number, vlan: number, isHeard: boolean): void
  /** A guard shut a port; null: it is open again. */
  treeBlocked? (port: number, vlan: number, reason: string | null): void
  /** An address was learnt, moved here, or added by hand. Called on the data path. */
  hashAdded? (macHi: number, macLo: number, vlan: number, port: number): void
  hashRemoved? (macHi: number, macLo: number, vlan: number, port: number): void
}

/** The observers of one switch, told in the order they came. */
export class Observers implements Required<Observer> {
  #all: readonly Observer[] = []

  /** True when somebody wants to hear of the table. */
  get wantsHash (): boolean {
    return this.#all.some((one) => one.hashAdded !== undefined || one.hashRemoved !== undefined)
  }

  add (observer: Observer): void { this.#all = [...this.#all, observer] }
  remove (observer: Observer): void { this.#all = this.#all.filter((one) => one !== observer) }

  portAdded (port: number): void { for (const one of this.#all) one.portAdded?.(port) }
  portRemoved (port: number): void { for (const one of this.#all) one.portRemoved?.(port) }
  portUp (port: number): void { for (const one of this.#all) one.portUp?.(port) }
  portDown (port: number): void { for (const one of this.#all) one.portDown?.(port) }
  endpointAdded (port: number, id: number): void { for (const one of this.#all) one.endpointAdded?.(port, id) }
  endpointRemoved (port: number, id: number): void { for (const one of this.#all) one.endpointRemoved?.(port, id) }
  description (port: number, id: number, text: string): void {
    for (const one of this.#all) one.description?.(port, id, text)
  }

  treeState (port: number, vlan: number, state: PortState): void {
    for (const one of this.#all) one.treeState?.(port, vlan, state)
  }

  treeRoot (port: number, vlan: number, root: string): void { for (const one of this.#all) one.treeRoot?.(port, vlan, root) }
  treeHeard (port: number, vlan: number, isHeard: boolean): void {
    for (const one of this.#all) one.treeHeard?.(port, vlan, isHeard)
  }

  treeBlocked (port: number, vlan: number, reason: string | null): void {
    for (const one of this.#all) one.treeBlocked?.(port, vlan, reason)
  }

  hashAdded (macHi: number, macLo: number, vlan: number, port: number): void {
    for (const one of this.#all) one.hashAdded?.(macHi, macLo, vlan, port)
  }

  hashRemoved (macHi: number, macLo: number, vlan: number, port: number): void {
    for (const one of this.#all) one.hashRemoved?.(macHi, macLo, vlan, port)
  }
}
