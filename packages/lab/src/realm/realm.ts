/**
 * A network made real: what runs of it, and how each kind of object is made, changed and taken away.
 *
 *     node   a process with an init        interface   a TAP in it, and its plug       net    a switch
 *     link   a cable                       virt        a VNL on a switch               radio  a medium
 *     others: data, looked up when needed
 *
 * What is on other hosts is data too: overlays are told who is where.
 */
import { join } from 'node:path'
import { emptyModel, macOf, tableOf, type Kind, type Model, type Node, type Objects, type Table } from '@vde-ts/model'
import { VdeError } from '@vde-ts/link'
import { NodeControl } from '../node/control.ts'
import type { IdSource } from '../node/ids.ts'
import { RunningNode } from '../node/node.ts'
import { startNode } from '../node/start.ts'
import { native } from '@vde-ts/native'
import { LabCable } from './cable.ts'
import type { Doer } from './carry-out.ts'
import { Filters } from './filters.ts'
import { LabNet } from './net.ts'
import type { Operation } from './operations.ts'
import { isNodeHere, isVirtHere } from './overlay-spec.ts'
import { Overlays } from './overlays.ts'
import { plugIntoSwitch, plugIntoVnl, type Plug, type TapSource } from './plug.ts'
import { LabRadio, type SourceOf } from './radio.ts'
import { setRates } from './rates.ts'
import { startPrograms, type ProgramState } from './programs.ts'
import { settle } from './settle.ts'
import { VirtPort } from './virt.ts'

/** MTU of an interface that was given none, on a net without an overlay. */
const ETHERNET_MTU = 1500

/** Where it lives. */
export interface RealmOptions {
  readonly name: string
  /** The lab's own directory: sockets, logs. */
  readonly dir: string
  /** See {@link Realm.fileDir}, at first. */
  readonly fileDir: string
  readonly ids: IdSource
  log (line: string): void
  /** A node has ended, and not because it was asked to. */
  onLost (name: string): void
}

interface PluggedInterface {
  readonly object: Objects['interface']
  /** It has this one now. */
  mtu: number
  plug: Plug | null
  /** Of the net's switch; -1: none. */
  port: number
}

/** See above. */
export class Realm implements Doer {
  readonly options: RealmOptions
  /** Where the file of the network is: working directory of programs. Of nodes that are made from now on. */
  fileDir: string
  readonly nodes: Map<string, RunningNode> = new Map()
  readonly programs: Map<string, ProgramState[]> = new Map()
  readonly cables: Map<string, LabCable> = new Map()
  readonly nets: Map<string, LabNet> = new Map()
  readonly radios: Map<string, LabRadio> = new Map()
  readonly overlays: Overlays
  /** What has been carried out, also of other hosts. */
  readonly #table: Table = tableOf(emptyModel(''))
  readonly filters: Filters
  readonly #virts = new Map<string, VirtPort>()
  readonly #interfaces = new Map<string, PluggedInterface>()
  /** Nodes that have changed since they were last settled: from what (null: they were just made) to what. */
  readonly #unsettled = new Map<string, { readonly old: Node | null, readonly now: Node }>()
  /** What each node was last told to do. */
  readonly #settled = new Map<string, Node>()
  #isClosing = false

  constructor (options: RealmOptions) {
    this.options = options
    this.fileDir = options.fileDir
    this.overlays = new Overlays(options.name, options.log)
    this.filters = new Filters(options.log)
  }

  /** Where the init of a node listens. */
  socketOf (node: string): string { return join(this.options.dir, 'nodes', node) }

  async perform (operation: Operation): Promise<void> {
    await this.#perform(operation)
    this.#note(operation)
  }

  #note ({ kind, key, now }: Operation): void {
    const objects = this.#table[kind] as Map<string, unknown>
    if (now === null) objects.delete(key)
    else objects.set(key, now)
  }

  /** False: another host's. */
  isHere (node: string): boolean { return isNodeHere(this.#table, this.#table.node.get(node)?.host ?? null) }

  /** Whether a virt, by NET/NAME, is plugged in here. */
  hasVirt (key: string): boolean { return this.#virts.has(key) }

  #mtuOf ({ mtu, net }: Objects['interface']): number {
    return mtu ?? (net === null ? null : this.overlays.mtuOf(this.#table, net)) ?? ETHERNET_MTU
  }

  async #perform (operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'net': return this.#net(operation.key, operation.now !== null, operation.old !== null)
      case 'node': return await this.#node(operation.old, operation.now)
      case 'interface': return await this.#interface(operation.key, operation.old, operation.now)
      case 'link': return await this.#link(operation.key, operation.old, operation.now)
      case 'radio': return await this.radio(operation.key, operation.now)
      case 'virt': return await this.#virt(operation.key, operation.old, operation.now)
      default: // Data: nothing of it runs by itself.
    }
  }

  #net (key: string, isWanted: boolean, isThere: boolean): void {
    if (isWanted && isThere) return
    if (isWanted) this.nets.set(key, new LabNet(join(this.options.dir, 'nets', key), (line) => { this.options.log(`net ${key}: ${line}`) }))
    else this.#closeNet(key)
  }

  #closeNet (key: string): void {
    this.overlays.drop(key)
    this.nets.get(key)?.close()
    this.nets.delete(key)
  }

  async #node (old: Node | null, now: Node | null): Promise<void> {
    if (now === null) return await this.#endNode(old!.name)
    if (!isNodeHere(this.#table, now.host)) return
    if (old === null) {
      const { name } = now
      const control = await startNode({ name, socket: this.socketOf(name), dir: this.#dirOf(now), ids: this.options.ids })
      this.#keep(new RunningNode(name, control))
    }
    this.#touch(now.name, now)
  }

  /** Working directory of a node's commands. */
  #dirOf ({ dir }: Node): string { return dir ?? this.fileDir }

  #keep (node: RunningNode): void {
    this.nodes.set(node.name, node)
    void node.control.ended.then(() => { this.#lose(node) })
  }

  #touch (name: string, now: Node): void {
    const pending = this.#unsettled.get(name)
    this.#unsettled.set(name, { old: pending === undefined ? this.#settled.get(name) ?? null : pending.old, now })
  }

  async #endNode (name: string): Promise<void> {
    const node = this.nodes.get(name)
    this.#forget(name)
    await node?.destroy()
  }

  #forget (name: string): void {
    this.nodes.delete(name)
    this.programs.delete(name)
    this.#unsettled.delete(name)
    this.#settled.delete(name)
  }

  #lose (node: RunningNode): void {
    if (this.#isClosing || this.nodes.get(node.name) !== node) return
    node.rest()
    this.#forget(node.name)
    for (const [key, { plug, object }] of this.#interfaces) {
      if (object.node !== node.name) continue
      plug?.close()
      this.#interfaces.delete(key)
      for (const radio of this.radios.values()) radio.lose(node.name)
      for (const [name, cable] of this.cables) if (cable.touches(key)) { cable.close(); this.cables.delete(name) }
    }
    this.options.onLost(node.name)
  }

  /** @throws {VdeError} ENOENT */
  nodeOf (name: string): RunningNode {
    const node = this.nodes.get(name)
    if (node !== undefined) return node
    throw new VdeError('ENOENT', `use node "${name}"`, 'it does not run')
  }

  async #interface (key: string, old: Objects['interface'] | null, now: Objects['interface'] | null): Promise<void> {
    if (now !== null && !this.isHere(now.node)) return
    if (old === null) await this.#makeInterface(key, now!)
    else if (now === null) await this.#dropInterface(key, old)
    else await this.#changeInterface(key, old, now)
  }

  async #makeInterface (key: string, object: Objects['interface']): Promise<void> {
    const node = this.nodeOf(object.node)
    const fd = await node.tap(object.name, this.#mtuOf(object))
    native.tapCarrier(fd, false)
    native.close(fd)
    try {
      await node.setInterface(object.name, true, { mac: this.#macOf(object) })
      for (const address of object.addresses) await node.address('add', object.name, address)
      await this.plug(key, object)
    } catch (error) {
      await node.drop(object.name).catch(() => {}) // the node may be what has failed
      throw error
    }
    const settled = this.#settled.get(object.node)
    if (settled !== undefined) this.#touch(object.node, settled)
  }

  #macOf ({ mac, node, name }: Objects['interface']): string { return mac ?? macOf(this.options.name, node, name) }

  #source (object: Objects['interface']): TapSource {
    return { node: this.nodeOf(object.node), iface: object.name, mtu: this.#mtuOf(object) }
  }

  /** Plugs an interface in that is there; also that of a node found again. @throws {VdeError} */
  async plug (key: string, object: Objects['interface']): Promise<void> {
    const entry: PluggedInterface = { object, mtu: this.#mtuOf(object), plug: null, port: -1 }
    const source = this.#source(object)
    if (object.net !== null) {
      const net = this.#netOf(object.net)
      const plug = await plugIntoSwitch(net.sw, source, object.impair, this.filters.of(`interface ${key}`, object, this.#table))
      Object.assign(entry, { plug, port: plug.port })
      setRates(net.sw, plug.port, object)
    } else if (object.vnl !== null) {
      entry.plug = await plugIntoVnl(object.vnl, source, object.impair, this.filters.of(`interface ${key}`, object, this.#table), this.options.log)
    }
    this.#interfaces.set(key, entry)
  }

  #netOf (name: string): LabNet {
    const net = this.nets.get(name)
    if (net !== undefined) return net
    throw new VdeError('ENOENT', `use net "${name}"`, 'it does not run')
  }

  async #dropInterface (key: string, object: Objects['interface']): Promise<void> {
    this.#interfaces.get(key)?.plug?.close()
    this.#interfaces.delete(key)
    await this.nodes.get(object.node)?.drop(object.name)
  }

  async #changeInterface (key: string, old: Objects['interface'], now: Objects['interface']): Promise<void> {
    const node = this.nodeOf(now.node)
    const mac = this.#macOf(now)
    const mtu = this.#mtuOf(now)
    const former = this.#interfaces.get(key)!
    await node.setInterface(now.name, true, {
      ...mac === this.#macOf(old) ? {} : { mac },
      ...mtu === former.mtu ? {} : { mtu }
    })
    former.mtu = mtu
    for (const address of old.addresses) if (!now.addresses.includes(address)) await node.address('remove', now.name, address)
    for (const address of now.addresses) if (!old.addresses.includes(address)) await node.address('add', now.name, address)
    const entry = this.#interfaces.get(key)!
    if (now.impair !== old.impair && entry.plug?.impair(now.impair) === false) {
      entry.plug.close()
      await this.plug(key, now)
    } else this.#interfaces.set(key, { ...entry, object: now })
    const { port } = this.#interfaces.get(key)!
    if (port >= 0) setRates(this.#netOf(now.net!).sw, port, now)
    // A route goes with the address it was reached by.
    const settled = this.#settled.get(now.node)
    if (settled !== undefined) this.#touch(now.node, settled)
  }

  #sourceAt (node: string, iface: string, action: string): TapSource {
    const entry = this.#interfaces.get(`${node}:${iface}`)
    if (entry === undefined) throw new VdeError('ENOENT', action, `there is no interface ${node}:${iface}`)
    return this.#source(entry.object)
  }

  async #link (key: string, old: Objects['link'] | null, now: Objects['link'] | null): Promise<void> {
    if (now !== null && !this.isHere(now.a.node)) return
    if (now === null) {
      this.cables.get(key)?.close()
      this.cables.delete(key)
    } else if (old === null) await this.connect(key, now)
    else await this.cables.get(key)?.impair(now.impair)
  }

  /** Connects a cable whose interfaces are there. @throws {VdeError} */
  async connect (key: string, { a, b, impair }: Objects['link']): Promise<void> {
    const end = ({ node, iface }: typeof a): TapSource => this.#sourceAt(node, iface, `connect link "${key}"`)
    this.cables.set(key, await LabCable.open(end(a), end(b), impair))
  }

  /** Makes a radio whose interfaces are there what `now` says; null: takes it away. @throws {VdeError} */
  async radio (key: string, now: Objects['radio'] | null): Promise<void> {
    const radio = this.radios.get(key)
    if (now === null) {
      radio?.close()
      this.radios.delete(key)
      return
    }
    const sourceOf: SourceOf = ({ node, iface }) => this.#sourceAt(node, iface, `join radio "${key}"`)
    if (radio !== undefined) await radio.change(now, sourceOf)
    else this.radios.set(key, await LabRadio.open(now, sourceOf))
  }

  async #virt (key: string, old: Objects['virt'] | null, now: Objects['virt'] | null): Promise<void> {
    if (old !== null && now !== null) return void await this.#virts.get(key)?.change(now)
    if (now === null) {
      this.#virts.get(key)?.close()
      this.#virts.delete(key)
    } else if (isVirtHere(this.#table, now)) {
      this.#virts.set(key, await VirtPort.open(this.#netOf(now.net).sw, now, this.filters.of(`virt ${key}`, now, this.#table), this.options.log))
    }
  }

  async settle (): Promise<void> {
    this.filters.settle(this.#table)
    await this.overlays.settle(this.#table, this.nets)
    await this.#settleMtus()
    for (const [name, { old, now }] of this.#unsettled) {
      const node = this.nodeOf(name)
      const dir = this.#dirOf(now)
      await settle(node, old, now, dir)
      if (old === null) this.programs.set(name, startPrograms(node, now, dir, this.options.dir))
      this.#settled.set(name, now)
      this.#unsettled.delete(name)
      node.rest()
    }
  }

  /** An overlay that came, went or changed leaves guests another MTU. */
  async #settleMtus (): Promise<void> {
    for (const entry of this.#interfaces.values()) {
      const mtu = this.#mtuOf(entry.object)
      if (mtu === entry.mtu) continue
      await this.nodeOf(entry.object.node).setInterface(entry.object.name, true, { mtu })
      entry.mtu = mtu
    }
  }

  /** Finds what another process left running. @returns what of the model is there */
  async adopt (model: Model, programs: Readonly<Record<string, readonly ProgramState[]>>): Promise<void> {
    for (const [kind, objects] of Object.entries(tableOf(model))) {
      for (const [key, object] of objects) (this.#table[kind as Kind] as Map<string, unknown>).set(key, object)
    }
    for (const net of model.nets) this.#net(net.name, true, false)
    for (const node of model.nodes) if (this.isHere(node.name)) this.#adoptNode(node, programs[node.name] ?? [])
    for (const node of model.nodes) {
      if (!this.nodes.has(node.name)) continue
      for (const one of node.interfaces) await this.plug(`${node.name}:${one.name}`, { ...one, node: node.name })
    }
    for (const link of model.links) {
      if (this.nodes.has(link.a.node) && this.nodes.has(link.b.node)) await this.connect(link.name, link)
    }
    for (const radio of model.radios) {
      await this.radio(radio.name, { ...radio, stations: radio.stations.filter(({ node }) => this.nodes.has(node)) })
    }
    for (const virt of model.virts) await this.#virt(`${virt.net}/${virt.name}`, null, virt)
    await this.overlays.settle(this.#table, this.nets)
  }

  #adoptNode (node: Node, programs: readonly ProgramState[]): void {
    try {
      this.#keep(new RunningNode(node.name, NodeControl.connect(this.socketOf(node.name), node.name)))
    } catch {
      return // it has ended: status shows that, and the next apply makes it
    }
    this.#settled.set(node.name, { ...node, interfaces: [] })
    this.programs.set(node.name, [...programs])
  }

  /** Ends everything at once. */
  async end (): Promise<void> {
    this.#isClosing = true
    this.#closePlugs()
    await Promise.all([...this.nodes.values()].map(async (node) => { await node.destroy() }))
    for (const key of [...this.nets.keys()]) this.#closeNet(key)
  }

  /** Lets go of the nodes, which go on. */
  leave (): void {
    this.#isClosing = true
    for (const node of this.nodes.values()) node.close()
  }

  #closePlugs (): void {
    this.overlays.close()
    this.filters.close()
    for (const cable of this.cables.values()) cable.close()
    for (const radio of this.radios.values()) radio.close()
    for (const { plug } of this.#interfaces.values()) plug?.close()
    for (const virt of this.#virts.values()) virt.close()
  }
}
