/** A network as a script that makes it again. Everything that LSDN's language can say comes back as it was. */
import { maskedText } from '@vde-ts/model/address.js'
import type { Masked, Policy, Rule } from '@vde-ts/model/firewall.js'
import type { Model, Net, Phys, Settings, Virt } from '@vde-ts/model/model.js'
import { formatList } from './tcl/list.ts'

/** The script, with a newline at its end. */
export const showTcl = (model: Model): string => [
  'namespace import lsdn::*',
  ...model.settings.map(settingsLine),
  ...model.physes.flatMap(physLines),
  ...model.nets.filter(({ settings }) => settings !== null).flatMap((net) => netLines(model, net))
].join('\n') + '\n'

const option = (name: string, value: string | number | null): string[] => value === null ? [] : [`-${name}`, String(value)]

const settingsLine = ({ name, type, port, group }: Settings): string =>
  formatList(['settings', type, ...option('name', name), ...option('mcastIp', group), ...option('port', port)])

const physLines = ({ name, iface, ip, isLocal }: Phys): string[] => [
  formatList(['phys', '-name', name, ...option('if', iface), ...option('ip', ip)]),
  ...isLocal ? [formatList(['claimLocal', name])] : []
]

const netLines = (model: Model, { name, vid, settings }: Net): string[] => [
  `${formatList(['net', '-vid', String(vid), '-settings', settings!, name])} {`,
  ...model.attachments.filter(({ net }) => net === name).map(({ phys }) => `\t${formatList(['attach', phys])}`),
  ...model.virts.filter(({ net }) => net === name).flatMap(virtLines),
  '}'
]

const virtLines = (virt: Virt): string[] => [
  `\t${formatList(['virt', '-name', virt.name, ...option('mac', virt.mac), ...virt.phys === null ? [] : [...option('phys', virt.phys), ...option('if', virt.iface)]])} {`,
  ...policyLines('in', virt.in),
  ...policyLines('out', virt.out),
  '\t}'
]

const policyLines = (side: string, { rules, rate }: Policy): string[] => [
  ...rules.map((rule) => `\t\t${ruleLine(side, rule)}`),
  ...rate === null
    ? []
    : [`\t\t${formatList(['rate', side, '-avg', plain(rate.avg), '-burst', plain(rate.burst), ...rate.burstRate === 0 ? [] : ['-burstRate', plain(rate.burstRate)]])}`]
]

const ruleLine = (side: string, { priority, match }: Rule): string => {
  const masked = (name: string, value: Masked | undefined): string[] => value === undefined ? [] : [`-${name}`, maskedText(value)]
  return formatList(['rule', side, String(priority), 'drop', ...masked('srcMac', match.srcMac), ...masked('dstMac', match.dstMac),
    ...masked('srcIp', match.srcIp), ...masked('dstIp', match.dstIp)])
}

/** A number without an exponent. */
const plain = (value: number): string => Number.isInteger(value) ? String(value) : value.toFixed(15).replace(/0+$/, '')
