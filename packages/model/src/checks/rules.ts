/** Rules and rates of ports, and chains. */
import { isIpv6 } from '../address.ts'
import { equal } from '../equal.ts'
import type { Match, Policy, Rate, Rule } from '../firewall.ts'
import { keyOf } from '../plan.ts'
import type { Reference } from '../problem.ts'
import { pathOf, ref, type Report } from './report.ts'

const MAX_PRIORITY = 32767
/** Below it nothing ever passes. */
const LEAST_RATE = 0.00001
const MAX_BURST = 0xffffffff

/** LSDN's fields: rules of one priority that have only these are one table there. */
const LSDN_FIELDS = ['srcMac', 'dstMac', 'srcIp', 'dstIp']

/** All checks of rules, chains and rates. */
export const checkRules = (report: Report): void => {
  const { model } = report
  for (const virt of model.virts) both(report, ref('virt', keyOf('virt', virt)), virt)
  for (const node of model.nodes) for (const one of node.interfaces) both(report, ref('interface', `${node.name}:${one.name}`), one)
  for (const chain of model.chains) list(report, ref('chain', chain.name), '', chain.rules)
  for (const one of model.nets) rates(report, ref('net', one.name), one.rateIn, one.rateOut)
  for (const one of model.physes) rates(report, ref('phys', one.name), one.rateIn, one.rateOut)
  loops(report)
}

const both = (report: Report, owner: Reference, port: { readonly in: Policy, readonly out: Policy }): void => {
  list(report, owner, 'in', port.in.rules)
  list(report, owner, 'out', port.out.rules)
  rates(report, owner, port.in.rate, port.out.rate)
}

/** A rule with its place. */
interface Placed { readonly rule: Rule, readonly subject: Reference, readonly path: string }

const list = (report: Report, owner: Reference, side: string, rules: readonly Rule[]): void => {
  const byPriority = new Map<number, Placed[]>()
  for (const [i, rule] of rules.entries()) {
    const key = side === '' ? `${owner.key}#${i + 1}` : `${owner.key}/${side}#${i + 1}`
    const path = `${pathOf(owner)} / rule ${side === '' ? '' : `${side} `}${rule.priority} #${i + 1}`
    const placed = { rule, subject: ref('rule', key), path }
    single(report, placed)
    const before = byPriority.get(rule.priority) ?? []
    together(report, owner, before, placed)
    byPriority.set(rule.priority, [...before, placed])
  }
}

/** Once for a rule: with the first before it that it does not go with. */
const together = (report: Report, owner: Reference, before: readonly Placed[], { rule, subject, path }: Placed): void => {
  const same = before.find((other) => equal({ ...other.rule, name: null }, { ...rule, name: null }))
  if (same !== undefined) {
    report.add('VR_DUPLICATE_RULE', subject, `it is ${same.path} again`, { path, references: [same.subject, subject, owner] })
    return
  }
  const other = before.find((one) => isLsdn(one.rule) && isLsdn(rule) && shape(one.rule.match) !== shape(rule.match))
  if (other === undefined) return
  report.add('VR_INCOMPATIBLE_MATCH', subject, `${other.path} has the same priority and other fields or masks`,
    { path, references: [other.subject, subject, owner], hint: 'give it another priority' })
}

const isLsdn = ({ action, match }: Rule): boolean => action === 'drop' && Object.keys(match).every((field) => LSDN_FIELDS.includes(field))

const shape = (match: Match): string =>
  LSDN_FIELDS.map((field) => `${field} ${(match[field as 'srcMac'])?.mask ?? ''}`).join()

const single = (report: Report, { rule, subject, path }: Placed): void => {
  const { priority, match } = rule
  const refuse = (message: string): void => { report.add('RULE_INVALID', subject, message, { path }) }
  if (!(Number.isInteger(priority) && priority >= 0 && priority <= MAX_PRIORITY)) refuse(`found priority ${priority}, want 0..${MAX_PRIORITY}`)
  if (rule.chain !== null) report.isKnown('chain', rule.chain, subject, 'chain')
  for (const set of [match.srcSet, match.dstSet]) if (set !== undefined) report.isKnown('set', set, subject, 'a set')
  const versions = new Set([match.srcIp, match.dstIp].flatMap((one) => one === undefined ? [] : [isIpv6(one.value)]))
  if (versions.size > 1) report.add('RULE_MIXED_IPV', subject, 'found an IPv4 and an IPv6 address, want one version', { path })
  const [isSix = null] = versions
  if (isSix !== null && match.etherType !== undefined && match.etherType !== (isSix ? 0x86dd : 0x0800)) refuse('etherType is not that of its addresses')
  const hasPort = match.srcPort !== undefined || match.dstPort !== undefined
  if (hasPort && match.protocol !== undefined && ![6, 17, 132].includes(match.protocol)) refuse(`found ports of protocol ${match.protocol}, want tcp, udp or sctp`)
  if (match.icmpType !== undefined && match.protocol !== undefined && ![1, 58].includes(match.protocol)) refuse('found an icmpType of another protocol')
  const isArp = Object.keys(match).some((field) => field.startsWith('arp'))
  if (isArp && (versions.size > 0 || hasPort || ![undefined, 0x0806].includes(match.etherType))) refuse('found fields of ARP and of IP, want one of both')
}

const rates = (report: Report, owner: Reference, rateIn: Rate | null, rateOut: Rate | null): void => {
  for (const [attribute, rate] of [['rate_in', rateIn], ['rate_out', rateOut]] as const) {
    if (rate === null || isRate(rate)) continue
    report.add('RATES_INVALID', owner, `${attribute} is avg ${rate.avg}, burst ${rate.burst}, burstRate ${rate.burstRate}; want avg above ` +
      `${LEAST_RATE}, burst in 1..${MAX_BURST}, burstRate not negative`, { attribute: 'rate', references: [ref('attr', attribute), owner] })
  }
}

const isRate = ({ avg, burst, burstRate }: Rate): boolean =>
  Number.isFinite(avg) && avg > LEAST_RATE && Number.isInteger(burst) && burst > 0 && burst <= MAX_BURST &&
  Number.isFinite(burstRate) && burstRate >= 0

/** A chain that leads back to itself, told of where the circle is first entered. */
const loops = (report: Report): void => {
  const done = new Set<string>()
  const walk = (name: string, way: readonly string[]): void => {
    const at = way.indexOf(name)
    if (at >= 0) report.add('CHAIN_LOOP', ref('chain', name), `it leads back to itself: ${[...way.slice(at), name].join(' > ')}`)
    if (at >= 0 || done.has(name)) return
    for (const { chain } of report.table.chain.get(name)?.rules ?? []) if (chain !== null) walk(chain, [...way, name])
    done.add(name)
  }
  for (const { name } of report.model.chains) walk(name, [])
}
