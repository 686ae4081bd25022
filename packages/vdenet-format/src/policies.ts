/** Rules, policies and rates of a port. */
import { maskedIp, maskedMac } from '@vde-ts/model/address.js'
import type { Masked, Match, Policy, Range, Rate, Rule } from '@vde-ts/model/firewall.js'
import { parseOctets, parseRate } from '@vde-ts/impair/units.js'
import type { Path } from '@vde-ts/strict-yaml/finding.js'
import type { Notes } from './notes.ts'
import type { RawLimit, RawPort, RawRule, Sides } from './raw.ts'

const ETHER_TYPES: Readonly<Record<string, number>> = { arp: 0x0806, ip: 0x0800, ipv6: 0x86dd }
const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 }
const ARP_OPERATIONS: Readonly<Record<string, number>> = { request: 1, reply: 2 }

/** A tenth of a second's worth, but no less than a super-frame: what a burst is unless given. */
const BURST_SECONDS = 0.1
const LEAST_BURST = 65536

/**
 * What is done to one direction of a port.
 * @param owner key of the port
 */
export const policyOf = (notes: Notes, path: Path, owner: string, raw: RawPort, side: 'in' | 'out'): Policy => {
  const rules: Rule[] = []
  for (const [i, rule] of (raw.rules ?? []).entries()) {
    if (rule.dir !== side) continue
    rules.push(ruleOf(notes, [...path, 'rules', i], rule, i))
    notes.declare('rule', `${owner}/${side}#${rules.length}`, [...path, 'rules', i])
  }
  return { rules, fallback: raw.policy?.[side] ?? 'accept', rate: rateOf(notes, [...path, 'rate'], raw.rate, side) }
}

/** One direction's rate. */
export const rateOf = (notes: Notes, path: Path, rates: Sides<RawLimit> | undefined, side: 'in' | 'out'): Rate | null => {
  const raw = rates?.[side]
  if (raw === undefined) return null
  const limit = typeof raw === 'string' ? { avg: raw } : raw
  const here = (key: string): Path => typeof raw === 'string' ? [...path, side] : [...path, side, key]
  const number = (key: string, text: string | undefined, read: (text: string, name: string) => number): number | null =>
    text === undefined ? null : notes.value(here(key), text, key, (one) => read(one, key))
  const avg = number('avg', limit.avg, parseRate) ?? 0
  const burst = number('burst', limit.burst, parseOctets)
  return {
    mode: limit.mode ?? 'police',
    avg,
    burst: burst ?? Math.max(LEAST_BURST, Math.round(avg * BURST_SECONDS)),
    burstRate: number('burstRate', limit.burstRate, parseRate) ?? 0
  }
}

/** @param position among the rules of its list: its priority unless given */
export const ruleOf = (notes: Notes, path: Path, raw: RawRule, position: number): Rule => {
  if ((raw.do === 'jump') !== (raw.chain !== undefined)) notes.refuse(path, 'found one of "do: jump" and "chain", want both or none')
  if ((raw.do === 'mark') !== (raw.mark !== undefined)) notes.refuse(path, 'found one of "do: mark" and "mark", want both or none')
  return {
    priority: raw.prio ?? position,
    action: raw.do,
    chain: raw.chain ?? null,
    mark: raw.mark ?? null,
    name: raw.name ?? null,
    match: matchOf(notes, path, raw)
  }
}

type Read = (value: unknown) => unknown

const text = (read: (text: string) => unknown): Read => (value) => read(String(value))
const ip = text(maskedIp)
const mac = text(maskedMac)
const same: Read = (value) => value
const word = (words: Readonly<Record<string, number>>, least: number, most: number): Read => (value) => {
  const number = typeof value === 'string' && Object.hasOwn(words, value) ? words[value]! : Number(value)
  return Number.isInteger(number) && number >= least && number <= most ? number : null
}

const rangeOf = (value: unknown): Range | null => {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(value)) ?? []
  const [from, to] = [Number(first ?? NaN), Number(last ?? NaN)]
  return from <= to && to <= 65535 ? { from, to } : null
}

const MARK = /^(0x[0-9a-f]{1,8}|\d{1,10})(?:\/(0x[0-9a-f]{1,8}|\d{1,10}))?$/i
const ALL_BITS = 0xffffffff

const markOf = (text: string): Match['mark'] | null => {
  const [, value, mask = String(ALL_BITS)] = MARK.exec(text) ?? []
  if (value === undefined || Number(value) > ALL_BITS || Number(mask) > ALL_BITS) return null
  return { value: (Number(value) & Number(mask)) >>> 0, mask: Number(mask) }
}

/** How each key that restricts a rule is read: the field of the match, how, and what is wanted. */
const READERS: Readonly<Record<string, readonly [field: keyof Match, read: Read, wanted: string]>> = {
  srcMac: ['srcMac', mac, 'a MAC, alone or with a mask'],
  dstMac: ['dstMac', mac, 'a MAC, alone or with a mask'],
  srcIp: ['srcIp', ip, 'an address, alone or with a prefix or mask'],
  dstIp: ['dstIp', ip, 'an address, alone or with a prefix or mask'],
  srcSet: ['srcSet', same, ''],
  dstSet: ['dstSet', same, ''],
  etherType: ['etherType', word(ETHER_TYPES, 0x0600, 0xffff), 'a number in 0x0600..0xffff or one of arp, ip, ipv6'],
  vlan: ['vlan', same, ''],
  protocol: ['protocol', word(PROTOCOLS, 0, 255), 'a number in 0..255 or one of icmp, tcp, udp, icmpv6, sctp'],
  srcPort: ['srcPort', rangeOf, 'a port or a range of ports, 0..65535'],
  dstPort: ['dstPort', rangeOf, 'a port or a range of ports, 0..65535'],
  icmpType: ['icmpType', same, ''],
  arpOperation: ['arpOperation', word(ARP_OPERATIONS, 1, 2), 'request or reply'],
  arpSenderIp: ['arpSenderIp', ip, 'an address, alone or with a prefix or mask'],
  arpTargetIp: ['arpTargetIp', ip, 'an address, alone or with a prefix or mask'],
  arpSenderMac: ['arpSenderMac', mac, 'a MAC, alone or with a mask'],
  arpTargetMac: ['arpTargetMac', mac, 'a MAC, alone or with a mask'],
  state: ['state', same, ''],
  marked: ['mark', text(markOf), 'a mark, alone or with a mask']
}

const matchOf = (notes: Notes, path: Path, raw: RawRule): Match => {
  const match: Record<string, unknown> = {}
  for (const [key, [field, read, wanted]] of Object.entries(READERS)) {
    if (raw[key] === undefined) continue
    const value = read(raw[key])
    if (value === null) notes.refuse([...path, key], `found ${JSON.stringify(raw[key]).slice(0, 60)}, want ${wanted}`)
    else match[field] = value
  }
  const not = raw.not ?? []
  const idle = not.find((key) => raw[key] === undefined)
  if (idle !== undefined) notes.refuse([...path, 'not'], `found "${idle}", want keys of this rule`)
  return not.length === 0 ? match : { ...match, not: not.map((key) => READERS[key]![0]) as NonNullable<Match['not']> }
}

/** A set of addresses: of MACs where the first member is one. */
export const membersOf = (notes: Notes, path: Path, raw: readonly string[]): { kind: 'ip' | 'mac', members: Masked[] } => {
  const kind = maskedMac(raw[0] ?? '') === null ? 'ip' : 'mac'
  const read = kind === 'ip' ? maskedIp : maskedMac
  const members = raw.flatMap((text, i) =>
    notes.value([...path, i], text, kind === 'ip' ? 'an IP address' : 'a MAC, as the first of the set is', read) ?? [])
  return { kind, members }
}
