/** Underlay: what an overlay needs of the interfaces of hosts. */
import { isIpv6, isMulticastIp } from '../address.ts'
import { isVnl, type OverlayType, type Phys } from '../model.ts'
import type { Reference } from '../problem.ts'
import { eachTwice, ref, type Report } from './report.ts'

/** Types whose hosts are known by their addresses. */
const NEED_IP: readonly OverlayType[] = ['vxlan/e2e', 'vxlan/static', 'geneve', 'geneve/e2e']
/** Types that work on the interface itself. */
const NEED_INTERFACE: readonly OverlayType[] = ['direct', 'vlan']

/** All checks of physes. */
export const checkPhyses = (report: Report): void => {
  for (const { net, phys } of report.model.attachments) attributes(report, net, phys)
  eachTwice(report.model.physes, ({ ip }) => ip, (first, again) => {
    report.add('PHYS_DUPATTR', ref('phys', again.name), `ip ${again.ip} is that of phys ${first.name} too, want one each`,
      { attribute: 'ip', references: [ref('attr', 'ip'), ref('phys', first.name), ref('phys', again.name)] })
  })
  for (const { name } of report.model.nets) perNet(report, name)
  for (const { name, isLocal, iface } of report.model.physes) {
    if (!isLocal || iface === null || isVnl(iface) || report.world.hasInterface(iface) !== false) continue
    report.add('PHYS_NOIF', ref('phys', name), `interface "${iface}" is not there`,
      { attribute: 'if', references: [ref('if', iface), ref('phys', name)] })
  }
  for (const settings of report.model.settings) template(report, settings.name)
}

const attributes = (report: Report, net: string, name: string): void => {
  const [type, phys] = [report.typeOf(net), report.table.phys.get(name)]
  if (phys === undefined || type === null) return
  const missing = (attribute: string, wanted: string): void => {
    report.add('PHYS_NOATTR', ref('phys', name), `no ${attribute} is given, and net ${net} (${type}) needs ${wanted}`,
      { attribute, references: [ref('attr', attribute), ref('phys', name), ref('net', net)] })
  }
  if (NEED_IP.includes(type) && phys.ip === null) missing('ip', 'one of each host')
  if (!phys.isLocal || phys.iface !== null) return
  if (NEED_INTERFACE.includes(type)) missing('iface', 'that of this host')
  if (type === 'vxlan/mcast' && phys.ip === null) missing('iface', 'the interface or the address of this host')
}

/** The versions of all that take part, and that this host does so once. */
const perNet = (report: Report, net: string): void => {
  const physes = report.physesOf(net).map((name) => report.table.phys.get(name)!)
  const [first, ...others] = physes.filter(({ ip }) => ip !== null)
  for (const other of others) {
    if (isIpv6(other.ip!) === isIpv6(first!.ip!)) continue
    const pair = `ip ${other.ip} and ${first!.ip} of phys ${first!.name}`
    report.add('PHYS_INCOMPATIBLE_IPV', ref('phys', other.name), `${pair} are of two versions in net ${net}`, { attribute: 'ip', references: involved(first!, other, net) })
  }
  const [one, two] = physes.filter(({ isLocal }) => isLocal)
  if (two === undefined) return
  report.add('PHYS_TWICE_LOCAL', ref('net', net), `phys ${one!.name} and ${two.name} are both of this host, want one in a net`,
    { references: involved(one!, two, net), hint: 'detach one of them' })
}

const involved = (a: Phys, b: Phys, net: string): Reference[] => [ref('phys', a.name), ref('phys', b.name), ref('net', net)]

const MAX_PORT = 65535

const template = (report: Report, name: string): void => {
  const { type, port, group } = report.table.settings.get(name)!
  const subject = ref('settings', name)
  if (port !== null && !(Number.isInteger(port) && port > 0 && port <= MAX_PORT)) {
    report.add('SETTINGS_PORT', subject, `found port ${port}, want 1..${MAX_PORT}`, { attribute: 'port' })
  }
  if (type !== 'vxlan/mcast') return
  if (group === null || !isMulticastIp(group)) {
    report.add('SETTINGS_GROUP', subject, `found group ${group ?? 'none'}, want a multicast address`, { attribute: 'group' })
    return
  }
  for (const net of report.model.nets) if (net.settings === name) groupVersion(report, net.name, name, group)
}

const groupVersion = (report: Report, net: string, settings: string, group: string): void => {
  const physes = report.physesOf(net).map((phys) => report.table.phys.get(phys)!)
  const other = physes.find(({ ip }) => ip !== null && isIpv6(ip) !== isIpv6(group))
  if (other === undefined) return
  const pair = `group ${group} and ip ${other.ip} of phys ${other.name}`
  report.add('SETTINGS_GROUP_IPV', ref('settings', settings), `${pair} are of two versions in net ${net}`,
    { attribute: 'group', references: [ref('settings', settings), ref('phys', other.name), ref('net', net)] })
}
