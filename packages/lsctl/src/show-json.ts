/**
 * A network in LSDN's JSON: its keys, its layout (two blanks, none behind a colon, `/` as `\/`, rates with a decimal), in the
 * order of declaration. Only what LSDN has is in it; all of a network is in the model itself, which is JSON too.
 */
import { ipOctets, isIpv6 } from '@vde-ts/model/address.js'
import type { Masked, Match, Rate, Rule } from '@vde-ts/model/firewall.js'
import type { Model, Net, Virt } from '@vde-ts/model/model.js'

/** A number that is written with a decimal. */
class Float {
  readonly value: number
  constructor (value: number) { this.value = value }
}

type Json = string | number | boolean | Float | readonly Json[] | { readonly [key: string]: Json | undefined }

/** The dump, with a newline at its end. */
export const showJson = (model: Model): string => write({
  lsdnName: model.name,
  lsdnSettings: model.settings.map(({ name, type, port, group }) =>
    ({ settingsName: name, settingsType: type, port: port ?? undefined, ip: group === null ? undefined : fullIp(group) })),
  lsdnPhyses: model.physes.map(({ name, ip, iface, isLocal }) =>
    ({ physName: name, attrIp: ip === null ? undefined : fullIp(ip), iface: iface ?? undefined, isLocal })),
  lsdnNets: model.nets.filter(({ settings }) => settings !== null).map((net) => netJson(model, net))
}, '') + '\n'

const netJson = (model: Model, { name, settings, vid }: Net): Json => ({
  netName: name,
  settings: settings!,
  vnetId: vid,
  physList: model.attachments.filter(({ net }) => net === name).map(({ phys }) => phys),
  virts: model.virts.filter(({ net }) => net === name).map(virtJson)
})

const virtJson = (virt: Virt): Json => ({
  virtName: virt.name,
  attrMac: virt.mac ?? undefined,
  phys: virt.phys ?? undefined,
  iface: virt.iface ?? undefined,
  rules: [...virt.in.rules.map((rule) => ruleJson(rule, 'in')), ...virt.out.rules.map((rule) => ruleJson(rule, 'out'))],
  qosIn: rateJson(virt.in.rate),
  qosOut: rateJson(virt.out.rate)
})

const ruleJson = ({ priority, action, match }: Rule, dir: string): Json =>
  ({ targets: targets(match), dir, prio: priority, action })

const targets = ({ srcMac, dstMac, srcIp, dstIp }: Match): Json[] => [
  ...target('src_mac', srcMac), ...target('dst_mac', dstMac), ...target(`src_ip${version(srcIp)}`, srcIp), ...target(`dst_ip${version(dstIp)}`, dstIp)
]

const version = (address: Masked | undefined): string => address !== undefined && isIpv6(address.value) ? 'v6' : 'v4'

const target = (name: string, masked: Masked | undefined): Json[] => masked === undefined
  ? []
  : [{ target: name, match: fullIp(masked.value), matchMask: fullIp(masked.mask) }]

const rateJson = (rate: Rate | null): Json | undefined => rate === null
  ? undefined
  : { avgRate: new Float(rate.avg), burstSize: rate.burst, burstRate: new Float(rate.burstRate) }

/** IPv6 in eight groups of four digits; anything else as it is. */
const fullIp = (text: string): string => {
  const octets = ipOctets(text)
  if (octets?.length !== 16) return text
  const pair = (at: number): string => ((octets[at]! << 8) | octets[at + 1]!).toString(16).padStart(4, '0')
  return [0, 2, 4, 6, 8, 10, 12, 14].map(pair).join(':')
}

const write = (value: Json, indent: string): string => {
  if (value instanceof Float) return Number.isInteger(value.value) ? `${value.value}.0` : String(value.value)
  if (typeof value !== 'object') return JSON.stringify(value).replaceAll('/', '\\/')
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    const items = value.map((one: Json) => inner + write(one, inner))
    return `[\n${items.join(',\n')}${items.length === 0 ? '' : '\n'}${indent}]`
  }
  const fields = Object.entries(value).flatMap(([key, one]) => one === undefined ? [] : [`${inner}"${key}":${write(one as Json, inner)}`])
  return `{\n${fields.join(',\n')}\n${indent}}`
}
