/**
 * What the switch would do with a frame, and why.
 *
 * The frame goes through a copy of the bridge: ports, VLANs, table, guards and what is left of their rates, mirrors, and
 * ends of cables that keep what they are sent. So it is decided by the code that decides about all frames, which knows
 * nothing of this and is no slower for it. What that frame met is read from the copy: which counters moved, what
 * the table knows now, what left where. A switch of a thousand ports, or a table of 131 072 addresses, is copied in
 * some milliseconds.
 *
 * Beyond it is what chance and time decide: a bad link (`port/impair`), a shaped port, and whether a medium is full.
 */
import { etherType, isBroadcast, isGroup, macHi, macLo } from '@vde-ts/frame/ethernet.js'
import { HEADROOM, type Link } from '@vde-ts/link/link.js'
import { Bridge, OPAQUE } from './bridge.ts'
import { taggedVlan } from './classify.ts'
import { Endpoint } from './endpoint.ts'
import type { FdbEntry } from './fdb-entry.ts'
import { withTap } from './frame-tap.ts'
import { MirrorControl } from './mirror.ts'
import { MulticastControl } from './multicast-control.ts'
import { Observers } from './observer.ts'
import { Port, type Drops } from './port.ts'
import { FrameQueue, QueueBudget } from './queue.ts'
import { NO_VLAN, Vlan, type PortState } from './vlan.ts'

/** A frame that would leave. */
export interface TraceEgress {
  readonly port: number
  /** The port only shows it, as a mirror. */
  readonly isMirror: boolean
  /** A bad link lies behind the port, or it is shaped: when and whether the frame gets there is decided there. */
  readonly isImpaired: boolean
  readonly isShaped: boolean
  /** As it would leave. */
  readonly frame: Uint8Array
  /** Ids of the endpoints that would get it. */
  readonly endpoints: readonly number[]
}

/** A frame that would be lost, once for each endpoint that it is lost at. */
export interface TraceDrop {
  /** Where it would count. */
  readonly port: number
  readonly reason: keyof Drops
  readonly frames: number
}

/** What would become of the source address: `none` nothing, the others as the entry afterwards says. */
export type TraceLearning = 'none' | 'known' | 'new' | 'moved' | 'held'

/** The answer. */
export interface Trace {
  readonly port: number
  readonly isHub: boolean
  /** VLAN the frame belongs to, that of its tag even if it is not defined; null: none. */
  readonly vlan: number | null
  readonly isTagged: boolean
  /** Its tag is payload to this switch, which is transparent. */
  readonly isOpaque: boolean
  /** What the spanning tree lets the port do in that VLAN; null where there is none. */
  readonly state: PortState | null
  readonly learning: TraceLearning
  /** Entry of the source address before the frame, null: there was none. */
  readonly source: FdbEntry | null
  /** Entry that decides where the frame goes. */
  readonly destination: FdbEntry | null
  readonly destinationKind: 'broadcast' | 'multicast' | 'unicast'
  /** The spanning tree takes it. */
  readonly isForTree: boolean
  /** By rising port. */
  readonly egress: readonly TraceEgress[]
  readonly drops: readonly TraceDrop[]
}

/** What is set up beside the bridge. */
interface Controls { readonly mirrors: MirrorControl, readonly multicast: MulticastControl }

/** Traces `frame`, of 14 octets or more, as if it came in on `from`. */
export const traceFrame = (bridge: Bridge, controls: Controls, from: Port, frame: Uint8Array): Trace => {
  const copy = new Copy(bridge, controls, frame.length)
  const buf = new Uint8Array(HEADROOM + frame.length)
  buf.set(frame, HEADROOM)
  copy.bridge.forward(copy.bridge.ports[from.number]!, buf, HEADROOM, frame.length)
  const place = placeOf(bridge, from, buf)
  const entry = ({ fdb }: Bridge, at: number): FdbEntry | null =>
    place.key === null ? null : fdb.entry(place.key, macHi(buf, at), macLo(buf, at))
  const before = entry(bridge, HEADROOM + 6)
  return {
    port: from.number,
    isHub: bridge.isHub,
    vlan: place.vlan,
    isTagged: place.isTagged,
    isOpaque: place.isOpaque,
    state: place.domain?.stateOf(from.number) ?? null,
    learning: learningOf(before, entry(copy.bridge, HEADROOM + 6), from.number),
    source: before,
    destination: isGroup(buf, HEADROOM) ? null : entry(copy.bridge, HEADROOM),
    destinationKind: !isGroup(buf, HEADROOM) ? 'unicast' : isBroadcast(buf, HEADROOM) ? 'broadcast' : 'multicast',
    isForTree: copy.isForTree,
    egress: copy.egress(bridge),
    drops: copy.drops()
  }
}

/** A cable's end that keeps what it is sent. What waits in the queue of the original is in front of it here, too. */
class KeepingLink implements Link {
  readonly label = 'trace'
  readonly offload = false
  readonly maxFrame: number
  readonly isUp: boolean
  isReached = false
  readonly #isFull: boolean

  constructor (maxFrame: number, isUp: boolean, isFull: boolean) {
    this.maxFrame = maxFrame
    this.isUp = isUp
    this.#isFull = isFull
  }

  send (): boolean {
    this.isReached = !this.#isFull
    return this.isReached
  }

  pause (): void {}
  resume (): void {}
  close (): void {}
}

class Copy {
  readonly bridge: Bridge
  isForTree = false
  readonly #left: Array<{ readonly port: Port, readonly frame: Uint8Array }> = []
  readonly #links = new Map<number, KeepingLink>()

  constructor (original: Bridge, { mirrors, multicast }: Controls, len: number) {
    this.bridge = new Bridge(original.fdb.copy(), original.isTransparent)
    this.bridge.isHub = original.isHub
    if (original.bpduConsumer !== null) this.bridge.bpduConsumer = { onBpdu: () => { this.isForTree = true } }
    for (const port of original.ports) this.bridge.ports.push(port === null ? null : this.#port(port, len))
    original.vlans.forEach((vlan, id) => { if (vlan !== null) this.bridge.vlans[id] = Vlan.from(vlan.snapshot()) })
    new MulticastControl(this.bridge, new Observers(), 0).restore(multicast.snapshot(), original.fdb.nowSec)
    const control = new MirrorControl(this.bridge)
    for (const mirror of mirrors.list()) control.set(mirror)
    for (const port of this.bridge.ports) if (port !== null) this.#watch(port)
  }

  #port (original: Port, len: number): Port {
    const made = Port.from({ ...original.snapshot(), drops: {}, endpoints: [] }, this.bridge.forms)
    made.guards = original.guards
    made.storm = original.storm?.copy() ?? null
    made.gate = original.gate?.copy(made) ?? null
    made.endpoints = original.endpoints.map((one) => this.#endpoint(one, made, len))
    return made
  }

  #endpoint (original: Endpoint, port: Port, len: number): Endpoint {
    // Asked for the frame as it came in: a tag more or less makes no difference that matters.
    const room = original.queue.mayPush(len) ? original.queue.limit - original.queue.frames : 0
    const queue = new FrameQueue(new QueueBudget(), room)
    const host = { forward () {}, endpointClosed () {}, endpointTurned () {} }
    const made = new Endpoint(original.id, port, host, queue, original)
    if (original.link === null) return made
    const link = new KeepingLink(original.link.maxFrame, original.isUp, original.queue.frames > 0)
    this.#links.set(original.id, link)
    made.connect(link)
    return made
  }

  #watch (port: Port): void {
    const onFrame = (_isIn: boolean, buf: Uint8Array, off: number, len: number): void => {
      this.#left.push({ port, frame: new Uint8Array(buf.subarray(off, off + len)) })
    }
    port.outTaps = withTap(port.outTaps, { onFrame })
  }

  egress (original: Bridge): TraceEgress[] {
    return this.#left.map(({ port, frame }) => ({
      port: port.number,
      isMirror: port.isMirror,
      isImpaired: original.ports[port.number]!.interpose !== null,
      isShaped: original.ports[port.number]!.shaper !== null,
      frame,
      endpoints: port.endpoints.filter((one) => this.#hasReached(one)).map(({ id }) => id)
    })).sort((a, b) => a.port - b.port)
  }

  #hasReached ({ id, queue }: Endpoint): boolean { return queue.frames > 0 || this.#links.get(id)?.isReached === true }

  drops (): TraceDrop[] {
    return this.bridge.ports.flatMap((port) => port === null ? [] : dropsOf(port))
  }
}

const dropsOf = ({ number, drops }: Port): TraceDrop[] =>
  (Object.entries(drops) as Array<[keyof Drops, number]>).filter(([, frames]) => frames > 0)
    .map(([reason, frames]) => ({ port: number, reason, frames }))

interface Place {
  readonly vlan: number | null
  readonly isTagged: boolean
  readonly isOpaque: boolean
  /** The VLAN whose members the frame can reach. */
  readonly domain: Vlan | null
  /** Its space in the table, null: none. */
  readonly key: number | null
}

/** Where the frame in `buf` belongs, by the rules of the bridge. */
const placeOf = (bridge: Bridge, from: Port, buf: Uint8Array): Place => {
  const isTagged = etherType(buf, HEADROOM) === from.tpid
  const vid = isTagged ? taggedVlan(from, buf, HEADROOM, buf.length - HEADROOM) : from.bareVlan
  const isNone = bridge.isHub || vid < 0 || vid === NO_VLAN
  if (isNone) return { vlan: null, isTagged, isOpaque: false, domain: null, key: null }
  const isOpaque = isTagged && bridge.vlans[vid] === null && bridge.isTransparent
  const domain = bridge.vlans[isOpaque ? from.pvid : vid] ?? null
  return { vlan: vid, isTagged, isOpaque, domain, key: isOpaque ? OPAQUE | vid : vid }
}

const learningOf = (before: FdbEntry | null, after: FdbEntry | null, port: number): TraceLearning => {
  if (after === null) return 'none'
  if (before === null) return 'new'
  if (after.port !== port) return 'held'
  return before.port === port ? 'known' : 'moved'
}
