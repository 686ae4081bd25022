/**
 * `switch.tree`: the spanning tree as the switch and its console see it.
 *
 * Modes rstp and stp have one tree for the whole bridge, as IEEE 802.1D says. Mode fstp has one for each VLAN, in the
 * dialect of the C switch, with its times and costs: for whole networks of that switch. Trees and their ports are made to
 * be what the settings and the VLANs say after every change of these, by `#reconcile` and `#reconcilePort`. A port joins
 * discarding, and forwards when its tree says so.
 *
 * Ports that a port identifier cannot name (0, and those above 4 095) are outside: they forward, and when a BPDU is heard
 * there they are shut for a while, since whatever is behind may close a loop.
 */
import { etherType } from '@vde-ts/frame/ethernet.js'
import { bridgeId } from '@vde-ts/frame/bpdu.js'
import { TAG } from '@vde-ts/frame/vlan.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { DEFAULT_TIMES, FSTP_TIMES, GUARD_RECOVERY, MAX_TREE_PORT, type Times, type TreePort, type TreeSettings } from '@vde-ts/stp'
import type { BpduConsumer } from './bridge.ts'
import { checkRange, needVlan } from './check.ts'
import type { Port } from './port.ts'
import { setTreeState, TreeInstance, type InstanceContext } from './tree-instance.ts'
import {
  changes, costOf, DEFAULT_TREE_PORT, NO_BONUS, portSettings, type Bonus, type TreeBridgeSettings, type TreeMode,
  type TreePortSettings, type TreeSnapshot
} from './tree-settings.ts'
import { DEFAULT_VLAN, type Vlan } from './vlan.ts'

/** Seconds made up for at most: a process that was stopped has unread BPDUs waiting, and must not find them expired. */
const MAX_CATCH_UP = 2
/**
 * BPDUs of a port that are read in a second, for each tree there is. A bridge sends TxHoldCount of them. Each that is news
 * costs a look at all ports, 15 ms with a thousand, and whoever sends more is up to no good.
 */
const MAX_BPDUS = 64

/** Made by the switch. */
export class TreeControl implements BpduConsumer {
  readonly #context: InstanceContext
  #isEnabled = false
  #mode: TreeMode = 'rstp'
  #settings: TreeBridgeSettings
  /** By VLAN; that of the whole bridge under DEFAULT_VLAN. */
  readonly #instances = new Map<number, TreeInstance>()
  readonly #ports = new Map<number, TreePortSettings>()
  readonly #bonuses = new Map<number, Bonus>()
  /** Bits per second by port, as of the last look. */
  readonly #rates = new Map<number, number | null>()
  /** Ports that were at the edge in the process before this one: they begin there. */
  readonly #edges = new Set<number>()
  /** Seconds until a port outside of the tree opens again; 0: not by itself. */
  readonly #shut = new Map<number, number>()
  #nowSec = -1
  /** BPDUs of this second, by port. */
  readonly #bpdus = new Map<number, number>()

  constructor (context: InstanceContext, priority: number) {
    this.#context = context
    this.#settings = { priority, times: null, txHoldCount: 6, guardRecovery: GUARD_RECOVERY }
    const turned = (number: number): void => { this.#reconcilePort(number) }
    const portDown = (number: number): void => {
      this.#edges.delete(number)
      turned(number)
    }
    context.observers.add({ portUp: turned, portDown, endpointAdded: turned, endpointRemoved: turned })
    context.bridge.membershipChanged = (number) => { number < 0 ? this.#reconcile() : this.#reconcilePort(number) }
  }

  get isEnabled (): boolean { return this.#isEnabled }
  get mode (): TreeMode { return this.#mode }
  get settings (): TreeBridgeSettings { return this.#settings }
  get times (): Times { return this.#settings.times ?? (this.#mode === 'fstp' ? FSTP_TIMES : DEFAULT_TIMES) }

  /** Turns the tree on or off. Off, everything forwards and BPDUs are data. @throws {VdeError} EINVAL on, in a hub */
  setEnabled (isEnabled: boolean): void {
    if (isEnabled && this.#context.bridge.isHub) throw new VdeError('EINVAL', 'turn on the spanning tree', 'the switch is a hub')
    if (isEnabled === this.#isEnabled) return
    this.#isEnabled = isEnabled
    this.#context.bridge.bpduConsumer = isEnabled ? this : null
    if (!isEnabled) this.#shut.clear()
    this.#reconcile()
    for (const port of this.#context.bridge.ports) if (port !== null && !isEnabled) this.#applyOutside(port.number)
  }

  /** Changes the mode. Between fstp and the others all trees begin anew. */
  setMode (mode: TreeMode): void {
    if (mode === this.#mode) return
    if (mode === 'fstp' || this.#mode === 'fstp') this.#instances.clear()
    this.#mode = mode
    for (const { tree } of this.#instances.values()) tree.configure(this.#treeSettings())
    this.#reconcile()
  }

  /** Changes settings of the bridge. @throws {VdeError} EINVAL times that do not fit together (17.14) */
  configure (change: Partial<TreeBridgeSettings>): void {
    const { maxAge, helloTime, forwardDelay } = change.times ?? this.times
    if (2 * (forwardDelay - 1) < maxAge || maxAge < 2 * (helloTime + 1)) {
      const found = `hello ${helloTime}, max age ${maxAge}, forward delay ${forwardDelay}`
      throw new VdeError('EINVAL', 'set the times of the tree', `${found}, want 2 (forward delay - 1) >= max age >= 2 (hello + 1)`)
    }
    this.#settings = { ...this.#settings, ...change }
    for (const { tree } of this.#instances.values()) tree.configure(this.#treeSettings())
  }

  /** What is set for a port, which need not exist yet. @throws {VdeError} EINVAL */
  portSettings (number: number): TreePortSettings {
    checkRange(`read the tree of port ${number}`, 'the port', number, 0, this.#context.bridge.ports.length - 1)
    return this.#ports.get(number) ?? DEFAULT_TREE_PORT
  }

  /** Changes that. @throws {VdeError} EINVAL */
  configurePort (number: number, change: Partial<TreePortSettings>): void {
    this.#ports.set(number, { ...this.portSettings(number), ...change })
    this.#reconcilePort(number)
  }

  /** Has a port find out anew what its neighbour speaks, and opens it if something shut it. */
  restart (number: number): void {
    if (this.#shut.delete(number)) this.#applyOutside(number)
    for (const { tree } of this.#instances.values()) tree.restart(number)
  }

  /** The bonus in the tree of a VLAN. */
  bonus (vlan: number): Bonus { return this.#bonuses.get(this.#treeOf(vlan)) ?? NO_BONUS }

  /** Lowers the cost of one port in the tree of a VLAN; there is one such port in each tree. @throws {VdeError} EINVAL, ENXIO */
  setBonus (vlan: number, bonus: Bonus): void {
    const action = `set the bonus of VLAN ${vlan}`
    needVlan(action, this.#context.bridge, vlan)
    checkRange(action, 'the port', bonus.port, 0, this.#context.bridge.ports.length - 1)
    this.#bonuses.set(this.#treeOf(vlan), bonus)
    this.#reconcile()
  }

  /** The tree of a VLAN; undefined: there is none. */
  instance (vlan: number): TreeInstance | undefined { return this.#instances.get(this.#treeOf(vlan)) }

  /** The trees there are, by rising VLAN. */
  get instances (): readonly TreeInstance[] { return [...this.#instances.values()].sort((a, b) => a.vlanId - b.vlanId) }

  /** How a port stands in its tree: of several, that of its untagged VLAN before others. Undefined: it is in none. */
  standing ({ number, pvid }: Port): TreePort | undefined {
    const own = this.instance(pvid)?.tree.port(number)
    return own ?? this.instances.find(({ tree }) => tree.port(number) !== undefined)?.tree.port(number)
  }

  /** Whether a port outside of the tree is shut. */
  isShut (number: number): boolean { return this.#shut.has(number) }

  onBpdu (number: number, vlan: number, buf: Uint8Array, off: number, len: number): void {
    if (!isNamed(number)) return this.#shutOutside(number)
    const isTagged = etherType(buf, off) === this.#context.bridge.ports[number]!.tpid
    if (isTagged && this.#mode !== 'fstp') return // the tree of the bridge speaks untagged
    const tree = this.#instances.get(this.#treeOf(vlan))?.tree
    if (tree === undefined) return
    const heard = (this.#bpdus.get(number) ?? 0) + 1
    this.#bpdus.set(number, heard)
    const shift = isTagged ? TAG : 0
    if (heard <= MAX_BPDUS * this.#instances.size) tree.onFrame(number, buf, off + shift, len - shift)
    else tree.ignore(number)
  }

  /** Tells the time, in whole seconds. */
  tick (nowSec: number): void {
    const seconds = this.#nowSec < 0 ? 1 : Math.min(nowSec - this.#nowSec, MAX_CATCH_UP)
    this.#nowSec = nowSec
    this.#bpdus.clear()
    if (this.#isEnabled) this.#followRates()
    for (let i = 0; i < seconds; i++) {
      for (const { tree } of this.#instances.values()) tree.tick()
      this.#tickShut()
    }
  }

  /** Links do not tell when their rate changes. */
  #followRates (): void {
    for (const [number, rate] of this.#rates) {
      if (this.#context.bridge.ports[number]!.bitsPerSec !== rate) this.#reconcilePort(number)
    }
  }

  /** A port is no more. */
  portGone (number: number): void {
    for (const { tree } of this.#instances.values()) if (tree.port(number) !== undefined) tree.removePort(number)
    this.#ports.delete(number)
    this.#rates.delete(number)
    this.#shut.delete(number)
  }

  snapshot (): TreeSnapshot {
    const trees = [...this.#instances.values()].map(({ tree }) => tree)
    return {
      isEnabled: this.#isEnabled,
      mode: this.#mode,
      settings: this.#settings,
      ports: [...this.#ports].map(([number, set]) => ({ number, ...set })),
      bonuses: [...this.#bonuses].map(([tree, bonus]) => ({ tree, ...bonus })),
      edges: trees.flatMap(({ ports }) => ports.filter((port) => port.operEdge).map((port) => port.number))
    }
  }

  /** Goes on where another process was. The trees begin anew; ports at the edge do so as such, so stations notice nothing. */
  restore ({ isEnabled, mode, settings, ports, bonuses, edges }: TreeSnapshot): void {
    this.#mode = mode
    this.#settings = settings
    for (const { number, ...set } of ports) this.#ports.set(number, set)
    for (const { tree, ...bonus } of bonuses) this.#bonuses.set(tree, bonus)
    for (const number of edges) this.#edges.add(number)
    this.setEnabled(isEnabled)
  }

  #treeOf (vlan: number): number { return this.#mode === 'fstp' ? vlan : DEFAULT_VLAN }

  #treeSettings (): TreeSettings {
    const { macHi, macLo } = this.#context
    const { priority, txHoldCount, guardRecovery } = this.#settings
    return {
      bridgeIdentifier: bridgeId(priority, macHi, macLo),
      bridgeTimes: this.times,
      forceProtocolVersion: this.#mode === 'stp' ? 0 : 2,
      txHoldCount,
      guardRecovery,
      isFstp: this.#mode === 'fstp'
    }
  }

  #reconcile (): void {
    const wanted = this.#wantedTrees()
    for (const [id, { vlan }] of this.#instances) {
      if (!wanted.has(id) || vlan !== wanted.get(id)) this.#instances.delete(id)
    }
    for (const [id, vlan] of wanted) {
      if (!this.#instances.has(id)) this.#instances.set(id, new TreeInstance(this.#context, vlan, this.#treeSettings()))
    }
    for (const port of this.#context.bridge.ports) if (port !== null) this.#reconcilePort(port.number)
  }

  #wantedTrees (): Map<number, Vlan | null> {
    const wanted = new Map<number, Vlan | null>()
    if (!this.#isEnabled) return wanted
    if (this.#mode !== 'fstp') return wanted.set(DEFAULT_VLAN, null)
    for (const vlan of this.#context.bridge.vlans) if (vlan !== null) wanted.set(vlan.id, vlan)
    return wanted
  }

  #reconcilePort (number: number): void {
    const port = this.#context.bridge.ports[number]
    if (port === null || port === undefined || !this.#isEnabled) return
    if (!isNamed(number)) return this.#applyOutside(number)
    this.#rates.set(number, port.bitsPerSec)
    for (const instance of this.#instances.values()) this.#reconcileMember(instance, port)
  }

  #reconcileMember (instance: TreeInstance, port: Port): void {
    const { tree, vlan } = instance
    const { number } = port
    if (vlan?.isMember(number) === false) {
      if (tree.port(number) !== undefined) tree.removePort(number)
      return
    }
    const bonus = this.bonus(instance.vlanId)
    const set = this.portSettings(number)
    const rate = this.#rates.get(number) ?? null
    const cost = costOf(set, { mode: this.#mode, rate, bonus: bonus.port === number ? bonus.cost : 0 })
    const settings = portSettings(set, port, cost, this.#edges.has(number))
    const present = tree.port(number)
    const change = present === undefined ? settings : changes(present, settings)
    if (present === undefined) tree.addPort(number, settings)
    else if (change !== null) tree.configurePort(number, change)
    if (tree.port(number)!.isUp !== port.isUp) tree.setUp(number, port.isUp)
    instance.apply(number)
  }

  #shutOutside (number: number): void {
    const isNew = !this.#shut.has(number)
    this.#shut.set(number, this.#settings.guardRecovery)
    if (!isNew) return
    this.#applyOutside(number)
    this.#context.observers.treeBlocked(number, DEFAULT_VLAN, 'outside-tree')
  }

  #tickShut (): void {
    for (const [number, left] of this.#shut) {
      if (left !== 1) this.#shut.set(number, Math.max(0, left - 1))
      else if (this.#shut.delete(number)) this.#applyOutside(number)
    }
  }

  #applyOutside (number: number): void {
    const state = this.#shut.has(number) ? 'Discarding' : 'Forwarding'
    for (const vlan of this.#context.bridge.vlans) if (vlan !== null) setTreeState(vlan, number, state)
  }
}

/** Whether a port identifier can name the port. */
const isNamed = (number: number): boolean => number >= 1 && number <= MAX_TREE_PORT
