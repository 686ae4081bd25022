/**
 * The switch: its ports and who is plugged into them. Frames pass through {@link Bridge}; this class is what the console
 * and the servers of the control socket call. Everything the world can get wrong is a VdeError with the code the console
 * reports.
 *
 * A client is plugged in with `attach`, which chooses and guards the port, then `connect` of the endpoint it answers.
 * Closing the endpoint, or its link, undoes both. Nothing here reads a clock: `tick` says what time it is.
 */
import { VdeError } from '@vde-ts/link/errors.js'
import { NONE } from './access.ts'
import { Attachments, type AttachmentsSnapshot, type AttachRequest, type EndpointLimits } from './attachments.ts'
import { Bridge, OPAQUE } from './bridge.ts'
import { checkRange, needPort } from './check.ts'
import type { Endpoint } from './endpoint.ts'
import { Fdb, type FdbSnapshot } from './fdb.ts'
import { GuardControl } from './guard-control.ts'
import { HashControl, type HashSnapshot } from './hash-control.ts'
import { isWatched } from './gate.ts'
import { MulticastControl, type MulticastSnapshot } from './multicast-control.ts'
import { MirrorControl, type MirrorSettings } from './mirror.ts'
import { Observers, type Observer } from './observer.ts'
import type { PortGuardSettings } from './port-guard.ts'
import { MAX_PORTS, Port, type PortSnapshot } from './port.ts'
import type { After } from './shaper.ts'
import type { Clock } from './token-bucket.ts'
import { traceFrame, type Trace } from './trace.ts'
import { TreeControl } from './tree-control.ts'
import type { TreeSnapshot } from './tree-settings.ts'
import { VlanControl } from './vlan-control.ts'
import { DEFAULT_VLAN, Vlan, type VlanSnapshot } from './vlan.ts'

/** Of a switch that is not told otherwise. */
export const DEFAULT_PORTS = 32
export const DEFAULT_HASH_SIZE = 128
export const DEFAULT_PRIORITY = 0x8000

/** What a switch is made with. */
export interface SwitchOptions {
  /** Random number that keys the forwarding table. */
  readonly seed: number
  /** Address of the switch: first 16 bits, and last 32 as int32. */
  readonly macHi: number
  readonly macLo: number
  /** Ports 1..numPorts can be used; default 32, at most 65 535. */
  readonly numPorts?: number
  readonly isHub?: boolean
  /** Hash size to show; default 128. */
  readonly hashSize?: number
  /** Bridge priority, 0..65535; default 0x8000. */
  readonly priority?: number
  /** Pass tagged frames of VLANs that are not defined. */
  readonly isVlanTransparent?: boolean
  /** Most addresses in the forwarding table; default 131 072. */
  readonly capacity?: number
  /** Time for rates; without it they go by {@link Switch.tick}. */
  readonly clock?: Clock
  /**
   * The same for what comes in, which may stand still during a turn of at most some milliseconds: read for each frame, the
   * clock was 40 % of what a flood to 15 ports costs, so it is 5 %. Without it {@link SwitchOptions.clock}.
   */
  readonly turnClock?: Clock
  /** Wakes shaped ports; without it none can be. */
  readonly after?: After
}

/** A switch as it travels to the process that takes it over. Absent fields of {@link SwitchOptions} have their defaults. */
export interface SwitchSnapshot extends Omit<SwitchOptions, 'seed' | 'hashSize' | 'clock' | 'turnClock' | 'after'>, AttachmentsSnapshot {
  readonly hash: HashSnapshot
  readonly fdb: FdbSnapshot
  readonly vlans: readonly VlanSnapshot[]
  readonly ports: readonly PortSnapshot[]
  readonly mirrors: readonly MirrorSettings[]
  readonly guards: ReadonlyArray<readonly [port: number, guards: PortGuardSettings]>
  readonly tree: TreeSnapshot
  /** Absent: of a version without snooping. */
  readonly multicast?: MulticastSnapshot
}

/** One switch. */
export class Switch {
  readonly macHi: number
  readonly macLo: number
  readonly vlan: VlanControl
  readonly hash: HashControl
  readonly mirrors: MirrorControl
  readonly guards: GuardControl
  readonly tree: TreeControl
  readonly multicast: MulticastControl

  readonly #bridge: Bridge
  readonly #fdb: Fdb
  readonly #observers: Observers = new Observers()
  readonly #attachments: Attachments

  /** @throws {VdeError} EINVAL an option out of range */
  constructor (options: SwitchOptions) {
    const numPorts = options.numPorts ?? DEFAULT_PORTS
    checkRange('make a switch', 'the number of ports', numPorts, 1, MAX_PORTS)
    this.macHi = options.macHi
    this.macLo = options.macLo | 0
    this.#fdb = new Fdb(options.seed, options.capacity)
    this.#bridge = new Bridge(this.#fdb, options.isVlanTransparent ?? false)
    this.#bridge.isHub = options.isHub ?? false
    for (let n = 0; n <= numPorts; n++) this.#bridge.ports.push(null)
    this.vlan = new VlanControl(this.#bridge)
    this.#attachments = new Attachments(this.#bridge, this.#observers, this.vlan)
    this.mirrors = new MirrorControl(this.#bridge)
    const clock = options.clock ?? ((cell) => { cell[0] = this.#fdb.nowSec * 1e9 })
    this.guards = new GuardControl(this.#bridge, clock, options.turnClock ?? clock, options.after ?? null)
    this.hash = new HashControl(this.#bridge, options.hashSize ?? DEFAULT_HASH_SIZE)
    const context = { bridge: this.#bridge, observers: this.#observers, macHi: this.macHi, macLo: this.macLo }
    this.tree = new TreeControl(context, options.priority ?? DEFAULT_PRIORITY)
    this.multicast = new MulticastControl(this.#bridge, this.#observers, options.seed)
  }

  /** The same switch in another process. Its endpoints wait for their links: {@link endpoint} finds them. */
  static from (snapshot: SwitchSnapshot, seed: number, time: Pick<SwitchOptions, 'clock' | 'turnClock' | 'after'> = {}): Switch {
    const made = new Switch({ ...snapshot, seed, ...time })
    for (const vlan of snapshot.vlans) made.#bridge.vlans[vlan.id] = Vlan.from(vlan)
    if (!snapshot.vlans.some(({ id }) => id === DEFAULT_VLAN)) made.#bridge.vlans[DEFAULT_VLAN] = null
    for (const port of snapshot.ports) made.#attachments.restorePort(port)
    for (const mirror of snapshot.mirrors) made.mirrors.set(mirror)
    made.#fdb.restore(snapshot.fdb)
    for (const [port, guards] of snapshot.guards) made.guards.configure(port, guards)
    made.hash.restore(snapshot.hash)
    made.#attachments.restore(snapshot)
    made.tree.restore(snapshot.tree)
    if (snapshot.multicast !== undefined) made.multicast.restore(snapshot.multicast, snapshot.fdb.nowSec)
    return made
  }

  snapshot (): SwitchSnapshot {
    const { macHi, macLo, numPorts, isHub, isVlanTransparent, hash } = this
    return {
      ...{ macHi, macLo, numPorts, isHub, isVlanTransparent },
      ...this.#attachments.snapshot(),
      capacity: this.#fdb.capacity,
      hash: hash.snapshot(),
      fdb: this.#fdb.snapshot(),
      vlans: this.#bridge.vlans.filter((vlan) => vlan !== null).map((vlan) => vlan.snapshot()),
      ports: this.ports().map((port) => port.snapshot()),
      mirrors: this.mirrors.list(),
      guards: this.ports().map((port) => [port.number, port.guards]),
      tree: this.tree.snapshot(),
      multicast: this.multicast.snapshot()
    }
  }

  /** Highest port number. */
  get numPorts (): number { return this.#bridge.ports.length - 1 }
  get isHub (): boolean { return this.#bridge.isHub }
  get isVlanTransparent (): boolean { return this.#bridge.isTransparent }
  /** Frames a new endpoint queues at most. */
  get defaultQueueLength (): number { return this.#attachments.defaultQueueLength }
  /** Octets all queues hold, and may hold. */
  get queueOctets (): { readonly used: number, readonly limit: number } { return this.#attachments.budget }

  /** The ports there are, plugged in or not, by rising number. */
  ports (): Port[] { return this.#bridge.ports.filter((port): port is Port => port !== null) }

  /** The port `number`. @throws {VdeError} EINVAL not 0..numPorts, ENXIO does not exist */
  port (number: number): Port { return needPort(`read port ${number}`, this.#bridge, number) }

  /** Most endpoints that may be plugged in, and how many are. */
  get limits (): EndpointLimits { return this.#attachments.limits }
  get endpointCount (): number { return this.#attachments.count }

  /** Limits of those who come from now on; nobody is unplugged. @throws {VdeError} EINVAL */
  setLimits (change: Partial<EndpointLimits>): void { this.#attachments.setLimits(change) }

  /** @throws {VdeError} EINVAL, ENXIO no such port or endpoint */
  endpoint (port: number, id: number): Endpoint { return this.#attachments.endpoint(port, id) }

  /** Tells `observer` what happens, until the function answered is called. */
  observe (observer: Observer): () => void {
    this.#observers.add(observer)
    this.#watchHash()
    return () => {
      this.#observers.remove(observer)
      this.#watchHash()
    }
  }

  /**
   * Plugs a client in: chooses the port, creates it when needed, and checks that the client may use it.
   * @throws {VdeError} EINVAL no such number, EACCES not allowed there, EBUSY another user (or, exclusively, anybody) is
   * there, ENOSPC no port is free, or a limit is reached, ENXIO the switch is closed
   */
  attach (request: AttachRequest): Endpoint { return this.#attachments.attach(request) }

  /**
   * What would become of a frame that came in on a port now, changing nothing; `frame` has 14 octets or more.
   * @throws {VdeError} EINVAL, ENXIO
   */
  trace (number: number, frame: Uint8Array): Trace {
    return traceFrame(this.#bridge, { mirrors: this.mirrors, multicast: this.multicast }, needPort(`trace a frame of port ${number}`, this.#bridge, number), frame)
  }

  /** Unplugs one endpoint. @throws {VdeError} EINVAL, ENXIO */
  closeEndpoint (port: number, id: number): void { this.endpoint(port, id).close() }

  /** Makes a port that only clients asking for its number get. @throws {VdeError} EINVAL not 1..numPorts, EEXIST */
  createPort (number: number): void {
    const action = `create port ${number}`
    checkRange(action, 'the port', number, 1, this.numPorts)
    if (this.#bridge.ports[number] !== null) throw new VdeError('EEXIST', action, 'it exists already')
    this.#attachments.addPort(number, false)
  }

  /** The same with the lowest number that is not taken. @returns the number. @throws {VdeError} ENOSPC */
  createPortAuto (): number {
    const number = this.#bridge.ports.indexOf(null, 1)
    if (number < 0) throw new VdeError('ENOSPC', 'create a port', `all ${this.numPorts} ports exist`)
    this.#attachments.addPort(number, false)
    return number
  }

  /** Forgets a port, its memberships, mirrors and pinned addresses. @throws {VdeError} EINVAL, ENXIO, EADDRINUSE in use */
  removePort (number: number): void {
    const action = `remove port ${number}`
    const port = needPort(action, this.#bridge, number)
    if (port.isActive) throw new VdeError('EADDRINUSE', action, 'something is plugged in, unplug it first')
    this.mirrors.forget(port)
    if (isWatched(port)) throw new VdeError('EADDRINUSE', action, 'its frames are being captured, end that first')
    this.vlan.leaveAll(port)
    this.guards.forget(port)
    this.#bridge.ports[number] = null
    this.#bridge.portsChanged(port)
    this.#fdb.flushPort(number, -1, true)
    this.tree.portGone(number)
    this.multicast.portGone(number)
    this.#attachments.portFreed(number)
  }

  /** @throws {VdeError} EINVAL not 1..65535, EADDRINUSE a port beyond exists */
  setNumPorts (count: number): void {
    const action = `set the number of ports to ${count}`
    checkRange(action, 'the number', count, 1, MAX_PORTS)
    const { ports } = this.#bridge
    const last = ports.findLastIndex((port) => port !== null)
    if (last > count) throw new VdeError('EADDRINUSE', action, `port ${last} exists, remove it first`)
    this.#attachments.portFreed(count)
    while (ports.length > count + 1) ports.pop()
    while (ports.length < count + 1) ports.push(null)
  }

  /** Hub: every frame to every port, unchanged. What was learnt is forgotten on the way in, and the spanning tree turned off. */
  setHub (isHub: boolean): void {
    if (isHub) this.tree.setEnabled(false)
    this.#bridge.isHub = isHub
    if (isHub) this.#fdb.flush()
  }

  /** @throws {VdeError} EINVAL, ENXIO */
  setAllocatable (number: number, isAllocatable: boolean): void {
    needPort(`change port ${number}`, this.#bridge, number).isAllocatable = isAllocatable
    this.#attachments.portFreed(number)
  }

  /**
   * Has what is plugged in exchange unfinished frames (super-frames) with the switch, or finish them itself.
   * @throws {VdeError} EINVAL, ENXIO, EOPNOTSUPP on, and nothing there can
   */
  setOffload (number: number, isOn: boolean): void {
    const action = `change the offload of port ${number}`
    let done = 0
    for (const endpoint of needPort(action, this.#bridge, number).endpoints) {
      if ((endpoint.link?.setOffload?.(isOn) ?? -1) >= 0) done++
    }
    if (isOn && done === 0) throw new VdeError('EOPNOTSUPP', action, 'nothing that can do it is plugged in')
  }

  /** Lets one uid use the port; NONE ends it. @throws {VdeError} EINVAL, ENXIO */
  setUser (number: number, uid: number): void {
    checkRange(`set the user of port ${number}`, 'the uid', uid, NONE, 0xfffffffe)
    needPort(`set the user of port ${number}`, this.#bridge, number).user = uid
  }

  /** Lets one group use the port; NONE ends it. @throws {VdeError} EINVAL, ENXIO */
  setGroup (number: number, gid: number): void {
    checkRange(`set the group of port ${number}`, 'the gid', gid, NONE, 0xfffffffe)
    needPort(`set the group of port ${number}`, this.#bridge, number).group = gid
  }

  /** Of one port, or of all. @throws {VdeError} EINVAL, ENXIO */
  resetCounters (number?: number): void {
    if (number !== undefined) this.port(number).resetCounters()
    else for (const port of this.ports()) port.resetCounters()
  }

  /** Frames an endpoint plugged in from now on queues. 0: none. @throws {VdeError} EINVAL */
  setDefaultQueueLength (frames: number): void { this.#attachments.setDefaultQueueLength(frames) }

  /** @throws {VdeError} EINVAL, ENXIO */
  setEndpointQueueLength (port: number, id: number, frames: number): void { this.#attachments.setQueueLength(port, id, frames) }

  /** Tells the time, in whole seconds of any steady clock; to be called about once a second. */
  tick (nowSec: number): void {
    this.hash.tick(nowSec)
    this.tree.tick(nowSec)
    this.multicast.tick(nowSec)
    this.#attachments.tick()
  }

  /** Unplugs everybody. Idempotent; nobody is let in afterwards. */
  close (): void { this.#attachments.close() }

  #watchHash (): void {
    const observers = this.#observers
    this.#fdb.watcher = observers.wantsHash
      ? {
          hashAdded (macHi, macLo, vlan, port) { observers.hashAdded(macHi, macLo, vlan & ~OPAQUE, port) },
          hashRemoved (macHi, macLo, vlan, port) { observers.hashRemoved(macHi, macLo, vlan & ~OPAQUE, port) }
        }
      : null
  }
}
