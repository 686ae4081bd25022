/**
 * The overlays of a lab on this host: what joins its nets to other hosts.
 *
 *     net's switch <--> endpoint <--> tunnel over UDP, shared sockets (vxlan, geneve)
 *                                \--> lane of the phys's trunk         (direct, vlan)
 *
 * It is one port of the switch, so what came from one host is never sent to another (split horizon). Brought into line with
 * the model as a whole: what stays the same tunnel goes on, and only learns who else is there.
 */
import { equal, isTunnel, type Table } from '@vde-ts/model'
import type { FrameSink, Link } from '@vde-ts/link'
import { NestedLink } from '@vde-ts/schemes/nested-link.js'
import { VlanCoder, readPlan } from '@vde-ts/schemes/vlan.js'
import type { Endpoint } from '@vde-ts/switch'
import { unplug, type LabNet } from './net.ts'
import { mtuOn, overlayOf, type OverlaySpec } from './overlay-spec.ts'
import { Trunk } from './trunk.ts'
import { Tunnels, underlayMtu } from './tunnels.ts'

interface Running {
  readonly spec: OverlaySpec
  readonly net: LabNet
  readonly endpoint: Endpoint
  readonly link: Link
  /** Null: its peers are not ours to know. */
  readonly update: ((spec: OverlaySpec) => void) | null
}

/** What there is to show of an overlay. */
export interface OverlayStatus {
  readonly type: string
  readonly vid: number
  readonly phys: string
  readonly hosts: readonly string[]
  readonly mtu: number
  /** Frames that the tunnel lost: arrived and not understood; not sent. */
  readonly drops: readonly [arrived: number, sent: number]
}

/** See above. */
export class Overlays {
  readonly #lab: string
  readonly #log: (line: string) => void
  readonly #running = new Map<string, Running>()
  readonly #trunks = new Map<string, Promise<Trunk>>()
  readonly #tunnels = new Tunnels()

  constructor (lab: string, log: (line: string) => void) {
    this.#lab = lab
    this.#log = log
  }

  /** Brings all nets into line with the model. @throws {VdeError} what cannot be opened; the others may be open already */
  async settle (table: Table, nets: ReadonlyMap<string, LabNet>): Promise<void> {
    const wanted = new Map<string, OverlaySpec>()
    for (const name of nets.keys()) {
      const spec = overlayOf(table, this.#lab, name)
      if (spec !== null) wanted.set(name, spec)
    }
    // All that ends has ended before anything begins: a number or a port may pass from one net to another.
    for (const [name, { spec }] of this.#running) if (!isSameTunnel(spec, wanted.get(name))) this.drop(name)
    for (const [name, spec] of wanted) {
      const running = this.#running.get(name)
      if (running === undefined) this.#running.set(name, await this.#open(spec, nets.get(name)!))
      else if (!equal(running.spec, spec)) {
        running.update?.(spec)
        this.#running.set(name, { ...running, spec })
      }
    }
  }

  async #open (spec: OverlaySpec, net: LabNet): Promise<Running> {
    const endpoint = net.sw.attach({
      port: 'any', owner: { uid: process.geteuid!(), gid: process.getegid!(), groups: [] }, module: 'overlay', description: spec.type
    })
    try {
      const { link, update } = isTunnel(spec.type)
        ? await this.#tunnels.open(spec, endpoint, this.#log)
        : { link: await this.#laneOf(spec, endpoint), update: null }
      link.setOffload?.(true)
      endpoint.connect(link)
      return { spec, net, endpoint, link, update }
    } catch (error) {
      endpoint.close()
      throw error
    }
  }

  async #laneOf ({ type, vid, iface }: OverlaySpec, sink: FrameSink): Promise<Link> {
    const trunk = await this.#trunk(iface!)
    if (type === 'direct') return trunk.lane(0, sink)
    const coder = new VlanCoder(readPlan({ path: String(vid), params: new Map() }))
    return await NestedLink.open(`${iface} VLAN ${vid}`, coder, sink, async (inner) => trunk.lane(vid, inner))
  }

  async #trunk (iface: string): Promise<Trunk> {
    const known = this.#trunks.get(iface)
    if (known !== undefined) return await known
    const made = Trunk.open(iface, this.#log, () => { this.#trunks.delete(iface) })
    this.#trunks.set(iface, made)
    made.catch(() => { this.#trunks.delete(iface) })
    return await made
  }

  /** What guests of a net have room for here; null: it has no overlay on this host. */
  mtuOf (table: Table, net: string): number | null {
    const spec = overlayOf(table, this.#lab, net)
    return spec === null ? null : mtuOn(spec, underlayMtu(spec))
  }

  /** Null: the net has none here. */
  statusOf (net: string): OverlayStatus | null {
    const running = this.#running.get(net)
    if (running === undefined) return null
    const { spec, link } = running
    const { type, vid, phys, peers } = spec
    const mtu = mtuOn(spec, underlayMtu(spec))
    return { type, vid, phys, hosts: peers.hosts, mtu, drops: [link.rxDrops ?? 0, link.txDrops ?? 0] }
  }

  /** Ends that of a net. */
  drop (net: string): void {
    const running = this.#running.get(net)
    if (running === undefined) return
    this.#running.delete(net)
    unplug(running.net.sw, running.endpoint)
  }

  /** Ends all. */
  close (): void { for (const net of [...this.#running.keys()]) this.drop(net) }
}

/** All but who else is there. */
const isSameTunnel = (a: OverlaySpec, b: OverlaySpec | undefined): boolean =>
  b !== undefined && equal({ ...a, peers: null }, { ...b, peers: null })
