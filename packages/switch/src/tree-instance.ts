/**
 * One spanning tree of the switch: of the whole bridge (`vlan` is null), or of one VLAN. Between the machines, which know
 * port numbers and BPDUs, and the bridge, which knows frames, VLANs and addresses.
 */
import { BPDU_FRAME, writeBpdu, type Bpdu } from '@vde-ts/frame/bpdu.js'
import { pushTag, TAG } from '@vde-ts/frame/vlan.js'
import { setEtherType } from '@vde-ts/frame/ethernet.js'
import { HEADROOM } from '@vde-ts/link/link.js'
import { SpanningTree, type BlockReason, type TreeHost, type TreeSettings } from '@vde-ts/stp'
import type { Bridge } from './bridge.ts'
import type { Observers } from './observer.ts'
import type { PortState, Vlan } from './vlan.ts'

/** What an instance needs of the switch. */
export interface InstanceContext {
  readonly bridge: Bridge
  readonly observers: Observers
  /** Source address of BPDUs. */
  readonly macHi: number
  readonly macLo: number
}

/** One tree. */
export class TreeInstance implements TreeHost {
  /** Null: of the whole bridge. */
  readonly vlan: Vlan | null
  readonly tree: SpanningTree
  readonly #context: InstanceContext
  readonly #frame: Uint8Array = new Uint8Array(HEADROOM + BPDU_FRAME)

  constructor (context: InstanceContext, vlan: Vlan | null, settings: TreeSettings) {
    this.#context = context
    this.vlan = vlan
    this.tree = new SpanningTree(this, settings)
  }

  /** VLAN as events show it. */
  get vlanId (): number { return this.vlan?.id ?? 0 }

  /** Has the VLANs do what the tree says of a port. */
  apply (port: number): void {
    const state = this.tree.port(port)?.pst ?? 'Discarding'
    if (this.vlan !== null) return setTreeState(this.vlan, port, state)
    for (const vlan of this.#context.bridge.vlans) if (vlan !== null) setTreeState(vlan, port, state)
  }

  setState (port: number, state: PortState): void {
    this.apply(port)
    this.#context.observers.treeState(port, this.vlanId, state)
  }

  flush (port: number): void { this.#context.bridge.fdb.flushPort(port, this.vlan?.id ?? -1) }

  transmit (number: number, bpdu: Bpdu): void {
    const { bridge, macHi, macLo } = this.#context
    const port = bridge.ports[number]
    if (port === null || port === undefined) return
    const buf = this.#frame
    buf.fill(0, 0, HEADROOM)
    writeBpdu(buf, HEADROOM, bpdu, macHi, macLo)
    if (this.vlan === null || port.untaggedVlan === this.vlan.id) return port.send(buf, HEADROOM, BPDU_FRAME)
    const at = pushTag(buf, HEADROOM, this.vlan.id)
    setEtherType(buf, at, port.tpid)
    port.send(buf, at, BPDU_FRAME + TAG)
  }

  rootChanged (root: string, port: number): void { this.#context.observers.treeRoot(port, this.vlanId, root) }
  heard (port: number, isHeard: boolean): void { this.#context.observers.treeHeard(port, this.vlanId, isHeard) }
  blocked (port: number, reason: BlockReason | null): void { this.#context.observers.treeBlocked(port, this.vlanId, reason) }
}

/** Sets the state of a port in a VLAN, if it is a member and has another. */
export const setTreeState = (vlan: Vlan, port: number, state: PortState): void => {
  if (vlan.isMember(port) && vlan.stateOf(port) !== state) vlan.setState(port, state)
}
