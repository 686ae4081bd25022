/**
 * Who is plugged in: gives clients their ports, checks that they may have them, counts who has how many, and follows what
 * becomes of their cables.
 *
 * Limits are refusals, never evictions. Where there is a limit in total, a user may have no more than is left to the others, so
 * that the next one always finds something; so is a queue's share of the memory, see queue.ts. Who may manage the switch could
 * as well end it, and is held by the limits of ports and the total only.
 */
import { VdeError } from '@vde-ts/link/errors.js'
import { isAllowed, isSameUser, NONE, type Owner } from './access.ts'
import type { Bridge } from './bridge.ts'
import { checkRange, needPort } from './check.ts'
import { Endpoint, type EndpointHost, type EndpointSnapshot } from './endpoint.ts'
import type { Observers } from './observer.ts'
import { Port, type PortSnapshot } from './port.ts'
import { DEFAULT_QUEUE_FRAMES, FrameQueue, QueueBudget } from './queue.ts'
import type { VlanControl } from './vlan-control.ts'
import { DEFAULT_VLAN, NO_VLAN } from './vlan.ts'

const MAX_QUEUE_FRAMES = 1 << 20
/** Highest limit there can be. */
const MAX_ENDPOINTS = 0x7fffffff

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

/** Endpoints at most; null: no limit. */
export interface EndpointLimits {
  /** Of one user, all unknown ones together. */
  readonly perUser: number | null
  /** At one port. */
  readonly perPort: number | null
  readonly total: number | null
}

/** What can be limited, as it is typed. */
export const LIMITED: Readonly<Record<string, keyof EndpointLimits>> = { user: 'perUser', port: 'perPort', total: 'total' }

/** Those of a new switch. */
export const NO_LIMITS: EndpointLimits = { perUser: null, perPort: null, total: null }

/** Settings as they travel. */
export interface AttachmentsSnapshot {
  readonly defaultQueueLength: number
  readonly lastId: number
  /** Absent: none, in a version that had no limits. */
  readonly limits?: EndpointLimits
}

/** Made by the switch. */
export class Attachments implements EndpointHost {
  readonly #bridge: Bridge
  readonly #observers: Observers
  readonly #vlan: VlanControl
  readonly #budget: QueueBudget = new QueueBudget()
  #defaultQueueLength: number = DEFAULT_QUEUE_FRAMES
  #limits: EndpointLimits = NO_LIMITS
  #lastId = 0
  /** Endpoints there are, and by uid. */
  #count = 0
  readonly #held = new Map<number, number>()
  /** No port below this one can take a client that asks for any. */
  #firstFree = 1
  #isClosed = false

  constructor (bridge: Bridge, observers: Observers, vlan: VlanControl) {
    this.#bridge = bridge
    this.#observers = observers
    this.#vlan = vlan
  }

  snapshot (): AttachmentsSnapshot {
    return { defaultQueueLength: this.#defaultQueueLength, lastId: this.#lastId, limits: this.#limits }
  }

  restore ({ defaultQueueLength, lastId, limits = NO_LIMITS }: AttachmentsSnapshot): void {
    this.#defaultQueueLength = defaultQueueLength
    this.#lastId = lastId
    this.#limits = limits
  }

  /** A port of another process. Its endpoints wait for their links. */
  restorePort (snapshot: PortSnapshot): void {
    const port = Port.from(snapshot, this.#bridge.forms)
    port.endpoints = snapshot.endpoints.map((endpoint) => this.#restoreEndpoint(port, endpoint))
    this.#bridge.ports[port.number] = port
  }

  #restoreEndpoint (port: Port, { id, queueLimit, queueDrops, waiting, ...who }: EndpointSnapshot): Endpoint {
    const endpoint = new Endpoint(id, port, this, new FrameQueue(this.#budget, queueLimit), who)
    endpoint.queue.restore(waiting)
    endpoint.queueDrops = queueDrops
    this.#countUp(who.owner, 1)
    return endpoint
  }

  get limits (): EndpointLimits { return this.#limits }
  /** Endpoints there are. */
  get count (): number { return this.#count }
  /** Frames a new endpoint queues at most. */
  get defaultQueueLength (): number { return this.#defaultQueueLength }
  /** Octets all queues hold, and may hold. */
  get budget (): Pick<QueueBudget, 'used' | 'limit'> { return this.#budget }

  /** Limits of those who come from now on. @throws {VdeError} EINVAL */
  setLimits (change: Partial<EndpointLimits>): void {
    for (const limit of Object.values(change)) {
      if (limit !== null) checkRange('limit the endpoints', 'the limit', limit, 0, MAX_ENDPOINTS)
    }
    this.#limits = { ...this.#limits, ...change }
  }

  /** Frames an endpoint plugged in from now on queues. 0: none. @throws {VdeError} EINVAL */
  setDefaultQueueLength (frames: number): void {
    checkRange('set the queue length', 'the length', frames, 0, MAX_QUEUE_FRAMES)
    this.#defaultQueueLength = frames
  }

  /** @throws {VdeError} EINVAL, ENXIO */
  setQueueLength (port: number, id: number, frames: number): void {
    checkRange('set the queue length', 'the length', frames, 0, MAX_QUEUE_FRAMES)
    this.endpoint(port, id).queue.limit = frames
  }

  /** @throws {VdeError} EINVAL, ENXIO no such port or endpoint */
  endpoint (port: number, id: number): Endpoint {
    const action = `find endpoint ${id} of port ${port}`
    const found = needPort(action, this.#bridge, port).endpoints.find((one) => one.id === id)
    if (found === undefined) throw new VdeError('ENXIO', action, 'the port has no such endpoint')
    return found
  }

  /** @throws {VdeError} see {@link Switch.attach} */
  attach (request: AttachRequest): Endpoint {
    if (this.#isClosed) throw new VdeError('ENXIO', 'plug in', 'the switch is shutting down')
    this.#checkShare(request)
    const number = request.port === 'any' ? this.#allocate(request.owner) : request.port
    this.#guard(number, request)
    const port = this.#bridge.ports[number] ?? this.addPort(number, true)
    const endpoint = new Endpoint(++this.#lastId, port, this, new FrameQueue(this.#budget, this.#defaultQueueLength), request)
    port.endpoints = [endpoint, ...port.endpoints]
    this.#countUp(request.owner, 1)
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

  endpointTurned (endpoint: Endpoint): void { this.#refreshState(endpoint.port) }

  /** A port goes down with the last medium behind it, and what was learnt there is not there any more. */
  #refreshState (port: Port): void {
    const isUp = port.endpoints.some((endpoint) => endpoint.isUp)
    if (isUp === port.isUp) return
    port.isUp = isUp
    if (isUp) return this.#observers.portUp(port.number)
    this.#observers.portDown(port.number)
    if (port.isActive) this.#bridge.fdb.flushPort(port.number)
  }

  endpointClosed (endpoint: Endpoint): void {
    const { port } = endpoint
    port.endpoints = port.endpoints.filter((one) => one !== endpoint)
    this.#countUp(endpoint.owner, -1)
    this.#observers.endpointRemoved(port.number, endpoint.id)
    this.#refreshState(port)
    if (port.isActive) return
    port.currentUser = NONE
    this.portFreed(port.number)
    this.#bridge.portsChanged(port)
    this.#observers.portRemoved(port.number)
    this.#bridge.fdb.flushPort(port.number)
  }

  /** A port that there is not yet, in the default VLAN. */
  addPort (number: number, isAllocatable: boolean): Port {
    const port = new Port(number, isAllocatable, this.#bridge.forms)
    this.#bridge.ports[number] = port
    // Without VLAN 0 a new port has no untagged VLAN until it is given one.
    this.#vlan.join(port, this.#bridge.vlans[DEFAULT_VLAN] === null ? NO_VLAN : DEFAULT_VLAN)
    this.#bridge.portsChanged(port)
    this.#observers.portAdded(number)
    return port
  }

  /** Somebody who asks for any port may get this one now, or one of its number and above is all there are. */
  portFreed (number: number): void { this.#firstFree = Math.min(this.#firstFree, Math.max(number, 1)) }

  /** Once a second. */
  tick (): void { this.#budget.trim() }

  /** Unplugs everybody. Idempotent; nobody is let in afterwards. */
  close (): void {
    this.#isClosed = true
    for (const port of this.#bridge.ports) {
      for (const endpoint of port?.endpoints ?? []) endpoint.close()
    }
  }

  #countUp ({ uid }: Owner, change: 1 | -1): void {
    this.#count += change
    const held = (this.#held.get(uid) ?? 0) + change
    if (held === 0) this.#held.delete(uid)
    else this.#held.set(uid, held)
  }

  #checkShare ({ owner, mayUsePortZero }: AttachRequest): void {
    const { perUser, total } = this.#limits
    const refuse = (found: string): never => { throw new VdeError('ENOSPC', 'plug in', `${found}, unplug some`) }
    if (total !== null && this.#count >= total) refuse(`the switch has all ${total} endpoints it may have (port/limit total)`)
    if (mayUsePortZero === true) return
    const held = this.#held.get(owner.uid) ?? 0
    if (perUser !== null && held >= perUser) refuse(`the user has all ${perUser} endpoints one may have (port/limit user)`)
    if (total !== null && held + this.#count >= total) refuse(`the user has ${held} endpoints, what is left of ${total} is for others`)
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
      : new VdeError('ENOSPC', 'plug in', `all ${ports.length - 1} ports are taken`)
  }

  #guard (number: number, request: AttachRequest): void {
    const action = `plug into port ${number}`
    const { ports } = this.#bridge
    checkRange(action, 'the port', number, 0, ports.length - 1)
    if (number === 0 && request.mayUsePortZero !== true) {
      throw new VdeError('EACCES', action, 'it is for the owner of the switch and the management group')
    }
    const port = ports[number]
    const { perPort } = this.#limits
    if (perPort !== null && (port?.endpoints.length ?? 0) >= perPort) {
      throw new VdeError('ENOSPC', action, `it has all ${perPort} endpoints it may have (port/limit port), unplug some`)
    }
    if (port === null) return
    if (!isAllowed(port, request.owner)) throw new VdeError('EACCES', action, 'it is for another user or group')
    if (!port.isActive) return
    if (request.isExclusive === true) throw new VdeError('EBUSY', action, 'somebody is plugged in, want it idle')
    if (!isSameUser(port.currentUser, request.owner)) throw new VdeError('EBUSY', action, 'another user is plugged in')
  }
}
