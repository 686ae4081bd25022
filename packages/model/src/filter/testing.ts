/** For tests: rules and frames of chance, and the slow, obvious way to decide, from the texts of the model. */
import { setBig16 } from '@vde-ts/frame/checksum.js'
import { HEADROOM } from '@vde-ts/frame/offload.js'
import type { Random } from '@vde-ts/frame/testing.js'
import { ipOctets, macOctets, maskedIp, maskedMac } from '../address.ts'
import type { AddressSet, Chain, Masked, Match, Policy, Rule } from '../firewall.ts'

/** Values of a frame as the model writes them; what is not there is absent. */
export interface Facts {
  readonly srcMac: string
  readonly dstMac: string
  readonly etherType: number
  readonly vlan: number
  readonly srcIp?: string
  readonly dstIp?: string
  readonly protocol?: number
  readonly srcPort?: number
  readonly dstPort?: number
  readonly icmpType?: number
  readonly arpOperation?: number
  readonly arpSenderIp?: string
  readonly arpTargetIp?: string
  readonly arpSenderMac?: string
  readonly arpTargetMac?: string
}

const MACS = ['06:00:00:00:00:01', '06:00:00:00:00:02', '06:00:00:00:01:01', 'ff:ff:ff:ff:ff:ff']
const IPS = ['10.0.0.1', '10.0.0.2', '10.0.1.1', '192.0.2.1']
const SIXES = ['2001:db8::1', '2001:db8::2', 'fe80::1']
const PORTS = [22, 53, 80, 443]

/** A frame that says what `facts` say. @param extensions of IPv6: octets of a destination header each */
export const frameOf = (facts: Facts, extensions = 0): Uint8Array => {
  const octets: number[] = [...macOctets(facts.dstMac), ...macOctets(facts.srcMac)]
  const two = (value: number): void => { octets.push(value >> 8, value & 255) }
  if (facts.vlan !== 0) { two(0x8100); two(facts.vlan) }
  two(facts.etherType)
  if (facts.arpOperation !== undefined) {
    octets.push(0, 1, 8, 0, 6, 4, 0, facts.arpOperation, ...macOctets(facts.arpSenderMac!), ...ipOctets(facts.arpSenderIp!)!,
      ...macOctets(facts.arpTargetMac!), ...ipOctets(facts.arpTargetIp!)!)
  } else if (facts.srcIp !== undefined) octets.push(...packetOf(facts, extensions))
  else octets.push(...new Array<number>(46).fill(0))
  return Uint8Array.from(octets)
}

const packetOf = (facts: Facts, extensions: number): number[] => {
  const upper = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x02, 0, 0, 0, 0, 0, 0]
  const body = Uint8Array.from(upper)
  if (facts.icmpType !== undefined) body[0] = facts.icmpType
  if (facts.srcPort !== undefined) { setBig16(body, 0, facts.srcPort); setBig16(body, 2, facts.dstPort!) }
  const [src, dst] = [ipOctets(facts.srcIp!)!, ipOctets(facts.dstIp!)!]
  if (src.length === 4) return [0x45, 0, 0, 40, 0, 0, 0, 0, 64, facts.protocol!, 0, 0, ...src, ...dst, ...body]
  const protocol = facts.protocol!
  const headers = Array.from({ length: extensions }, (_, i) => [i === extensions - 1 ? protocol : 60, 0, 0, 0, 0, 0, 0, 0]).flat()
  const first = extensions > 0 ? 60 : protocol
  return [0x60, 0, 0, 0, 0, headers.length + body.length, first, 64, ...src, ...dst, ...headers, ...body]
}

/** A buffer with headroom in which `frame` begins at {@link HEADROOM}. */
export const lent = (frame: Uint8Array): Uint8Array => {
  const buf = new Uint8Array(HEADROOM + frame.length)
  buf.set(frame, HEADROOM)
  return buf
}

/** Values of a frame of chance. */
export const randomFacts = ({ int, pick }: Random): Facts => {
  const base = { srcMac: pick(MACS.slice(0, 3)), dstMac: pick(MACS), vlan: pick([0, 0, 5, 7]) }
  const kind = int(4)
  if (kind === 0) {
    return {
      ...base,
      etherType: 0x0806,
      arpOperation: 1 + int(2),
      arpSenderIp: pick(IPS),
      arpTargetIp: pick(IPS),
      arpSenderMac: pick(MACS),
      arpTargetMac: pick(MACS)
    }
  }
  if (kind === 1) return { ...base, etherType: pick([0x88b5, 0x88cc]) }
  const isSix = kind === 2
  const from = isSix ? SIXES : IPS
  const ip = { ...base, etherType: isSix ? 0x86dd : 0x0800, srcIp: pick(from), dstIp: pick(from) }
  const protocol = pick([6, 17, 132, isSix ? 58 : 1, 47])
  if (protocol === 47) return { ...ip, protocol }
  if (protocol === 1 || protocol === 58) return { ...ip, protocol, icmpType: pick([0, 8, 128, 135]) }
  return { ...ip, protocol, srcPort: pick(PORTS), dstPort: pick(PORTS) }
}

/** Sets of chance have these names. */
export const SETS: readonly AddressSet[] = [
  { name: 'ips', kind: 'ip', members: ['10.0.0.0/24', '192.0.2.1', '2001:db8::1', 'fe80::/10', '10.0.0.1/255.0.0.255'].map((one) => maskedIp(one)!) },
  { name: 'macs', kind: 'mac', members: ['06:00:00:00:00:01', '06:00:00:00:01:00/ff:ff:ff:ff:ff:00'].map((one) => maskedMac(one)!) }
]

/** A rule of chance. Chains it jumps to are those of higher number. */
export const randomRule = (random: Random, chain: number, chains: number): Rule => {
  const { int, pick } = random
  const actions = ['accept', 'drop', 'mark', 'log', 'return', ...chain + 1 < chains ? ['jump', 'jump'] as const : []] as const
  const action = pick(actions)
  return {
    priority: int(3),
    action,
    chain: action === 'jump' ? `c${chain + 1 + int(chains - chain - 1)}` : null,
    mark: action === 'mark' ? 1 + int(3) : null,
    name: null,
    match: randomMatch(random)
  }
}

const randomMatch = ({ int, pick }: Random): Match => {
  const mac = (): Masked => maskedMac(pick([...MACS, '06:00:00:00:00:00/ff:ff:ff:ff:ff:00', '01:00:00:00:00:00/01:00:00:00:00:00']))!
  const ip = (): Masked => maskedIp(pick([...IPS, ...SIXES, '10.0.0.0/24', '2001:db8::/64', '10.0.0.1/255.0.0.255', '0.0.0.0/0', '::/0']))!
  const four = (): Masked => maskedIp(pick([...IPS, '10.0.0.0/8']))!
  const range = (): { from: number, to: number } => { const from = pick(PORTS); return { from, to: from + int(60) } }
  const makers: { readonly [K in keyof Match]?: () => Match[K] } = {
    srcMac: mac,
    dstMac: mac,
    srcIp: ip,
    dstIp: ip,
    srcSet: () => pick(['ips', 'macs']),
    dstSet: () => pick(['ips', 'macs']),
    etherType: () => pick([0x0800, 0x86dd, 0x0806, 0x88b5]),
    vlan: () => pick([0, 5, 7]),
    protocol: () => pick([1, 6, 17, 58]),
    srcPort: range,
    dstPort: range,
    icmpType: () => pick([0, 8, 128]),
    arpOperation: () => pick([1, 2]),
    arpSenderIp: four,
    arpTargetIp: four,
    arpSenderMac: mac,
    arpTargetMac: mac,
    mark: () => ({ value: int(4), mask: pick([1, 3, 0xffffffff]) })
  }
  const names = Object.keys(makers) as Array<keyof typeof makers & Exclude<keyof Match, 'not'>>
  const fields = Array.from({ length: int(3) }, () => pick(names))
  const match = Object.fromEntries(fields.map((field) => [field, makers[field]!()]))
  return int(4) === 0 && fields.length > 0 ? { ...match, not: [fields[0]!] } : match
}

/** A policy with chains. */
export const randomPolicy = (random: Random): { readonly policy: Policy, readonly chains: readonly Chain[] } => {
  const count = 3
  const rules = (chain: number): Rule[] => Array.from({ length: random.int(6) }, () => randomRule(random, chain, count))
  const chains = Array.from({ length: count }, (_, i) => ({ name: `c${i}`, rules: rules(i) }))
  return { policy: { rules: rules(-1), fallback: random.pick(['accept', 'drop']), rate: null }, chains }
}

/** Decides by the words of the model, one text after the other. */
export const slowlyPasses = (
  facts: Facts, { rules, fallback }: Policy, chains: readonly Chain[], sets: readonly AddressSet[]
): boolean => {
  let mark = 0
  const holds = (match: Match): boolean => (Object.keys(match) as Array<keyof Match>).every((field) =>
    field === 'not' || slowlyHolds(facts, mark, match, field, match.not?.includes(field) ?? false, sets))
  const walk = (list: readonly Rule[]): boolean | null => {
    for (const rule of [...list].sort((a, b) => a.priority - b.priority)) {
      if (!holds(rule.match)) continue
      if (rule.action === 'accept' || rule.action === 'drop') return rule.action === 'accept'
      if (rule.action === 'return') return null
      if (rule.action === 'mark') mark = rule.mark!
      const verdict = rule.action === 'jump' ? walk(chains.find(({ name }) => name === rule.chain)!.rules) : null
      if (verdict !== null) return verdict
    }
    return null
  }
  return walk(rules) ?? fallback === 'accept'
}

const slowlyHolds = (
  facts: Facts, mark: number, match: Match, field: Exclude<keyof Match, 'not'>, isNot: boolean, sets: readonly AddressSet[]
): boolean => {
  if (field === 'mark') return ((mark & match.mark!.mask) === (match.mark!.value | 0)) !== isNot
  if (field === 'srcSet' || field === 'dstSet') {
    const set = sets.find(({ name }) => name === match[field])!
    const value = facts[`${field.slice(0, 3)}${set.kind === 'mac' ? 'Mac' : 'Ip'}` as 'srcIp']
    return (value !== undefined && set.members.some((one) => isIn(value, one))) !== isNot
  }
  const value = facts[field as keyof Facts]
  const wanted = match[field]
  if (value === undefined) return false
  if (typeof value === 'string') {
    const isOtherFamily = value.includes('.') !== (wanted as Masked).value.includes('.') && !/Mac$/.test(field)
    return !isOtherFamily && isIn(value, wanted as Masked) !== isNot
  }
  if (typeof wanted === 'number') return (value === wanted) !== isNot
  const { from, to } = wanted as { from: number, to: number }
  return (value >= from && value <= to) !== isNot
}

const octetsOf = (text: string): Uint8Array => /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(text) ? macOctets(text) : ipOctets(text)!

const isIn = (text: string, { value, mask }: Masked): boolean => {
  const [octets, wanted, bits] = [octetsOf(text), octetsOf(value), octetsOf(mask)]
  return octets.length === wanted.length && octets.every((octet, i) => (octet & bits[i]!) === wanted[i])
}
