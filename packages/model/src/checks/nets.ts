/** Nets beside each other: their numbers, and what may share a UDP port or an interface. */
import { equal } from '../equal.ts'
import { isStatic, isTunnel, type Net, type OverlayType, type Settings } from '../model.ts'
import type { ProblemCode } from '../problem.ts'
import { eachTwice, ref, type Report } from './report.ts'

const MAX_VLAN = 4095
const MAX_VNI = 0xffffff

const familyOf = (type: OverlayType): string => type.split('/')[0]!

/** All checks of nets. */
export const checkNets = (report: Report): void => {
  const nets = report.model.nets.filter(({ settings }) => settings !== null && report.table.settings.has(settings))
  for (const net of nets) range(report, net)
  eachTwice(nets, (net) => numberKey(report, net), (first, again) => {
    const family = familyOf(report.typeOf(again.name)!)
    report.add('NET_DUPID', ref('net', again.name), `vid ${again.vid} is that of net ${first.name} too, want one each of ${family} nets`,
      { attribute: 'vid', references: [ref('net', first.name), ref('net', again.name), ref('netid', String(again.vid))] })
  })
  for (const phys of report.model.physes.filter(({ isLocal }) => isLocal)) onHost(report, phys.name, nets)
}

/** A direct net has no number on the wire, so none is no number twice. */
const numberKey = (report: Report, { name, vid }: Net): string | null => {
  const type = report.typeOf(name)!
  return type === 'direct' && vid === 0 ? null : `${familyOf(type)} ${vid}`
}

const range = (report: Report, { name, vid }: Net): void => {
  const type = report.typeOf(name)!
  const [least, most] = type === 'direct' ? [0, MAX_VNI] : [1, type === 'vlan' ? MAX_VLAN : MAX_VNI]
  if (Number.isInteger(vid) && vid >= least && vid <= most) return
  report.add('NET_BADID', ref('net', name), `found vid ${vid}, want ${least}..${most} for ${type}`,
    { attribute: 'vid', references: [ref('net', name), ref('netid', String(vid))] })
}

/** What meets on one host. Templates are compared, and a net stands for each. */
const onHost = (report: Report, phys: string, nets: readonly Net[]): void => {
  const here = nets.filter(({ name }) => report.table.attachment.has(`${name}/${phys}`))
  const direct = here.filter(({ name }) => report.typeOf(name) === 'direct')
  if (direct.length > 1) {
    report.add('NET_DIRECT_SHARED', ref('net', direct[1]!.name), `net ${direct[0]!.name} is direct on phys ${phys} too, want one`,
      { references: [ref('net', direct[0]!.name), ref('net', direct[1]!.name), ref('phys', phys)] })
  }
  const byTemplate = [...new Map(here.map((net) => [net.settings!, net])).entries()]
  for (const [i, [settings, net]] of byTemplate.entries()) {
    for (const [other, before] of byTemplate.slice(0, i)) {
      const code = clash(report.table.settings.get(other)!, report.table.settings.get(settings)!)
      if (code !== null) told(report, code, before, net)
    }
  }
}

const told = (report: Report, code: ProblemCode, before: Net, net: Net): void => {
  const references = [ref('net', before.name), ref('net', net.name)]
  // Two hosts that are both ours may show the same pair twice.
  if (report.problems.some((one) => one.code === code && equal(one.references, references))) return
  const port = `UDP port ${report.settingsOf(net.name)!.port}`
  report.add(code, ref('net', net.name), `${port} is used by net ${before.name} (${report.typeOf(before.name)}) in another way`,
    { references, hint: 'give one of them another port, or let both have the same settings' })
}

/** [4.4] Learning nets may share a port; a static template owns its port; two protocols never share one. */
const clash = (a: Settings, b: Settings): ProblemCode | null => {
  if (!isTunnel(a.type) || !isTunnel(b.type) || a.port !== b.port) return null
  if (familyOf(a.type) !== familyOf(b.type)) return 'NET_PORT_SHARED'
  if (isStatic(a.type) !== isStatic(b.type)) return familyOf(a.type) === 'vxlan' ? 'NET_BAD_NETTYPE' : 'NET_PORT_SHARED'
  return isStatic(a.type) ? 'NET_PORT_SHARED' : null
}
