/**
 * A declared network: plain data, frozen by convention, equal to itself after JSON. Nothing here opens anything.
 *
 *     Settings <-- Net <-- Attachment --> Phys        overlays: which host takes part in which network
 *                   ^                      ^
 *                   +-- Virt --------------+          a guest's port: LSDN's, on a host that is named
 *                   +-- Interface of a Node           a port of a node, which we start ourselves
 *                          ^
 *                         Link, Radio                 a cable between interfaces of two nodes; a medium that several share
 *
 * Objects name each other; names are unique in their list (a virt's in its net, an interface's in its node). Text is in one
 * spelling: addresses as address.ts writes them, so that equal things are equal texts. Every field is there in every object;
 * null is "not given". An object is changed by a new Model that shares all the rest.
 *
 * Whoever makes it real needs, of a net: its settings (null: a switch in the daemon, no overlay), `vid`, the physes attached
 * to it, and the ports: virts and interfaces that name it. All that a port does to frames is in {@link Policy} `in` (frames
 * on their way to the guest) and `out` (those it sends), and in `impair`.
 */
import type { AddressSet, Chain, Policy, Rate } from './firewall.ts'
import type { Expectation } from './expectation.ts'

/** The types of overlays. */
export const OVERLAY_TYPES = ['direct', 'vlan', 'vxlan/mcast', 'vxlan/e2e', 'vxlan/static', 'geneve', 'geneve/e2e'] as const

/** How the hosts of a net hear each other. */
export type OverlayType = typeof OVERLAY_TYPES[number]

/** A template of overlays, shared by many nets. */
export interface Settings {
  readonly name: string
  readonly type: OverlayType
  /** UDP port; null where the type has none. */
  readonly port: number | null
  /** Multicast group of `vxlan/mcast`, else null. */
  readonly group: string | null
  /** What the static types do with unicast to a station they do not know; null for those that learn. */
  readonly unknown: 'flood' | 'drop' | null
}

/** One isolated Ethernet. */
export interface Net {
  readonly name: string
  /** Null: no overlay. All its ports are on this host then. */
  readonly settings: string | null
  /** VLAN or virtual network number; 0 where the overlay has none. */
  readonly vid: number
  /** From the other hosts to this one, all ports together. */
  readonly rateIn: Rate | null
  readonly rateOut: Rate | null
}

/** An underlay interface of a host. */
export interface Phys {
  readonly name: string
  /** Which host it is on: its own name, unless a host has several. */
  readonly host: string
  /** An interface of the daemon's namespace, or a VNL. */
  readonly iface: string | null
  /** Without prefix length. */
  readonly ip: string | null
  /** This daemon's. The only field in which the models of the hosts differ. */
  readonly isLocal: boolean
  /** All nets together. */
  readonly rateIn: Rate | null
  readonly rateOut: Rate | null
}

/** A phys that takes part in a net, because somebody said so. */
export interface Attachment {
  readonly net: string
  readonly phys: string
}

/** A guest's port that is not ours to start. Real where its phys is local. */
export interface Virt {
  readonly net: string
  readonly name: string
  readonly mac: string | null
  /** Null: not connected. */
  readonly phys: string | null
  /** An interface of the daemon's namespace, or a VNL (a switch socket that a QEMU joins). Kept when the phys goes. */
  readonly iface: string | null
  readonly in: Policy
  readonly out: Policy
}

/** Of a node. On a net, on a network by its VNL, or the end of a link: one of the three. */
export interface Interface {
  /** In the node: `eth0`. */
  readonly name: string
  readonly net: string | null
  readonly vnl: string | null
  /** Null: made of the names, the same each time; see {@link macOf}. */
  readonly mac: string | null
  /** Each `ADDRESS/PREFIX`. */
  readonly addresses: readonly string[]
  /** Null: what the net recommends (4.3), else 1500. */
  readonly mtu: number | null
  /** Words of the impairment engine; `in.` is towards the node. Empty for a link's end, where the link has them. */
  readonly impair: string
  readonly in: Policy
  readonly out: Policy
}

/** `to` null: the default route of `via`'s family. */
export interface Route {
  readonly to: string | null
  readonly via: string
}

/** A namespace with an init of its own. */
export interface Node {
  readonly name: string
  /** Where it runs; null: here. */
  readonly host: string | null
  readonly interfaces: readonly Interface[]
  readonly routes: readonly Route[]
  /** Forwards IPv4 and IPv6. */
  readonly forward: boolean
  /** The interface whose address stands for all that go out by it. */
  readonly nat: string | null
  /** Command lines, for `sh -c`; started in this order, none waited for. */
  readonly run: readonly string[]
  /** Working directory of its commands; null: where the file of the network is. */
  readonly dir: string | null
}

/** One end of a link. */
export interface End {
  readonly node: string
  readonly iface: string
}

/** A cable. */
export interface Cable {
  /** `r:eth1--b:eth0` unless given. */
  readonly name: string
  readonly a: End
  readonly b: End
  /** Words of the impairment engine: `delay=20ms out.loss=1%`. `out.` is from a to b, `in.` from b to a. */
  readonly impair: string
}

/** An interface on a radio, at most one of a node. */
export interface RadioStation {
  readonly node: string
  readonly iface: string
  /** x, y and perhaps z, in metres; empty in a hub. */
  readonly at: readonly number[]
  /** Of a hub: words of the impairment engine, about what the station hears. */
  readonly impair: string
}

/** A medium that stations share: each frame reaches those that hear its sender. */
export interface Radio {
  readonly name: string
  /** Who hears whom and how well, as spec.ts of the package radio has it; null: a hub, where everybody hears everybody. */
  readonly model: Readonly<Record<string, unknown>> | null
  /** Of all that is by chance, 0 to 2^53 - 1. */
  readonly seed: number
  readonly stations: readonly RadioStation[]
}

/** A whole network. Lists are in the order they were declared in; two models are equal when their lists are as sets. */
export interface Model {
  readonly name: string
  readonly settings: readonly Settings[]
  readonly nets: readonly Net[]
  readonly physes: readonly Phys[]
  readonly attachments: readonly Attachment[]
  readonly virts: readonly Virt[]
  readonly nodes: readonly Node[]
  readonly links: readonly Cable[]
  readonly radios: readonly Radio[]
  readonly chains: readonly Chain[]
  readonly sets: readonly AddressSet[]
  readonly expect: readonly Expectation[]
}

/** A network of which nothing is declared. */
export const emptyModel = (name: string): Model => ({
  name,
  settings: [],
  nets: [],
  physes: [],
  attachments: [],
  virts: [],
  nodes: [],
  links: [],
  radios: [],
  chains: [],
  sets: [],
  expect: []
})

/** True for what needs to know which station is behind which host. */
export const isStatic = (type: OverlayType): boolean => type === 'vxlan/static' || type === 'geneve'

const VXLAN_PORT = 4789
const GENEVE_PORT = 6081

/** UDP port of a type unless given; null: it has none. */
export const usualPort = (type: OverlayType): number | null =>
  type.startsWith('vxlan') ? VXLAN_PORT : type.startsWith('geneve') ? GENEVE_PORT : null

/** True for the types that go over UDP. */
export const isTunnel = (type: OverlayType): boolean => usualPort(type) !== null

/** False for the bare name of an interface: what else a phys or a virt may have is a network by its VNL. */
export const isVnl = (iface: string): boolean => iface.includes('/') || iface.includes(':')
