/** Ports of nets: virts, and interfaces of nodes. */
import { macOctets } from '../address.ts'
import { isStatic, isVnl, type Virt } from '../model.ts'
import { keyOf } from '../plan.ts'
import { eachTwice, ref, type Port, type Report } from './report.ts'

/** All checks of ports. */
export const checkPorts = (report: Report): void => {
  const { model } = report
  for (const virt of model.virts) connection(report, virt)
  eachTwice(model.virts, usedInterface, (first, again) => {
    report.add('VIRT_DUPIF', ref('virt', keyOf('virt', again)), `interface "${again.iface}" is that of virt ${keyOf('virt', first)} too`,
      { attribute: 'if', references: [ref('if', again.iface!), ref('virt', keyOf('virt', first)), ref('virt', keyOf('virt', again))] })
  })
  const ports = portsOf(report)
  for (const port of ports) address(report, port)
  eachTwice(ports, ({ net, mac }) => net === null || mac === null ? null : `${net} ${mac}`, (first, again) => {
    report.add('VIRT_DUPATTR', again.subject, `mac ${again.mac} is that of ${first.subject.kind} ${first.subject.key} in the same net too`,
      { attribute: 'mac', references: [ref('attr', 'mac'), first.subject, again.subject, ref('net', again.net!)] })
  })
}

const portsOf = ({ model }: Report): Port[] => [
  ...model.virts.map((virt) => ({ subject: ref('virt', keyOf('virt', virt)), net: virt.net, mac: virt.mac })),
  ...model.nodes.flatMap((node) => node.interfaces.map(({ name, net, mac }) => ({ subject: ref('interface', `${node.name}:${name}`), net, mac })))
]

const address = (report: Report, { subject, mac }: Port): void => {
  if (mac === null) return
  const octets = macOctets(mac)
  if ((octets[0]! & 1) === 1) report.add('MAC_INVALID', subject, `mac ${mac} is a group's, want a station's`, { attribute: 'mac' })
  if (octets.every((octet) => octet === 0)) report.add('MAC_INVALID', subject, 'mac is all zero, want an address', { attribute: 'mac' })
}

/** Interfaces carry one port each; a network by its VNL may carry many. */
const usedInterface = ({ phys, iface }: Virt): string | null => phys === null || iface === null || isVnl(iface) ? null : `${phys} ${iface}`

const connection = (report: Report, virt: Virt): void => {
  const key = keyOf('virt', virt)
  const phys = report.table.phys.get(virt.phys ?? '')
  if (phys === undefined || !report.table.net.has(virt.net)) return
  const type = report.typeOf(virt.net)
  if (type !== null && !report.table.attachment.has(`${virt.net}/${phys.name}`)) {
    report.add('PHYS_NOT_ATTACHED', ref('virt', key), `phys ${phys.name} takes no part in net ${virt.net}`,
      { attribute: 'host', references: [ref('virt', key), ref('net', virt.net), ref('phys', phys.name)], hint: `attach ${phys.name} to ${virt.net}` })
    return
  }
  if (virt.iface === null || (phys.isLocal && !isVnl(virt.iface) && report.world.hasInterface(virt.iface) === false)) {
    report.add('VIRT_NOIF', ref('virt', key), virt.iface === null ? 'no interface is given' : `interface "${virt.iface}" is not there`,
      { attribute: 'if', references: [ref('if', virt.iface ?? ''), ref('virt', key)] })
  }
  if (type === null || !isStatic(type) || virt.mac !== null) return
  report.add('VIRT_NOATTR', ref('virt', key), `no mac is given, and net ${virt.net} (${type}) needs that of each port`,
    { attribute: 'mac', references: [ref('attr', 'mac'), ref('virt', key), ref('net', virt.net)] })
}
