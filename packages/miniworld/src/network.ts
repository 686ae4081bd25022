/**
 * What a scenario is made of before anything moves: nodes, their interfaces in MiniWorld's order, and where each is plugged in.
 *
 *     multi    an interface per neighbour, each link a cable of its own: br_00001_00002
 *     single   the interfaces that are declared, each at the hub of its number in its class: wifi1; hubwifi at br_cn_1
 *     both     the management network last, called as it is: mgmt
 */
import { Subnets, managementAddress } from './addresses.ts'
import type { InterfaceClass, Nic } from './names.ts'
import { centralHubName, hubName, macOf, nicsOf, tapName } from './names.ts'
import type { Config, Scenario } from './scenario.ts'
import { wire, type WiredLink } from './wiring.ts'
import type { Topology } from './motion.ts'

/** Where an interface is plugged in. `null`: it waits for a neighbour that is not there. */
export type Plug =
  | { readonly kind: 'cable', readonly link: string }
  | { readonly kind: 'hub', readonly hub: string }
  | { readonly kind: 'management' }
  | null

/** An interface of a node. */
export interface NodeNic extends Nic {
  /** `tap_00001_1`: what the network calls it. */
  readonly tap: string
  /** In the node: `eth0`. */
  readonly iface: string
  readonly mac: string
  /** `ADDRESS/PREFIX`; null: none. */
  readonly address: string | null
  readonly plug: Plug
}

/** A node. */
export interface MiniNode {
  readonly id: number
  readonly nics: readonly NodeNic[]
}

/** The whole. */
export interface MiniNetwork {
  readonly mode: 'multi' | 'single'
  readonly nodes: readonly MiniNode[]
  /** `multi` only. */
  readonly cables: readonly WiredLink[]
  /** `single` only: each hub once, in order. */
  readonly hubs: readonly string[]
  readonly management: string | null
}

const MODE = 'network.backend.connection_mode'

/** @throws {SyntaxError} a scenario that does not fit its topologies, or has no room for its addresses */
export const networkOf = (scenario: Scenario, topologies: readonly Topology[], { management }: Config): MiniNetwork => {
  if (scenario.look<string>(MODE) === 'multi') return wired(scenario, topologies, management)
  return radio(scenario, management)
}

const AUTO = 'network.links.configuration.auto_ipv4'
const PREFIX = 'network.links.configuration.nic_prefix'

const ids = (scenario: Scenario): number[] => Array.from({ length: scenario.nodes }, (_, i) => i + 1)

const ifaceOf = (scenario: Scenario, node: number, index: number): string => {
  const name = `${scenario.look<string>(PREFIX, node)}${index - 1}`
  if (/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/.test(name)) return name
  throw scenario.wrong(PREFIX, `an interface called "${name.slice(0, 40)}"`, 'a prefix of letters and digits, with its number at most 15 characters')
}

const managementNic = (id: number, index: number, name: string): NodeNic => ({
  kind: 'management', number: 1, tap: tapName(id, index), iface: name, mac: macOf(id, { kind: 'management', number: 1 }), address: managementAddress(id), plug: { kind: 'management' }
})

const wired = (scenario: Scenario, topologies: readonly Topology[], management: string | null): MiniNetwork => {
  if (topologies.length === 0) throw scenario.wrong(MODE, '"multi" without network.core.topologies', 'topologies, which say what is linked')
  if (scenario.look<string>('network.core.mode') !== 'lan') throw scenario.wrong('network.core.mode', 'positions for wired links', '"lan"')
  const { links, interfaces } = wire(topologies, scenario.nodes)
  const subnets = new Subnets(scenario)
  const hasAddresses = scenario.look<boolean>(AUTO) === true
  const plugs = new Map<string, readonly [link: WiredLink, subnet: number, host: 1 | 2]>()
  for (const [k, link] of links.entries()) {
    plugs.set(tapName(link.a, link.aIndex), [link, k, 1])
    plugs.set(tapName(link.b, link.bIndex), [link, k, 2])
  }
  const nodes = ids(scenario).map((id): MiniNode => {
    const count = interfaces[id - 1]!
    const nics = Array.from({ length: count }, (_, i): NodeNic => {
      const tap = tapName(id, i + 1)
      const nic = { kind: 'mesh', number: i + 1 } as const
      const plug = plugs.get(tap)
      const address = plug === undefined || !hasAddresses ? null : subnets.address(plug[1], plug[2])
      return { ...nic, tap, iface: ifaceOf(scenario, id, i + 1), mac: macOf(id, nic), address, plug: plug === undefined ? null : { kind: 'cable', link: plug[0].name } }
    })
    return { id, nics: management === null ? nics : [...nics, managementNic(id, count + 1, management)] }
  })
  return { mode: 'multi', nodes, cables: links, hubs: [], management }
}

const CLASSES = 'network.links.interfaces'

const radio = (scenario: Scenario, management: string | null): MiniNetwork => {
  const subnets = new Subnets(scenario)
  const hasAddresses = scenario.look<boolean>(AUTO) === true
  const nodes = ids(scenario).map((id): MiniNode => {
    const own = nicsOf(scenario.look<InterfaceClass[]>(CLASSES, id) ?? ['mesh'])
    if (own.filter(({ kind }) => kind === 'hubwifi').length > 1) throw scenario.wrong(CLASSES, `two hubwifi of node ${id}`, 'at most one')
    const nics = own.map((nic, i): NodeNic => {
      const many = own.filter(({ kind }) => kind === nic.kind).length
      const hub = nic.kind === 'hubwifi' ? centralHubName(1) : hubName(nic.number)
      return {
        ...nic,
        tap: tapName(id, i + 1),
        iface: ifaceOf(scenario, id, i + 1),
        mac: macOf(id, nic),
        address: hasAddresses ? subnets.address(i, id * many) : null,
        plug: { kind: 'hub', hub }
      }
    })
    return { id, nics: management === null ? nics : [...nics, managementNic(id, own.length + 1, management)] }
  })
  const hubs = nodes.flatMap(({ nics }) => nics.flatMap(({ plug }) => plug?.kind === 'hub' ? [plug.hub] : []))
  return { mode: 'single', nodes, cables: [], hubs: [...new Set(hubs)].sort(), management }
}

/** The address by which node `to` is reached from its neighbour `from`, without its prefix; null: they share no network. */
export const addressTowards = ({ nodes }: MiniNetwork, to: number, from: number): string | null => {
  const found = nodes[to - 1]!.nics.find((nic) => nodes[from - 1]!.nics.some((other) => isShared(nic, other)))
  return found?.address?.split('/')[0] ?? null
}

const isShared = (one: NodeNic, other: NodeNic): boolean => {
  if (one.plug?.kind === 'cable') return other.plug?.kind === 'cable' && one.plug.link === other.plug.link
  return one.plug?.kind === 'hub' && other.plug?.kind === 'hub' && one.kind === other.kind && one.number === other.number
}
