/**
 * The switch: its ports and who is plugged into them. Frames pass through {@link Bridge}; this class is what the console
 * and the servers of the control socket call. Everything the world can get wrong is a VdeError with the code the console
 * reports.
 *
 * A client is plugged in with `attach`, which chooses and guards the port, then `connect` of the endpoint it answers.
 * Closing the endpoint, or its link, undoes both. Nothing here reads a clock: `tick` says what time it is.
 */
import { VdeError } from '@vde-ts/link/errors.js'
import { isAllowed, isSameUser, NONE, type Owner } from './access.ts'
import { Bridge, OPAQUE } from './bridge.ts'
import { checkRange, needPort } from './check.ts'
import { Endpoint, type EndpointHost, type EndpointSnapshot } from './endpoint.ts'
import { Fdb, type FdbSnapshot } from './fdb.ts'
import { GuardControl } from './guard-control.ts'
import { HashControl, type HashSnapshot } from './hash-control.ts'
import { isWatched } from './gate.ts'
import { MirrorControl, type MirrorSettings } from './mirror.ts'
import { Observers, type Observer } from './observer.ts'
import type { PortGuardSettings } from './port-guard.ts'
import { MAX_PORTS, Port, type PortSnapshot } from './port.ts'
import { DEFAULT_QUEUE_FRAMES, FrameQueue, QueueBudget } from './queue.ts'
import type { After } from './shaper.ts'
import type { Clock } from './token-bucket.ts'
import { traceFrame, type Trace } from './trace.ts'
import { TreeControl } from './tree-control.ts'
import type { TreeSnapshot } from './tree-settings.ts'
import { VlanControl } from './vlan-control.ts'
import { DEFAULT_VLAN, NO_VLAN, Vlan, type VlanSnapshot } from './vlan.ts'

const DEFAULT_PORTS = 32
const DEFAULT_HASH_SIZE = 128
const DEFAULT_PRIORITY = 0x8000
const MAX_QUEUE_FRAMES = 1 << 20

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
  /** Wakes shaped ports; without it none can be. */
  readonly after?: After
}

/** A client that wants to be plugged in. */
export interface AttachRequest {
  /** A number, 0 included, or any free port from 1 up. */
  readonly port: number | 'any'
  readonly owner: Owner
  /** Kind of medium: `unix prog`, `tuntap`. */
  readonly module: string
  /** Raw text, possibly empty. */
  readonly description: string
  /** The client may use port 0, which stands for the management of the switch. */
  readonly mayUsePortZero?: boolean
  /** Only if nobody else is plugged in there. */
  readonly isExclusive?: boolean
  /** It is a station, as far as one can know: no bridge is expected behind it. */
  readonly isHost?: boolean
}

/** A switch as it travels to the process that takes it over. Absent fields of {@link SwitchOptions} have their defaults. */
export interface SwitchSnapshot extends Omit<SwitchOptions, 'seed' | 'hashSize' | 'clock' | 'after'> {
  readonly hash: HashSnapshot
  readonly fdb: FdbSnapshot
  readonly vlans: readonly VlanSnapshot[]
  readonly ports: readonly PortSnapshot[]
  readonly mirrors: readonly MirrorSettings[]
  readonly guards: ReadonlyArray<readonly [port: number, guards: PortGuardSettings]>
  readonly tree: TreeSnapshot
  readonly defaultQueueLength: number
  readonly lastId: number
}

/** One switch. */
export class Switch implements EndpointHost {
  readonly macHi: number
  readonly macLo: number
  readonly vlan: VlanControl
  readonly hash: HashControl
  readonly mirrors: MirrorControl
  readonly guards: GuardControl
  readonly tree: TreeControl

  readonly #bridge: Bridge
  readonly #fdb: Fdb
  readonly #budget: QueueBudget = new QueueBudget()
  readonly #observers: Observers = new Observers()
  #defaultQueueLength: number = DEFAULT_QUEUE_FRAMES
  #lastId = 0
  /** No port below this one can take a client that asks for any. */
  #firstFree = 1
  #isClosed = false

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
    this.mirrors = new MirrorControl(this.#bridge)
    const clock = options.clock ?? ((cell) => { cell[0] = this.#fdb.nowSec * 1e9 })
    this.guards = new GuardControl(this.#bridge, clock, options.after ?? null)
    this.hash = new HashControl(this.#bridge, options.hashSize ?? DEFAULT_HASH_SIZE)
    const context = { bridge: this.#bridge, observers: this.#observers, macHi: this.macHi, macLo: this.macLo }
    this.tree = new TreeControl(context, options.priority ?? DEFAULT_PRIORITY)
  }

  /** The same switch in another process. Its endpoints wait for their links: {@link endpoint} finds them. */
  static from (snapshot: SwitchSnapshot, seed: number, time: Pick<SwitchOptions, 'clock' | 'after'> = {}): Switch {
    const made = new Switch({ ...snapshot, seed, ...time })
    for (const vlan of snapshot.vlans) made.#bridge.vlans[vlan.id] = Vlan.from(vlan)
    if (!snapshot.vlans.some(({ id }) => id === DEFAULT_VLAN)) made.#bridge.vlans[DEFAULT_VLAN] = null
    for (const port of snapshot.ports) made.#restorePort(port)
    for (const mirror of snapshot.mirrors) made.mirrors.set(mirror)
    made.#fdb.restore(snapshot.fdb)
    for (const [port, guards] of snapshot.guards) made.guards.configure(port, guards)
    made.hash.restore(snapshot.hash)
    made.#defaultQueueLength = snapshot.defaultQueueLength
    made.#lastId = snapshot.lastId
    made.tree.restore(snapshot.tree)
    return made
  }

  snapshot (): SwitchSnapshot {
    const { macHi, macLo, numPorts, isHub, isVlanTransparent, hash, defaultQueueLength } = this
    return {
      ...{ macHi, macLo, numPorts, isHub, isVlanTransparent, defaultQueueLength },
      capacity: this.#fdb.capacity,
      hash: hash.snapshot(),
      fdb: this.#fdb.snapshot(),
      vlans: this.#bridge.vlans.filter((vlan) => vlan !== null).map((vlan) => vlan.snapshot()),
      ports: this.ports().map((port) => port.snapshot()),
      mirrors: this.mirrors.list(),
      guards: this.ports().map((port) => [port.number, port.guards]),
      tree: this.tree.snapshot(),
      lastId: this.#lastId
    }
  }

  #restorePort (snapshot: PortSnapshot): void {
    const port = Port.from(snapshot, this.#bridge.forms)
    port.endpoints = snapshot.endpoints.map((endpoint) => this.#restoreEndpoint(port, endpoint))
    this.#bridge.ports[port.number] = port
  }

  #restoreEndpoint (port: Port, { id, queueLimit, queueDrops, waiting, ...who }: EndpointSnapshot): Endpoint {
    const endpoint = new Endpoint(id, port, this, new FrameQueue(this.#budget, queueLimit), who)
    endpoint.queue.restore(waiting)
    endpoint.queueDrops = queueDrops
    return endpoint
  }

  /** Highest port number. */
  get numPorts (): number { return this.#bridge.ports.length - 1 }
  get isHub (): boolean { return this.#bridge.isHub }
  get isVlanTransparent (): boolean { return this.#bridge.isTransparent }
  /** Frames a new endpoint queues at most. */
  get defaultQueueLength (): number { return this.#defaultQueueLength }
  /** Octets all queues hold, and may hold. */
  get queueOctets (): { readonly used: number, readonly limit: number } { return this.#budget }

  /** The ports there are, plugged in or not, by rising number. */
  ports (): Port[] { return this.#bridge.ports.filter((port): port is Port => port !== null) }

  /** The port `number`. @throws {VdeError} EINVAL not 0..numPorts, ENXIO does not exist */
  port (number: number): Port { return needPort(`read port ${number}`, this.#bridge, number) }

  /** @throws {VdeError} EINVAL, ENXIO no such port or endpoint */
  endpoint (port: number, id: number): Endpoint {
    const action = `find endpoint ${id} of port ${port}`
    const found = needPort(action, this.#bridge, port).endpoints.find((one) => one.id === id)
    if (found === undefined) throw new VdeError('ENXIO', action, 'the port has no such endpoint')
    return found
  }

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
   * there, ENOSPC no port is free, ENXIO the switch is closed
   */
  attach (request: AttachRequest): Endpoint {
    if (this.#isClosed) throw new VdeError('ENXIO', 'plug in', 'the switch is shutting down')
    const number = request.port === 'any' ? this.#allocate(request.owner) : request.port
    this.#guard(number, request)
    const port = this.#bridge.ports[number] ?? this.#addPort(number, true)
    const endpoint = new Endpoint(++this.#lastId, port, this, new FrameQueue(this.#budget, this.#defaultQueueLength), request)
    port.endpoints = [endpoint, ...port.endpoints]
    if (port.endpoints.length === 1) {
      port.currentUser = request.owner.uid
      this.#bridge.portsChanged(port)
    }
    this.#observers.endpointAdded(number, endpoint.id)
    if (request.description !== '') this.#observers.description(number, endpoint.id, request.description)
    this.#refreshState(port)
    return endpoint
  }

  forward (port: Port, buf: Uint8Array, off: number, len: number): void { this.#bridge.forward(port, buf, off, len) }

  /**
   * What would become of a frame that came in on a port now, changing nothing; `frame` has 14 octets or more.
   * @throws {VdeError} EINVAL, ENXIO
   */
  trace (number: number, frame: Uint8Array): Trace {
    return traceFrame(this.#bridge, this.mirrors, needPort(`trace a frame of port ${number}`, this.#bridge, number), frame)
  }

  endpointTurned (endpoint: Endpoint): void { this.#refreshState(endpoint.port) }

  /** A port goes down with the last medium behind it, and what was learnt there is not there any more. */
  #refreshState (port: Port): void {
    const isUp = port.endpoints.some((endpoint) => endpoint.isUp)
    if (isUp === port.isUp) return
    port.isUp = isUp
    if (isUp) return this.#observers.portUp(port.number)
    this.#observers.portDown(port.number)
    if (port.isActive) this.#fdb.flushPort(port.number)
  }

  endpointClosed (endpoint: Endpoint): void {
    const { port } = endpoint
    port.endpoints = port.endpoints.filter((one) => one !== endpoint)
    this.#observers.endpointRemoved(port.number, endpoint.id)
    this.#refreshState(port)
    if (port.isActive) return
    port.currentUser = NONE
    this.#firstFree = Math.min(this.#firstFree, Math.max(port.number, 1))
    this.#bridge.portsChanged(port)
    this.#observers.portRemoved(port.number)
    this.#fdb.flushPort(port.number)
  }

  /** Unplugs one endpoint. @throws {VdeError} EINVAL, ENXIO */
  closeEndpoint (port: number, id: number): void { this.endpoint(port, id).close() }

  /** Makes a port that only clients asking for its number get. @throws {VdeError} EINVAL not 1..numPorts, EEXIST */
  createPort (number: number): void {
    const action = `create port ${number}`
    checkRange(action, 'the port', number, 1, this.numPorts)
    if (this.#bridge.ports[number] !== null) throw new VdeError('EEXIST', action, 'it exists already')
    this.#addPort(number, false)
  }

  /** The same with the lowest number that is not taken. @returns the number. @throws {VdeError} ENOSPC */
  createPortAuto (): number {
    const number = this.#bridge.ports.indexOf(null, 1)
    if (number < 0) throw new VdeError('ENOSPC', 'create a port', `all ${this.numPorts} ports exist`)
    this.#addPort(number, false)
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
    this.#firstFree = Math.min(this.#firstFree, Math.max(number, 1))
  }

  /** @throws {VdeError} EINVAL not 1..65535, EADDRINUSE a port beyond exists */
  setNumPorts (count: number): void {
    const action = `set the number of ports to ${count}`
    checkRange(action, 'the number', count, 1, MAX_PORTS)
    const { ports } = this.#bridge
    const last = ports.findLastIndex((port) => port !== null)
    if (last > count) throw new VdeError('EADDRINUSE', action, `port ${last} exists, remove it first`)
    this.#firstFree = Math.min(this.#firstFree, count)
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
    this.#firstFree = Math.min(this.#firstFree, Math.max(number, 1))
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
  setDefaultQueueLength (frames: number): void {
    checkRange('set the queue length', 'the length', frames, 0, MAX_QUEUE_FRAMES)
    this.#defaultQueueLength = frames
  }

  /** @throws {VdeError} EINVAL, ENXIO */
  setEndpointQueueLength (port: number, id: number, frames: number): void {
    checkRange('set the queue length', 'the length', frames, 0, MAX_QUEUE_FRAMES)
    this.endpoint(port, id).queue.limit = frames
  }

  /** Tells the time, in whole seconds of any steady clock; to be called about once a second. */
  tick (nowSec: number): void {
    this.hash.tick(nowSec)
    this.tree.tick(nowSec)
    this.#budget.trim()
  }

  /** Unplugs everybody. Idempotent; nobody is let in afterwards. */
  close (): void {
    this.#isClosed = true
    for (const port of this.ports()) {
      for (const endpoint of port.endpoints) endpoint.close()
    }
  }

  #allocate (owner: Owner): number {
    const { ports } = this.#bridge
    let denied = 0
    for (let n = this.#firstFree; n < ports.length; n++) {
      const port = ports[n]
      if (port === null || (!port.isActive && port.isAllocatable && isAllowed(port, owner))) {
        if (denied === 0) this.#firstFree = n
        return n
      }
      if (!port.isActive && port.isAllocatable) denied++
    }
    throw denied > 0
      ? new VdeError('EACCES', 'plug in', `the ${denied} ports left are for other users`)
      : new VdeError('ENOSPC', 'plug in', `all ${this.numPorts} ports are taken`)
  }

  #guard (number: number, request: AttachRequest): void {
    const action = `plug into port ${number}`
    checkRange(action, 'the port', number, 0, this.numPorts)
    if (number === 0 && request.mayUsePortZero !== true) {
      throw new VdeError('EACCES', action, 'it is for the owner of the switch and the management group')
    }
    const port = this.#bridge.ports[number]
    if (port === null) return
    if (!isAllowed(port, request.owner)) throw new VdeError('EACCES', action, 'it is for another user or group')
    if (!port.isActive) return
    if (request.isExclusive === true) throw new VdeError('EBUSY', action, 'somebody is plugged in, want it idle')
    if (!isSameUser(port.currentUser, request.owner)) throw new VdeError('EBUSY', action, 'another user is plugged in')
  }

  #addPort (number: number, isAllocatable: boolean): Port {
    const port = new Port(number, isAllocatable, this.#bridge.forms)
    this.#bridge.ports[number] = port
    // Without VLAN 0 a new port has no untagged VLAN until it is given one.
    this.vlan.join(port, this.#bridge.vlans[DEFAULT_VLAN] === null ? NO_VLAN : DEFAULT_VLAN)
    this.#bridge.portsChanged(port)
    this.#observers.portAdded(number)
    return port
  }

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
