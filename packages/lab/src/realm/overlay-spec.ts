/**
 * What the overlay of a net is on this host, as data: it says which tunnel, who else is there, and which stations are behind
 * whom. Two that differ in `peers` alone are the same tunnel, which goes on.
 */
import { isIpv6, isStatic, isTunnel, macOf, overhead, type OverlayType, type Phys, type Table, type Virt } from '@vde-ts/model'

/** A station that is known. */
export interface KnownStation {
  readonly mac: string
  /** Address of its host. */
  readonly ip: string
}

/** Who else is on it. */
export interface OverlayPeers {
  /** Addresses of the other hosts. */
  readonly hosts: readonly string[]
  /** Of the static types; else none. */
  readonly stations: readonly KnownStation[]
  /** Frames to a station that is not known are dropped in place of going to all hosts. */
  readonly dropsUnknown: boolean
}

/** The overlay of one net on this host. */
export interface OverlaySpec {
  readonly net: string
  readonly type: OverlayType
  readonly vid: number
  readonly port: number | null
  readonly group: string | null
  /** Name of the phys; its interface and address. */
  readonly phys: string
  readonly iface: string | null
  readonly ip: string | null
  readonly peers: OverlayPeers
}

/** Whether a node runs on this host. */
export const isNodeHere = (table: Table, host: string | null): boolean =>
  host === null || [...table.phys.values()].some((phys) => phys.host === host && phys.isLocal)

/** Whether a virt is plugged in on this host. On a net without an overlay it needs no host. */
export const isVirtHere = (table: Table, { net, phys, iface }: Pick<Virt, 'net' | 'phys' | 'iface'>): boolean => {
  if (iface === null) return false
  if (phys !== null) return table.phys.get(phys)?.isLocal === true
  return table.net.get(net)?.settings === null
}

/**
 * Null: the net has no overlay, or no part of it is on this host.
 * @param lab name of the network: addresses that were not given are made of it
 */
export const overlayOf = (table: Table, lab: string, name: string): OverlaySpec | null => {
  const net = table.net.get(name)
  const settings = table.settings.get(net?.settings ?? '')
  if (net === undefined || settings === undefined) return null
  const physes = [...table.phys.values()].filter((phys) => table.attachment.has(`${name}/${phys.name}`))
  const own = physes.find(({ isLocal }) => isLocal)
  if (own === undefined) return null
  const others = physes.filter((phys) => !phys.isLocal && phys.ip !== null)
  const hasHosts = isTunnel(settings.type) && settings.type !== 'vxlan/mcast'
  return {
    net: name,
    type: settings.type,
    vid: net.vid,
    port: settings.port,
    group: settings.group,
    phys: own.name,
    iface: own.iface,
    ip: own.ip,
    peers: {
      hosts: hasHosts ? others.map(({ ip }) => ip!) : [],
      stations: isStatic(settings.type) ? stationsOf(table, lab, name, others) : [],
      dropsUnknown: settings.unknown === 'drop'
    }
  }
}

/** What is known of the other hosts: their guests, and their nodes. */
const stationsOf = (table: Table, lab: string, net: string, others: readonly Phys[]): KnownStation[] => {
  const stations: KnownStation[] = []
  for (const virt of table.virt.values()) {
    const phys = others.find(({ name }) => name === virt.phys)
    if (virt.net === net && virt.mac !== null && phys !== undefined) stations.push({ mac: virt.mac, ip: phys.ip! })
  }
  for (const one of table.interface.values()) {
    const phys = one.net === net ? others.find(({ host }) => host === table.node.get(one.node)?.host) : undefined
    if (phys !== undefined) stations.push({ mac: one.mac ?? macOf(lab, one.node, one.name), ip: phys.ip! })
  }
  return stations
}

/** What guests of a net have room for [4.3]. @param underlayMtu of the interface below */
export const mtuOn = ({ type, group, ip }: OverlaySpec, underlayMtu: number): number => {
  const address = type === 'vxlan/mcast' ? group : ip
  return underlayMtu - overhead(type, address !== null && isIpv6(address))
}
