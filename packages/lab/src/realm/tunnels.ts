/**
 * Tunnels of overlays over UDP: a link for each net, which others of the same phys share the sockets of.
 *
 *     VXLAN, Geneve   the port's owner parts what arrives by network number; what leaves goes by the phys's address
 *
 * Who else is there may change while it runs: only then are frames sent elsewhere.
 */
import { networkInterfaces } from 'node:os'
import { randomInt } from 'node:crypto'
import { isStatic, isVnl, macOctets } from '@vde-ts/model'
import { VdeError, loop, type FrameSink } from '@vde-ts/link'
import { native } from '@vde-ts/native'
import { geneveProtocol } from '@vde-ts/schemes/geneve.js'
import { familyOf, parseAddress } from '@vde-ts/schemes/internet/address.js'
import { interfaceIndex } from '@vde-ts/schemes/internet/udp-socket.js'
import { floodOf, type OverlayLink, type Peers } from '@vde-ts/schemes/overlay/overlay-link.js'
import { Stations } from '@vde-ts/schemes/overlay/stations.js'
import { openOn } from '@vde-ts/schemes/overlay/tunnel.js'
import { TunnelSockets } from '@vde-ts/schemes/overlay/tunnel-sockets.js'
import { vxlanProtocol } from '@vde-ts/schemes/vxlan.js'
import { mtuOn, type OverlaySpec } from './overlay-spec.ts'

const ETHERNET_MTU = 1500
const RECEIVE_OCTETS = 4 * 1024 * 1024
/** As a kernel's bridge does it. */
const EXPIRE_SEC = 300
const STATIONS = 65536
/** Hops of a multicast: the hosts of a group are on one underlay. */
const TTL = 1

/** A link whose peers change in place. */
export interface Tunnel {
  readonly link: OverlayLink
  /** Others are there now. @throws {VdeError} ENOSPC too many stations; nothing has changed */
  update (spec: OverlaySpec): void
}

/** The sockets of a daemon's tunnels, by what they leave with. */
export class Tunnels {
  readonly #sockets = new Map<string, TunnelSockets>()

  /** @throws {VdeError} EADDRNOTAVAIL the phys's address is none of this host, ENETUNREACH the UDP port is taken, ... */
  async open (spec: OverlaySpec, sink: FrameSink, log: (line: string) => void): Promise<Tunnel> {
    const { net, port, group, vid } = spec
    const action = `join net "${net}" to ${spec.type}`
    const target = group === null ? null : parseAddress(group, port!)
    const source = sourceOf(spec, target, action)
    const stations = stationsFor(spec, action)
    const link = await openOn(spec.type.startsWith('geneve') ? geneveProtocol : vxlanProtocol, this.#socketsFor(source, action), {
      label: `${spec.type} ${vid}`,
      family: source.family,
      port: port!,
      network: vid,
      group: target,
      interfaceIndex: source.interfaceIndex,
      receiveOctets: RECEIVE_OCTETS,
      peers: peersOf(spec, stations),
      mtu: mtuOn(spec, underlayMtu(spec)),
      action
    }, sink, { loop, log })
    return { link, update: updating(link, spec, stations, action) }
  }

  #socketsFor (source: Source, action: string): TunnelSockets {
    const key = `${source.text} ${source.interfaceIndex}`
    const known = this.#sockets.get(key)
    if (known !== undefined) return known
    const made = new TunnelSockets(source, action, loop, () => { this.#sockets.delete(key) })
    this.#sockets.set(key, made)
    return made
  }
}

/** Each change in turn; stations that were learnt behind a host that is gone are forgotten. */
const updating = (link: OverlayLink, first: OverlaySpec, learnt: Stations, action: string): (spec: OverlaySpec) => void => {
  let old = first
  return (spec) => {
    const stations = isStatic(spec.type) ? stationsFor(spec, action) : learnt
    link.setPeers(peersOf(spec, stations))
    for (const host of old.peers.hosts) {
      if (!spec.peers.hosts.includes(host)) learnt.forget(new Int32Array(parseAddress(host, spec.port!)!.buffer), 0)
    }
    old = spec
  }
}

/** @throws {VdeError} ENOSPC */
const stationsFor = ({ port, peers }: OverlaySpec, action: string): Stations => {
  const stations = new Stations({ seed: randomInt(2 ** 31), capacity: STATIONS, expireSec: EXPIRE_SEC })
  for (const { mac, ip } of peers.stations) {
    if (stations.pin(macOctets(mac), new Int32Array(parseAddress(ip, port!)!.buffer))) continue
    throw new VdeError('ENOSPC', action, `${peers.stations.length} stations are too many`)
  }
  return stations
}

const peersOf = ({ type, port, group, peers }: OverlaySpec, stations: Stations): Peers => ({
  stations,
  flood: floodOf([...(group === null ? [] : [group]), ...peers.hosts].map((text) => parseAddress(text, port!)!)),
  isFixed: isStatic(type),
  isClosed: group === null,
  dropsUnknown: peers.dropsUnknown
})

interface Source {
  readonly text: string
  readonly family: 4 | 6
  readonly address: Uint8Array | null
  readonly ttl: number
  readonly interfaceIndex: number
}

/** A group's datagrams leave by the interface that is named, or that has the address. */
const sourceOf = ({ ip, iface }: OverlaySpec, group: Uint8Array | null, action: string): Source => {
  const address = ip === null ? null : parseAddress(ip, 0)!
  const name = group === null ? null : iface !== null && !isVnl(iface) ? iface : interfaceWith(ip)
  const family = familyOf(group ?? address!)
  return { text: ip ?? `any ${family}`, family, address, ttl: TTL, interfaceIndex: name === null ? 0 : interfaceIndex(name, action) }
}

/** The interface of this namespace that has an address. */
const interfaceWith = (ip: string | null): string | null => {
  const found = Object.entries(networkInterfaces()).find(([, list]) => list?.some(({ address }) => address === ip))
  return found?.[0] ?? null
}

/** Of the interface below an overlay; an Ethernet's where that is not known. */
export const underlayMtu = ({ iface, ip }: Pick<OverlaySpec, 'iface' | 'ip'>): number => {
  const name = iface !== null && !isVnl(iface) ? iface : interfaceWith(ip)
  return name === null ? ETHERNET_MTU : Math.max(native.interfaceMtu(name), 0) || ETHERNET_MTU
}
