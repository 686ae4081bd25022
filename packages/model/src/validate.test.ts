import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { OPEN, type Match, type Rule } from './firewall.ts'
import { emptyModel, type Interface, type Model, type Net, type Node, type Phys, type Settings, type Virt } from './model.ts'
import { overhead, recommendedMtu } from './mtu.ts'
import { LSDN_CODES, OTHER_CODES, formatProblem, type ProblemCode } from './problem.ts'
import { validate, type World } from './validate.ts'

const template = (name: string, type: Settings['type'], port: number | null = null): Settings =>
  ({ name, type, port, group: type === 'vxlan/mcast' ? '239.7.7.7' : null, unknown: null })
const phys = (name: string, ip: string | null, more: Partial<Phys> = {}): Phys =>
  ({ name, host: name, iface: `up-${name}`, ip, isLocal: false, rateIn: null, rateOut: null, ...more })
const net = (name: string, settings: string | null, vid: number): Net => ({ name, settings, vid, rateIn: null, rateOut: null })
const virt = (name: string, more: Partial<Virt> = {}): Virt =>
  ({ net: 'shop', name, mac: null, phys: 'north', iface: `tap-${name}`, in: OPEN, out: OPEN, ...more })
const iface = (name: string, more: Partial<Interface> = {}): Interface =>
  ({ name, net: null, vnl: null, mac: null, addresses: [], mtu: null, impair: '', in: OPEN, out: OPEN, ...more })
const node = (name: string, interfaces: readonly Interface[], more: Partial<Node> = {}): Node =>
  ({ name, host: null, interfaces, routes: [], forward: false, nat: null, run: [], dir: null, ...more })
const rule = (priority: number, match: Match, more: Partial<Rule> = {}): Rule =>
  ({ priority, action: 'drop', chain: null, mark: null, name: null, match, ...more })
const guarded = (...rules: Rule[]): Model => ({ ...GOOD, virts: [virt('till', { in: { ...OPEN, rules } })] })
const ip = (value: string, mask = '255.255.255.255'): { value: string, mask: string } => ({ value, mask })

const e2e = template('e2e', 'vxlan/e2e', 4789)
/** Nothing is wrong with it. */
const GOOD: Model = {
  ...emptyModel('lab'),
  settings: [e2e],
  nets: [net('shop', 'e2e', 41)],
  physes: [phys('north', '10.77.0.1', { isLocal: true }), phys('south', '10.77.0.2')],
  attachments: [{ net: 'shop', phys: 'north' }, { net: 'shop', phys: 'south' }],
  virts: [virt('till')],
  nodes: [node('a', [iface('eth0'), iface('eth1', { net: 'shop' })]), node('b', [iface('eth0'), iface('eth1')])],
  links: [{ name: 'l', a: { node: 'a', iface: 'eth0' }, b: { node: 'b', iface: 'eth0' }, impair: '' }],
  chains: [{ name: 'web', rules: [] }],
  sets: [{ name: 'staff', kind: 'ip', members: [] }]
}

/** The network with another overlay for its net. */
const over = (settings: Settings, more: Partial<Model> = {}): Model =>
  ({ ...GOOD, settings: [settings], nets: [net('shop', settings.name, 41)], ...more })
/** Two nets on both hosts. */
const two = (first: Settings, second: Settings, vid = 42): Model => ({
  ...GOOD,
  settings: first === second ? [first] : [first, second],
  nets: [net('shop', first.name, 41), net('other', second.name, vid)],
  virts: [],
  nodes: [],
  links: [],
  attachments: ['shop', 'other'].flatMap((name) => ['north', 'south'].map((host) => ({ net: name, phys: host })))
})
const NOTHING_THERE: World = { hasInterface: () => false }
const ALL_THERE: World = { hasInterface: () => true }
const isThere = (name: string): World => ({ hasInterface: (one) => one === name })

/** A code, a network that has that problem and no other, the subject, and one beside it that has none. */
type Case = readonly [code: ProblemCode, bad: Model, subject: string, good: Model, badWorld?: World, goodWorld?: World]
const noIp = [phys('north', null, { isLocal: true }), GOOD.physes[1]!]
const noInterface = [phys('north', '10.77.0.1', { isLocal: true, iface: null }), GOOD.physes[1]!]
const statics = template('static', 'vxlan/static', 4789)
const withMac = [virt('till', { mac: '06:00:00:00:00:01' })]
const rate = (avg: number, burst: number, burstRate: number): Model =>
  ({ ...GOOD, virts: [virt('till', { out: { ...OPEN, rate: { mode: 'police', avg, burst, burstRate } } })] })

const LSDN_CASES: readonly Case[] = [
  ['PHYS_NOATTR', { ...GOOD, physes: noIp }, 'phys north', over(template('v', 'vlan'), { physes: noIp })],
  ['PHYS_NOATTR', over(template('v', 'vlan'), { physes: noInterface }), 'phys north', { ...GOOD, physes: noInterface }],
  ['PHYS_NOATTR', over(template('d', 'direct'), { physes: noInterface }), 'phys north', over(template('d', 'direct'))],
  ['PHYS_NOATTR', over(template('m', 'vxlan/mcast', 4789), { physes: [phys('north', null, { isLocal: true, iface: null })], attachments: GOOD.attachments.slice(0, 1) }),
    'phys north', over(template('m', 'vxlan/mcast', 4789), { physes: noIp })],
  ['PHYS_DUPATTR', { ...GOOD, physes: [...GOOD.physes, phys('east', '10.77.0.1')] }, 'phys east',
    { ...GOOD, physes: [...GOOD.physes, phys('east', null), phys('west', null)] }],
  ['PHYS_INCOMPATIBLE_IPV', { ...GOOD, physes: [GOOD.physes[0]!, phys('south', 'fd00::2')] }, 'phys south',
    { ...GOOD, physes: [phys('north', 'fd00::1', { isLocal: true }), phys('south', 'fd00::2')] }],
  ['PHYS_NOT_ATTACHED', { ...GOOD, attachments: GOOD.attachments.slice(1) }, 'virt shop/till',
    { ...GOOD, attachments: GOOD.attachments.slice(1), virts: [virt('till', { phys: 'south' })] }],
  ['VIRT_NOIF', GOOD, 'virt shop/till', GOOD, isThere('up-north'), ALL_THERE],
  ['VIRT_NOIF', { ...GOOD, virts: [virt('till', { iface: null })] }, 'virt shop/till', { ...GOOD, virts: [virt('till', { phys: null, iface: null })] }],
  ['VIRT_NOATTR', over(statics), 'virt shop/till', over(statics, { virts: withMac })],
  ['VIRT_NOATTR', over(template('g', 'geneve', 6081)), 'virt shop/till', over(template('g', 'geneve/e2e', 6081))],
  ['VIRT_DUPATTR', { ...GOOD, virts: [...withMac, virt('x', { mac: '06:00:00:00:00:01', phys: null })] }, 'virt shop/x',
    { ...GOOD, virts: [...withMac, virt('x', { mac: '06:00:00:00:00:02' })] }],
  ['VIRT_DUPATTR', { ...GOOD, virts: withMac, nodes: [node('a', [iface('eth0'), iface('eth1', { net: 'shop', mac: '06:00:00:00:00:01' })]), GOOD.nodes[1]!] },
    'interface a:eth1', { ...GOOD, virts: withMac }],
  ['NET_BAD_NETTYPE', two(e2e, statics), 'net other', two(e2e, { ...statics, port: 4790 })],
  ['NET_BADID', over(template('v', 'vlan'), { nets: [net('shop', 'v', 4096)] }), 'net shop', over(template('v', 'vlan'), { nets: [net('shop', 'v', 4095)] })],
  ['NET_BADID', over(template('v', 'vlan'), { nets: [net('shop', 'v', 0)] }), 'net shop', over(template('v', 'vlan'), { nets: [net('shop', 'v', 1)] })],
  ['NET_BADID', { ...GOOD, nets: [net('shop', 'e2e', 0x1000000)] }, 'net shop', { ...GOOD, nets: [net('shop', 'e2e', 0xffffff)] }],
  ['NET_BADID', { ...GOOD, nets: [net('shop', 'e2e', 0)] }, 'net shop', over(template('d', 'direct'), { nets: [net('shop', 'd', 0)] })],
  ['NET_DUPID', two(e2e, e2e, 41), 'net other', two(e2e, e2e)],
  ['NET_DUPID', two(template('v', 'vlan'), template('w', 'vlan'), 41), 'net other', two(template('v', 'vlan'), e2e, 41)],
  ['VR_INCOMPATIBLE_MATCH', guarded(rule(1, { srcIp: ip('10.0.0.1') }), rule(1, { dstIp: ip('10.0.0.1') })), 'rule shop/till/in#2',
    guarded(rule(1, { srcIp: ip('10.0.0.1') }), rule(2, { dstIp: ip('10.0.0.1') }))],
  ['VR_INCOMPATIBLE_MATCH', guarded(rule(1, { srcIp: ip('10.0.0.1') }), rule(1, { srcIp: ip('10.0.0.0', '255.0.0.0') })), 'rule shop/till/in#2',
    guarded(rule(1, { srcIp: ip('10.0.0.1') }), rule(1, { srcIp: ip('10.0.0.2') }))],
  ['VR_DUPLICATE_RULE', guarded(rule(1, { srcIp: ip('10.0.0.1') }), rule(1, { srcIp: ip('10.0.0.1') }, { name: 'again' })), 'rule shop/till/in#2',
    guarded(rule(1, { srcIp: ip('10.0.0.1') }), rule(2, { srcIp: ip('10.0.0.1') }))],
  ['RATES_INVALID', rate(0, 1500, 0), 'virt shop/till', rate(1, 1500, 0)],
  ['RATES_INVALID', rate(1, 0, 0), 'virt shop/till', rate(1, 1, 0)],
  ['RATES_INVALID', rate(1, 2 ** 32, 0), 'virt shop/till', rate(1, 2 ** 32 - 1, 0)],
  ['RATES_INVALID', rate(1, 1, -1), 'virt shop/till', rate(1, 1, 1)],
  ['RATES_INVALID', { ...GOOD, nets: [{ ...GOOD.nets[0]!, rateIn: { mode: 'shape', avg: NaN, burst: 1, burstRate: 0 } }] }, 'net shop', GOOD]
]

const ends = (a: string, b: string): Model['links'][number] =>
  ({ name: 'm', a: { node: a.split(':')[0]!, iface: a.split(':')[1]! }, b: { node: b.split(':')[0]!, iface: b.split(':')[1]! }, impair: '' })
const other = (more: Partial<Interface>): Model => ({ ...GOOD, nodes: [GOOD.nodes[0]!, node('b', [iface('eth0'), iface('eth1', more)])] })
const chained = (target: string): Model => ({ ...GOOD, chains: [{ name: 'web', rules: [rule(0, {}, { action: 'jump', chain: target })] }, { name: 'x', rules: [] }] })

const OTHER_CASES: readonly Case[] = [
  ['NAME_INVALID', { ...GOOD, chains: [{ name: 'a b', rules: [] }] }, 'chain a b', { ...GOOD, chains: [{ name: 'a.b', rules: [] }] }],
  ['NAME_DUPLICATE', { ...GOOD, chains: [...GOOD.chains, ...GOOD.chains] }, 'chain web', { ...GOOD, chains: [...GOOD.chains, { name: 'x', rules: [] }] }],
  ['NAME_UNKNOWN', { ...GOOD, nets: [net('shop', 'e2', 41)] }, 'net shop', GOOD],
  ['NAME_UNKNOWN', { ...GOOD, attachments: [...GOOD.attachments, { net: 'shop', phys: 'east' }] }, 'attachment shop/east', GOOD],
  ['NAME_UNKNOWN', guarded(rule(1, { srcSet: 'nobody' })), 'rule shop/till/in#1', guarded(rule(1, { srcSet: 'staff' }))],
  ['NAME_UNKNOWN', { ...GOOD, nodes: [node('a', GOOD.nodes[0]!.interfaces, { nat: 'eth9' }), GOOD.nodes[1]!] }, 'node a',
    { ...GOOD, nodes: [node('a', GOOD.nodes[0]!.interfaces, { nat: 'eth1' }), GOOD.nodes[1]!] }],
  ['NAME_UNKNOWN', { ...GOOD, nodes: [node('a', GOOD.nodes[0]!.interfaces, { host: 'east' }), GOOD.nodes[1]!] }, 'node a',
    { ...GOOD, nodes: [node('a', GOOD.nodes[0]!.interfaces, { host: 'north' }), GOOD.nodes[1]!] }],
  ['NAME_UNKNOWN', { ...GOOD, links: [...GOOD.links, ends('a:eth9', 'b:eth1')] }, 'link m', GOOD],
  ['ADDRESS_INVALID', { ...GOOD, physes: [phys('north', '10.077.0.1', { isLocal: true }), GOOD.physes[1]!] }, 'phys north', GOOD],
  ['ADDRESS_INVALID', { ...GOOD, virts: [virt('till', { mac: '6:0:0:0:0:1' })] }, 'virt shop/till', { ...GOOD, virts: withMac }],
  ['ADDRESS_INVALID', other({ addresses: ['10.0.0.1'] }), 'interface b:eth1', other({ addresses: ['10.0.0.1/24'] })],
  ['PHYS_NOIF', { ...GOOD, virts: [] }, 'phys north', { ...GOOD, virts: [] }, NOTHING_THERE, isThere('up-north')],
  ['PHYS_TWICE_LOCAL', { ...GOOD, physes: GOOD.physes.map((one) => ({ ...one, isLocal: true })) }, 'net shop', GOOD],
  ['SETTINGS_PORT', over({ ...e2e, port: 99999 }), 'settings e2e', over({ ...e2e, port: 65535 })],
  ['SETTINGS_PORT', over({ ...e2e, port: 0 }), 'settings e2e', over({ ...e2e, port: 1 })],
  ['SETTINGS_GROUP', over({ ...template('m', 'vxlan/mcast', 4789), group: '10.0.0.1' }), 'settings m', over(template('m', 'vxlan/mcast', 4789))],
  ['SETTINGS_GROUP_IPV', over({ ...template('m', 'vxlan/mcast', 4789), group: 'ff02::7' }), 'settings m', over(template('m', 'vxlan/mcast', 4789))],
  ['NET_PORT_SHARED', two(statics, { ...statics, name: 'static2' }), 'net other', two(statics, statics)],
  ['NET_PORT_SHARED', two(template('g', 'geneve', 6081), template('h', 'geneve/e2e', 6081)), 'net other',
    two(template('g', 'geneve', 6081), template('h', 'geneve/e2e', 6082))],
  ['NET_PORT_SHARED', two(e2e, template('h', 'geneve/e2e', 4789)), 'net other', two(e2e, { ...e2e, name: 'e2' })],
  ['NET_DIRECT_SHARED', two(template('d', 'direct'), template('c', 'direct')), 'net other', two(template('d', 'direct'), template('v', 'vlan'))],
  ['VIRT_DUPIF', { ...GOOD, virts: [virt('till'), virt('x', { iface: 'tap-till' })] }, 'virt shop/x',
    { ...GOOD, virts: [virt('till', { iface: '/tmp/sw' }), virt('x', { iface: '/tmp/sw' })] }],
  ['MAC_INVALID', { ...GOOD, virts: [virt('till', { mac: '07:00:00:00:00:01' })] }, 'virt shop/till', { ...GOOD, virts: withMac }],
  ['MAC_INVALID', { ...GOOD, virts: [virt('till', { mac: '00:00:00:00:00:00' })] }, 'virt shop/till', { ...GOOD, virts: withMac }],
  ['MTU_INVALID', other({ mtu: 67 }), 'interface b:eth1', other({ mtu: 68 })],
  ['MTU_INVALID', other({ mtu: 1279, addresses: ['fd00::1/64'] }), 'interface b:eth1', other({ mtu: 1280, addresses: ['fd00::1/64'] })],
  ['RULE_INVALID', guarded(rule(32768, {})), 'rule shop/till/in#1', guarded(rule(32767, {}))],
  ['RULE_INVALID', guarded(rule(1, { srcPort: { from: 1, to: 2 }, protocol: 1 })), 'rule shop/till/in#1',
    guarded(rule(1, { srcPort: { from: 1, to: 2 }, protocol: 6 }))],
  ['RULE_INVALID', guarded(rule(1, { srcIp: ip('10.0.0.1'), etherType: 0x0806 })), 'rule shop/till/in#1',
    guarded(rule(1, { srcIp: ip('10.0.0.1'), etherType: 0x0800 }))],
  ['RULE_INVALID', guarded(rule(1, { icmpType: 8, protocol: 6 })), 'rule shop/till/in#1', guarded(rule(1, { icmpType: 8, protocol: 1 }))],
  ['RULE_INVALID', guarded(rule(1, { arpOperation: 1, srcIp: ip('10.0.0.1') })), 'rule shop/till/in#1',
    guarded(rule(1, { arpOperation: 1, arpSenderIp: ip('10.0.0.1') }))],
  ['RULE_MIXED_IPV', guarded(rule(1, { srcIp: ip('10.0.0.1'), dstIp: ip('fd00::1') })), 'rule shop/till/in#1',
    guarded(rule(1, { srcIp: ip('10.0.0.1'), dstIp: ip('10.0.0.2') }))],
  ['CHAIN_LOOP', chained('web'), 'chain web', chained('x')],
  ['IFACE_WIRING', other({ net: 'shop', vnl: '/tmp/sw' }), 'interface b:eth1', other({ vnl: '/tmp/sw' })],
  ['LINK_END_TAKEN', { ...GOOD, links: [...GOOD.links, ends('a:eth0', 'b:eth1')] }, 'link m', { ...GOOD, links: [ends('a:eth0', 'b:eth1')] }],
  ['LINK_SELF', { ...GOOD, links: [...GOOD.links, ends('b:eth1', 'b:eth1')] }, 'link m', GOOD],
  ['ADDRESS_DUPLICATE', {
    ...GOOD,
    nodes: [node('a', [iface('eth0'), iface('eth1', { net: 'shop', addresses: ['10.0.0.1/24'] })]),
      node('b', [iface('eth0'), iface('eth1', { net: 'shop', addresses: ['10.0.0.1/8'] })])]
  }, 'interface b:eth1',
  { ...GOOD, nodes: [node('a', [iface('eth0', { addresses: ['10.0.0.1/24'] }), iface('eth1')]), node('b', [iface('eth0'), iface('eth1', { addresses: ['10.0.0.1/24'] })])] }]
]

const codesOf = (model: Model, world?: World): string[] =>
  validate(model, world).map(({ code, subject }) => `${code} ${subject.kind} ${subject.key}`)

const checks = suite('validate')

checks('a good network has no problem', () => { assert.equal(validate(GOOD), []) })

for (const [i, [code, bad, subject, good, badWorld, goodWorld]] of [...LSDN_CASES, ...OTHER_CASES].entries()) {
  checks(`${code} of ${subject} (${i}) is reported once, and not beside it`, () => {
    assert.equal(codesOf(bad, badWorld), [`${code} ${subject}`])
    assert.equal(codesOf(good, goodWorld), [])
  })
}

/** Of carrying out, not of checking: whoever makes a network real reports them. */
const AT_WORK = ['COMMIT_NETLINK', 'COMMIT_NETLINK_CLEANUP', 'COMMIT_NOMEM', 'NO_NLSOCK']

checks('every code has a case', () => {
  const covered = new Set([...LSDN_CASES, ...OTHER_CASES].map(([code]) => code))
  assert.equal([...LSDN_CODES, ...OTHER_CODES].filter((code) => !covered.has(code)), AT_WORK)
})

checks('a problem has LSDN\'s references in their order, a path and a sentence', () => {
  const [problem] = validate({ ...GOOD, physes: [...GOOD.physes, phys('east', '10.77.0.1')] })
  assert.equal(problem!.references, [{ kind: 'attr', key: 'ip' }, { kind: 'phys', key: 'north' }, { kind: 'phys', key: 'east' }])
  assert.is(formatProblem(problem!), 'phys east: ip 10.77.0.1 is that of phys north too, want one each [PHYS_DUPATTR]')
  const [other] = validate(guarded(rule(100, { srcIp: ip('10.0.0.1') }), rule(100, { srcIp: ip('10.0.0.1') })))
  assert.is(other!.path, 'net shop / virt till / rule in 100 #2')
})

checks('all problems are found at once', () => {
  const model = { ...GOOD, physes: noIp, nets: [net('shop', 'e2e', 0)], virts: [virt('till', { mac: '07:00:00:00:00:01' })] }
  assert.equal(validate(model).map(({ code }) => code).sort(), ['MAC_INVALID', 'NET_BADID', 'PHYS_NOATTR'])
})

checks('a name that is not declared has the nearest one', () => {
  assert.is(validate({ ...GOOD, nets: [net('shop', 'e2', 41)] })[0]!.hint, 'did you mean "e2e"?')
})
checks.run()

const mtu = suite('recommendedMtu')
/** Of an underlay of 1500. */
const TABLE = [['direct', 1500, 1500], ['vlan', 1496, 1496], ['vxlan/mcast', 1450, 1430], ['vxlan/e2e', 1450, 1430], ['vxlan/static', 1450, 1430],
  ['geneve', 1450, 1430], ['geneve/e2e', 1450, 1430]] as const
for (const [type, four, six] of TABLE) {
  mtu(`${type} is that of 4.3`, () => {
    assert.equal([1500 - overhead(type, false), 1500 - overhead(type, true)], [four, six])
  })
}

mtu('the version is the group\'s for multicast, else that of the phys', () => {
  const six = { ...GOOD, physes: [phys('north', 'fd00::1')] }
  assert.is(recommendedMtu(six, 'shop', 'north', 1500), 1430)
  assert.is(recommendedMtu({ ...six, settings: [{ ...template('e2e', 'vxlan/mcast', 4789) }] }, 'shop', 'north', 65536), 65536 - 50)
  assert.throws(() => recommendedMtu(GOOD, 'shop', 'east', 1500), /Cannot recommend an MTU in net shop/)
})
mtu.run()
