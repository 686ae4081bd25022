import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM } from '@vde-ts/frame/offload.js'
import { seeded } from '@vde-ts/frame/testing.js'
import { maskedIp, maskedMac } from '../address.ts'
import { OPEN, type Chain, type Match, type Policy, type Rule } from '../firewall.ts'
import { DROP, MALFORMED, PASS, PortFilter, type Side } from './port-filter.ts'
import { SETS, frameOf, lent, randomFacts, randomPolicy, slowlyPasses, type Facts } from './testing.ts'

const silent = (): void => {}

const rule = (action: Rule['action'], match: Match = {}, more: Partial<Rule> = {}): Rule =>
  ({ priority: 0, action, chain: null, mark: null, name: null, match, ...more })
const policy = (fallback: Policy['fallback'], ...rules: readonly Rule[]): Policy => ({ rules, fallback, rate: null })
const filterOf = (inward: Policy, out: Policy = OPEN, chains: readonly Chain[] = []): PortFilter =>
  new PortFilter({ in: inward, out }, chains, SETS, 1)

const judge = (filter: PortFilter, side: Side, frame: Uint8Array): number =>
  filter.judge(side, lent(frame), HEADROOM, frame.length, 1, frame.length, silent)

const MAC = { srcMac: '06:00:00:00:00:01', dstMac: '06:00:00:00:00:02', vlan: 0 }
const tcp = (srcIp: string, srcPort: number, dstIp: string, dstPort: number, flags: number): Uint8Array => {
  const isSix = srcIp.includes(':')
  const frame = frameOf({ ...MAC, etherType: isSix ? 0x86dd : 0x0800, srcIp, dstIp, protocol: 6, srcPort, dstPort })
  frame[14 + (isSix ? 40 : 20) + 13] = flags
  return frame
}
const udp = (srcIp: string, srcPort: number, dstIp: string, dstPort: number): Uint8Array =>
  frameOf({ ...MAC, etherType: 0x0800, srcIp, dstIp, protocol: 17, srcPort, dstPort })
const [FIN, SYN, RST, ACK] = [1, 2, 4, 16]

const rules = suite('rules')

rules('random rules and frames: as the slow way decides', () => {
  const random = seeded(7)
  for (let i = 0; i < 100; i++) {
    const { policy, chains } = randomPolicy(random)
    const filter = filterOf(policy, OPEN, chains)
    for (let k = 0; k < 20; k++) {
      const facts = randomFacts(random)
      const frame = frameOf(facts, facts.etherType === 0x86dd ? random.int(3) : 0)
      const wanted = slowlyPasses(facts, policy, chains, SETS)
      assert.is(judge(filter, 'in', frame) === PASS, wanted, JSON.stringify({ facts, policy, chains }, null, 1))
    }
  }
})

rules('every truncation of a frame is read without a throw', () => {
  const filter = filterOf(policy('accept', rule('drop', { srcPort: { from: 1, to: 2 }, state: ['new'] })))
  const frames = [tcp('10.0.0.1', 1, '10.0.0.2', 2, SYN), tcp('fe80::1', 1, 'fe80::2', 2, SYN), frameOf({ ...MAC, etherType: 0x86dd, srcIp: 'fe80::1', dstIp: 'fe80::2', protocol: 58, icmpType: 1 }, 2)]
  for (const frame of frames) for (let len = 14; len <= frame.length; len++) assert.ok(judge(filter, 'in', frame.subarray(0, len)) <= MALFORMED)
})

rules('ebtables\' classic: drop by default, ARP and IPv4 between two stations', () => {
  const [a, b] = ['06:00:00:00:00:01', '06:00:00:00:00:02'].map((mac) => maskedMac(mac)!)
  const pair = [{ srcMac: a!, dstMac: b! }, { srcMac: b!, dstMac: a! }]
  const chains = [{ name: 'pair', rules: pair.map((match) => rule('accept', match)) }]
  const filter = filterOf(policy('drop', rule('accept', { etherType: 0x0806 }, { name: 'arp' }), rule('jump', { etherType: 0x0800 }, { chain: 'pair' })), OPEN, chains)
  const ip: Facts = { ...MAC, etherType: 0x0800, srcIp: '10.0.0.1', dstIp: '10.0.0.2', protocol: 1, icmpType: 8 }
  const six: Facts = { ...MAC, etherType: 0x86dd, srcIp: 'fe80::1', dstIp: 'fe80::2', protocol: 58, icmpType: 128 }
  assert.is(judge(filter, 'in', frameOf(ip)), PASS)
  assert.is(judge(filter, 'in', frameOf(six)), DROP)
  assert.is(judge(filter, 'in', frameOf({ ...ip, srcMac: '06:00:00:00:00:03' })), DROP)
  assert.is(judge(filter, 'out', frameOf(six)), PASS)
  assert.equal(filter.counts('in').map(({ chain, position, frames }) => [chain, position, frames]), [[null, 1, 0], [null, 2, 2], ['pair', 1, 1], ['pair', 2, 0]])
})

rules('replaced: the counters of equal rules stay, connections too', () => {
  const stateful = rule('accept', { state: ['established', 'related'] })
  const filter = filterOf(policy('drop', stateful))
  assert.is(judge(filter, 'out', tcp('10.0.0.1', 9, '10.0.0.2', 80, SYN)), PASS)
  assert.is(judge(filter, 'in', tcp('10.0.0.2', 80, '10.0.0.1', 9, SYN | ACK)), PASS)
  filter.replace({ in: policy('drop', rule('log'), stateful), out: OPEN }, [], SETS)
  assert.equal(filter.counts('in').map(({ frames }) => frames), [0, 1])
  assert.is(judge(filter, 'in', tcp('10.0.0.2', 80, '10.0.0.1', 9, ACK)), PASS)
})

rules('a log is told of the rule, and decides nothing', () => {
  const filter = filterOf(policy('accept', rule('log', {}, { name: 'seen' }), rule('drop', { srcIp: maskedIp('10.0.0.1')! })))
  const told: number[] = []
  const frame = udp('10.0.0.1', 1, '10.0.0.2', 2)
  assert.is(filter.judge('in', lent(frame), HEADROOM, frame.length, 3, 300, (number) => { told.push(number) }), DROP)
  assert.equal(told.map((number) => filter.label('in', number).rule.name), ['seen'])
  assert.is(filter.decidedBy('in')!.position, 2)
  assert.is(filter.counts('in')[0]!.frames, 3)
})

rules.run()

const connections = suite('connections')
const guarded = (): PortFilter => filterOf(policy('drop', rule('accept', { state: ['established', 'related'] })), policy('accept', rule('drop', { state: ['invalid'] })))

for (const [a, b] of [['10.0.0.1', '10.0.0.2'], ['2001:db8::1', '2001:db8::2']] as const) {
  connections(`TCP from ${a}: answers come in, questions do not, and after RST and its time nothing does`, () => {
    const filter = guarded()
    assert.is(judge(filter, 'in', tcp(b, 80, a, 9, SYN)), DROP)
    assert.is(judge(filter, 'in', tcp(b, 80, a, 9, SYN | ACK)), DROP)
    assert.is(judge(filter, 'out', tcp(a, 9, b, 80, SYN)), PASS)
    assert.is(judge(filter, 'in', tcp(b, 81, a, 9, SYN | ACK)), DROP)
    assert.is(judge(filter, 'in', tcp(b, 80, a, 9, SYN | ACK)), PASS)
    assert.is(judge(filter, 'out', tcp(a, 9, b, 80, FIN | SYN)), DROP)
    filter.tick(3600)
    assert.is(judge(filter, 'in', tcp(b, 80, a, 9, ACK)), PASS)
    assert.is(judge(filter, 'in', tcp(b, 80, a, 9, RST)), PASS)
    filter.tick(3600 + 11)
    assert.is(judge(filter, 'in', tcp(b, 80, a, 9, ACK)), DROP)
  })
}

connections('an unanswered question is forgotten after 30 s, an answered one later', () => {
  const filter = guarded()
  for (const port of [1, 2]) assert.is(judge(filter, 'out', udp('10.0.0.1', port, '10.0.0.2', 53)), PASS)
  assert.is(judge(filter, 'in', udp('10.0.0.2', 53, '10.0.0.1', 1)), PASS)
  filter.tick(31)
  assert.is(judge(filter, 'in', udp('10.0.0.2', 53, '10.0.0.1', 2)), DROP)
  assert.is(judge(filter, 'in', udp('10.0.0.2', 53, '10.0.0.1', 1)), PASS)
  filter.tick(31 + 181)
  assert.is(judge(filter, 'in', udp('10.0.0.2', 53, '10.0.0.1', 1)), DROP)
})

connections('an error that quotes a connection is related, another is invalid; later fragments follow their first', () => {
  const filter = guarded()
  const asked = udp('10.0.0.1', 7, '10.0.0.2', 53)
  const error = (quoted: Uint8Array): Uint8Array => {
    const base = frameOf({ ...MAC, etherType: 0x0800, srcIp: '10.0.0.9', dstIp: '10.0.0.1', protocol: 1, icmpType: 3 }).subarray(0, 42)
    return Uint8Array.from([...base, ...quoted.subarray(14, 42)])
  }
  assert.is(judge(filter, 'in', error(asked)), DROP)
  assert.is(judge(filter, 'out', asked), PASS)
  assert.is(judge(filter, 'in', error(asked)), PASS)
  assert.is(judge(filter, 'in', error(udp('10.0.0.1', 8, '10.0.0.2', 53))), DROP)
  const piece = (offset: number): Uint8Array => {
    const frame = udp('10.0.0.2', 53, '10.0.0.1', 7)
    frame.set([0x12, 0x34, offset === 0 ? 0x20 : 0, offset], 18)
    return frame
  }
  assert.is(judge(filter, 'in', piece(3)), DROP)
  assert.is(judge(filter, 'in', piece(0)), PASS)
  assert.is(judge(filter, 'in', piece(3)), PASS)
})

connections('an echo request is no answer to another of the same number', () => {
  const filter = guarded()
  const echo = (srcIp: string, dstIp: string, icmpType: number): Uint8Array =>
    frameOf({ ...MAC, etherType: 0x0800, srcIp, dstIp, protocol: 1, icmpType })
  assert.is(judge(filter, 'in', echo('10.0.0.2', '10.0.0.1', 0)), DROP)
  assert.is(judge(filter, 'out', echo('10.0.0.1', '10.0.0.2', 8)), PASS)
  assert.is(judge(filter, 'in', echo('10.0.0.2', '10.0.0.1', 0)), PASS)
  assert.is(judge(filter, 'in', echo('10.0.0.2', '10.0.0.1', 8)), DROP)
  assert.is(judge(filter, 'out', echo('10.0.0.1', '10.0.0.2', 8)), PASS)
})

connections('are bounded, whatever arrives', () => {
  const filter = guarded()
  for (let i = 0; i < 9000; i++) judge(filter, 'out', udp('10.0.0.1', i & 0xffff, '10.0.0.2', i >> 4))
  assert.is(judge(filter, 'in', udp('10.0.0.2', 8999 >> 4, '10.0.0.1', 8999)), PASS)
})

connections('what cannot be read does not pass: tiny fragments, headers without an end', () => {
  const filter = guarded()
  const tiny = tcp('10.0.0.1', 1, '10.0.0.2', 2, ACK)
  tiny[21] = 1
  assert.is(judge(filter, 'out', tiny), MALFORMED)
  assert.is(judge(filter, 'out', tcp('10.0.0.1', 1, '10.0.0.2', 2, ACK).subarray(0, 40)), MALFORMED)
  assert.is(judge(filter, 'out', frameOf({ ...MAC, etherType: 0x86dd, srcIp: 'fe80::1', dstIp: 'fe80::2', protocol: 17, srcPort: 1, dstPort: 1 }, 17)), MALFORMED)
})

connections.run()
