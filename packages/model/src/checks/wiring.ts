/** Nodes: what their interfaces are plugged into, links, addresses. */
import { isIpv6 } from '../address.ts'
import type { Cable, End, Interface, Radio } from '../model.ts'
import { eachTwice, ref, type Report } from './report.ts'

/** What IPv6 needs of a link [RFC 8200 5]. */
const LEAST_IPV6_MTU = 1280
const LEAST_MTU = 68

const endKey = ({ node, iface }: End): string => `${node}:${iface}`

/** All checks of nodes and links. */
export const checkWiring = (report: Report): void => {
  for (const link of report.model.links) ends(report, link)
  const used = report.model.links.flatMap((link) => [link.a, link.b].map((end) => ({ link, key: endKey(end) })))
  eachTwice(used, ({ key }) => key, (first, again) => {
    if (first.link === again.link) return
    report.add('LINK_END_TAKEN', ref('link', again.link.name), `${again.key} is an end of link ${first.link.name} too, want one link`,
      { references: [ref('link', first.link.name), ref('link', again.link.name), ref('interface', again.key)] })
  })
  const linked = new Map(used.map(({ link, key }) => [key, [`link ${link.name}`]]))
  for (const radio of report.model.radios) stations(report, radio, linked)
  for (const node of report.model.nodes) for (const one of node.interfaces) plug(report, `${node.name}:${one.name}`, one, linked)
  addresses(report)
}

const ends = (report: Report, { name, a, b }: Cable): void => {
  if (endKey(a) === endKey(b)) report.add('LINK_SELF', ref('link', name), `both its ends are ${endKey(a)}, want two`)
  for (const [side, { node, iface }] of [['a', a], ['b', b]] as const) {
    if (!report.isKnown('node', node, ref('link', name), side)) continue
    report.isKnown('interface', `${node}:${iface}`, ref('link', name), side)
  }
}

/** Notes where the interfaces of a radio are, beside the links they are ends of. */
const stations = (report: Report, { name, stations }: Radio, linked: Map<string, string[]>): void => {
  const subject = ref('radio', name)
  eachTwice(stations, ({ node }) => node, (_, { node }) => {
    report.add('NAME_DUPLICATE', subject, `found node "${node}" twice, want each once`)
  })
  for (const { node, iface } of stations) {
    const key = `${node}:${iface}`
    if (!report.isKnown('node', node, subject, 'nodes') || !report.isKnown('interface', key, subject, 'nodes')) continue
    linked.set(key, [...linked.get(key) ?? [], `radio ${name}`])
  }
}

/** Links and radios by the interface `NODE:IF` they are joined to. */
type Wires = ReadonlyMap<string, readonly string[]>

const plug = (report: Report, key: string, { net, vnl, mtu, addresses }: Interface, wires: Wires): void => {
  const where = [net === null ? [] : [`net ${net}`], vnl === null ? [] : ['a VNL'], wires.get(key) ?? []].flat()
  if (where.length > 1) report.add('IFACE_WIRING', ref('interface', key), `it is on ${where.join(' and on ')}, want one of them`)
  const least = addresses.some(isIpv6) ? LEAST_IPV6_MTU : LEAST_MTU
  if (mtu !== null && mtu < least) report.add('MTU_INVALID', ref('interface', key), `found mtu ${mtu}, want at least ${least}`, { attribute: 'mtu' })
}

/** One address twice in one Ethernet. Different ones may have the same, that is what NAT labs are about. */
const addresses = (report: Report): void => {
  const all = report.model.nodes.flatMap((node) => node.interfaces.flatMap((one) =>
    one.addresses.map((address) => ({ key: `${node.name}:${one.name}`, net: one.net, ip: address.split('/')[0]! }))))
  eachTwice(all, ({ net, ip, key }) => net === null ? `${key} ${ip}` : `net ${net} ${ip}`, (first, again) => {
    report.add('ADDRESS_DUPLICATE', ref('interface', again.key), `ip ${again.ip} is that of ${first.key} in the same net too`,
      { attribute: 'ip', references: [ref('interface', first.key), ref('interface', again.key)] })
  })
}
