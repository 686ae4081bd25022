import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Model } from '@vde-ts/model/model.js'
import { formatFinding } from '@vde-ts/strict-yaml/finding.js'
import { readNetwork } from './read.ts'

const FACTS = { file: 'lab.yaml', name: 'lab', dir: '/home/u/lab' }
const findings = (text: string): string[] => readNetwork(text, FACTS).findings.map(formatFinding)
const modelOf = (text: string): Model => {
  const { model } = readNetwork(text, FACTS)
  assert.ok(model !== null, findings(text).join('\n'))
  return model!
}

const FACE = `vdenet: 1
nets:  { lan: {}, shop: { overlay: vxlan/e2e, vid: 41 } }
hosts: { north: { ip: 10.77.0.1 }, south: { ip: 10.77.0.2 } }
nodes:
  a: { if: { eth0: { net: lan, ip: 10.0.0.1/24 } } }
  r: { forward: true, if: { eth0: { net: lan, ip: 10.0.0.254/24 }, eth1: { ip: 10.9.0.1/30 } }, nat: eth1 }
  b: { run: [bird -f -c b.conf] }
links: [ { a: "r:eth1", b: "b:eth0", delay: 20ms, rate: 10mbit, loss: { a-b: 1% } } ]
expect: [ a ping r within 5s, a no-ping b, a tcp r >= 9mbit, a exec "cat /etc/hostname" = a ]
`

const reading = suite('readNetwork')

reading('the format\'s face', () => {
  const model = modelOf(FACE)
  assert.equal(model.links, [{
    name: 'r:eth1--b:eth0', a: { node: 'r', iface: 'eth1' }, b: { node: 'b', iface: 'eth0' }, impair: 'delay=20ms rate=10mbit out.loss=1%'
  }])
  assert.equal(model.settings, [{ name: 'vxlan/e2e', type: 'vxlan/e2e', port: 4789, group: null, unknown: null }])
  assert.equal(model.attachments.map(({ net, phys }) => `${net}/${phys}`), ['shop/north', 'shop/south'])
  const [a, r, b] = model.nodes
  assert.equal([a!.interfaces[0]!.net, a!.interfaces[0]!.addresses], ['lan', ['10.0.0.1/24']])
  assert.equal([r!.forward, r!.nat, r!.interfaces.map(({ name }) => name)], [true, 'eth1', ['eth0', 'eth1']])
  assert.equal([b!.run, b!.dir, b!.interfaces.map(({ name }) => name)], [['bird -f -c b.conf'], '/home/u/lab', ['eth0']])
  assert.equal(model.expect.map(({ text: _, ...rest }) => rest), [
    { node: 'a', kind: 'ping', target: 'r', isWanted: true, withinMs: 5000 },
    { node: 'a', kind: 'ping', target: 'b', isWanted: false, withinMs: 5000 },
    { node: 'a', kind: 'tcp', target: 'r', comparison: '>=', rate: 1_125_000 },
    { node: 'a', kind: 'exec', command: 'cat /etc/hostname', output: 'a', withinMs: 5000 }
  ])
})

reading('templates: declared, in place, and equal ones shared', () => {
  const model = modelOf(`vdenet: 1
overlays: { bone: { type: geneve, unknown: drop } }
nets:
  a: { overlay: bone, vid: 1, hosts: [] }
  b: { overlay: vxlan/static, port: 4790, vid: 2 }
  c: { overlay: vxlan/static, port: 4790, vid: 3 }
`)
  assert.equal(model.nets.map(({ settings }) => settings), ['bone', 'vxlan/static:4790', 'vxlan/static:4790'])
  assert.equal(model.settings.map(({ port, unknown }) => [port, unknown]), [[6081, 'drop'], [4790, 'flood']])
})

reading('radios: positions and qualities, or impairments of a hub', () => {
  const model = modelOf(`vdenet: 1
radios:
  wifi: { model: { name: exponential, rate: 20mbit }, seed: 7, nodes: { a: [0, 0], b: [3, -4.5] } }
  hub: { hub: true, if: hub0, nodes: { a: , b: { delay: 5ms } } }
nodes: { a: , b: { if: { wlan0: { ip: 10.0.0.2/24 } } } }
`)
  assert.equal(model.radios, [
    {
      name: 'wifi',
      model: { model: 'exponential', rate: '20mbit' },
      seed: 7,
      stations: [{ node: 'a', iface: 'wlan0', at: [0, 0], impair: '' }, { node: 'b', iface: 'wlan0', at: [3, -4.5], impair: '' }]
    },
    {
      name: 'hub', model: null, seed: 1, stations: [{ node: 'a', iface: 'hub0', at: [], impair: '' }, { node: 'b', iface: 'hub0', at: [], impair: 'delay=5ms' }]
    }
  ])
  assert.equal(model.nodes.map(({ interfaces }) => interfaces.map(({ name }) => name)), [['wlan0', 'hub0'], ['wlan0', 'hub0']])
})

reading('guests, rules, policies, rates, chains and sets', () => {
  const model = modelOf(`vdenet: 1
nets:
  shop:
    overlay: geneve
    vid: 41
    rate: { out: 100mbit }
    virts:
      till:
        host: north
        if: tapA
        mac: 06:00:00:00:00:0A
        policy: { in: drop }
        rate: { in: { avg: 8mbit, burst: 64KiB, mode: shape }, out: 1mbit }
        rules:
          - { dir: in, prio: 10, do: accept, srcSet: staff, protocol: tcp, dstPort: 80-90, state: [new, established] }
          - { dir: out, do: jump, chain: web }
          - { dir: in, do: drop, srcIp: 10.1.2.3/8, etherType: ip, marked: 0x13/0xf, not: [srcIp] }
hosts: { north: { ip: 10.77.0.1 } }
chains: { web: [ { do: log, name: seen }, { do: mark, mark: 7 }, { do: return } ] }
sets: { staff: [ 10.0.0.1, 10.0.1.7/24 ], cards: [ 06:00:00:00:00:01 ] }
`)
  const [till] = model.virts
  assert.equal([till!.mac, till!.in.fallback, till!.out.fallback], ['06:00:00:00:00:0a', 'drop', 'accept'])
  assert.equal(till!.in.rate, { mode: 'shape', avg: 1e6, burst: 65536, burstRate: 0 })
  assert.equal(till!.out.rate, { mode: 'police', avg: 125000, burst: 65536, burstRate: 0 })
  assert.equal(till!.in.rules.map(({ priority, action, match }) => ({ priority, action, match })), [
    { priority: 10, action: 'accept', match: { srcSet: 'staff', protocol: 6, dstPort: { from: 80, to: 90 }, state: ['new', 'established'] } },
    { priority: 2, action: 'drop', match: { srcIp: { value: '10.0.0.0', mask: '255.0.0.0' }, etherType: 0x0800, mark: { value: 3, mask: 15 }, not: ['srcIp'] } }
  ])
  assert.is(till!.out.rules[0]!.chain, 'web')
  assert.equal(model.chains[0]!.rules.map(({ action, mark }) => [action, mark]), [['log', null], ['mark', 7], ['return', null]])
  assert.equal(model.sets.map(({ kind, members }) => [kind, members.length]), [['ip', 2], ['mac', 1]])
})

reading('routes, more than one address, impairments of a port, a directory', () => {
  const [a] = modelOf(`vdenet: 1
nets: { lan: }
nodes:
  a:
    if: { eth0: { net: lan, ip: [ 10.0.0.1/24, "fd00::1/64" ], impair: { delay: 5ms, loss: { in: 2%, out: 0.5% }, down: true } } }
    routes: { default: 10.0.0.254, 10.1.0.0/16: 10.0.0.253 }
    run: sleep 9
    dir: conf
`).nodes
  assert.equal(a!.routes, [{ to: null, via: '10.0.0.254' }, { to: '10.1.0.0/16', via: '10.0.0.253' }])
  assert.equal([a!.interfaces[0]!.addresses, a!.interfaces[0]!.impair], [['10.0.0.1/24', 'fd00::1/64'], 'delay=5ms in.loss=2% out.loss=0.5% down=on'])
  assert.equal([a!.run, a!.dir], [['sleep 9'], '/home/u/lab/conf'])
})

reading('the file may name the network', () => {
  assert.equal([modelOf('vdenet: 1').name, modelOf('vdenet: 1\nname: x\n').name], ['lab', 'x'])
})
reading.run()

/** What is wrong, the file, and all that is said of it. */
const REFUSED: ReadonlyArray<readonly [name: string, text: string, findings: readonly string[]]> = [
  ['a misspelt key', 'vdenet: 1\nnets: { shop: { overlay: vlan, vdi: 3 } }\n',
    ['lab.yaml:2:32: nets.shop.vdi: no such key "vdi" [KEY_UNKNOWN] (did you mean "vid"?)']],
  ['a misspelt section', 'vdenet: 1\nnoeds: {}\n', ['lab.yaml:2:1: noeds: no such key "noeds" [KEY_UNKNOWN] (did you mean "nodes"?)']],
  ['no version', 'nets: {}\n', ['lab.yaml:1:1: key "vdenet" is missing [KEY_MISSING]']],
  ['a version to come', 'vdenet: 2\n', ['lab.yaml:1:9: vdenet: found 2, want 1 [VALUE_INVALID]']],
  ['a VID out of range of its overlay', 'vdenet: 1\nnets:\n  shop: { overlay: vlan, vid: 4096 }\n',
    ['lab.yaml:3:31: nets.shop: found vid 4096, want 1..4095 for vlan [NET_BADID]']],
  ['a VID out of range of all', 'vdenet: 1\nnets:\n  shop: { overlay: geneve, vid: 16777216 }\n',
    ['lab.yaml:3:33: nets.shop.vid: found 16777216, want a whole number in 0..16777215 [VALUE_INVALID]']],
  ['two hosts with one address', 'vdenet: 1\nhosts:\n  north: { ip: 10.77.0.1 }\n  south: { ip: 10.77.0.1 }\n',
    ['lab.yaml:4:16: hosts.south: ip 10.77.0.1 is that of phys north too, want one each [PHYS_DUPATTR]']],
  ['a link named twice', 'vdenet: 1\nnodes: { a: , b: }\nlinks:\n  - { name: l, a: "a:x", b: "b:x" }\n  - { name: l, a: "a:y", b: "b:y" }\n',
    ['lab.yaml:5:5: links[1]: found link "l" twice, the other is links[0] [NAME_DUPLICATE]']],
  ['an end of two links', 'vdenet: 1\nnodes: { a: , b: }\nlinks:\n  - { a: "a:x", b: "b:x" }\n  - { a: "a:x", b: "b:y" }\n',
    ['lab.yaml:5:5: links[1]: a:x is an end of link a:x--b:x too, want one link [LINK_END_TAKEN]']],
  ['a node that is not there', 'vdenet: 1\nnodes: { anna: }\nlinks: [ { a: "anna:x", b: "ana:y" } ]\n',
    ['lab.yaml:3:28: links[0]: b names node "ana", which is not declared [NAME_UNKNOWN] (did you mean "anna"?)']],
  ['a net that is not there', 'vdenet: 1\nnets: { lan: }\nnodes: { a: { if: { eth0: { net: lam } } } }\n',
    ['lab.yaml:3:34: nodes.a.if.eth0: net names net "lam", which is not declared [NAME_UNKNOWN] (did you mean "lan"?)']],
  ['an overlay that is not there', 'vdenet: 1\nnets: { lan: { overlay: vxlan/e2 } }\n', [
    'lab.yaml:2:25: nets.lan.overlay: found "vxlan/e2", want one of direct, vlan, vxlan/mcast, vxlan/e2e, vxlan/static, geneve, geneve/e2e ' +
    '[NAME_UNKNOWN] (did you mean "vxlan/e2e"?)']],
  ['an address without its prefix', 'vdenet: 1\nnodes: { a: { if: { eth0: { ip: 10.0.0.1 } } } }\n',
    ['lab.yaml:2:33: nodes.a.if.eth0.ip: found "10.0.0.1", want an address with its prefix: 10.0.0.1/24 [VALUE_INVALID]']],
  ['a delay without its unit', 'vdenet: 1\nnodes: { a: , b: }\nlinks: [ { a: "a:x", b: "b:x", delay: 20 } ]\n',
    ['lab.yaml:3:39: links[0].delay: Cannot read delay: found "20", want a number and one of ns, us, ms, s [IMPAIR_INVALID]']],
  ['a bad word in one direction', 'vdenet: 1\nnodes: { a: , b: }\nlinks: [ { a: "a:x", b: "b:x", loss: { a-b: 200% } } ]\n',
    ['lab.yaml:3:45: links[0].loss.a-b: Cannot read out.loss: found "200%", want at most 100% [IMPAIR_INVALID]']],
  ['a direction that is none', 'vdenet: 1\nnodes: { a: , b: }\nlinks: [ { a: "a:x", b: "b:x", loss: { a-c: 1% } } ]\n',
    ['lab.yaml:3:40: links[0].loss.a-c: no such key "a-c" [KEY_UNKNOWN] (did you mean "a-b"?)']],
  ['radios without a model, with one too many, without a place, with one too many',
    'vdenet: 1\nnodes: { a: }\nradios:\n  r: { nodes: { a: [0, 0] } }\n  s: { hub: true, model: fixed, nodes: {} }\n  t: { model: fixed, nodes: { a: } }\n' +
    '  u: { hub: true, nodes: { a: [1, 2] } }\n', [
      'lab.yaml:4:6: radios.r: found no model, want a model, or "hub: true" where everybody hears everybody [VALUE_INVALID]',
      'lab.yaml:5:6: radios.s: found a model and "hub: true", want a model, or "hub: true" where everybody hears everybody [VALUE_INVALID]',
      'lab.yaml:6:34: radios.t.nodes.a: found no position, want one: [x, y] [VALUE_INVALID]',
      'lab.yaml:7:31: radios.u.nodes.a: found a position, want impairments: in a hub places do not matter [VALUE_INVALID]']],
  ['an expectation', 'vdenet: 1\nnodes: { a: }\nexpect: [ a pong a, b ping a ]\n',
    ['lab.yaml:3:11: expect[0]: Cannot read the expectation: found "pong", want one of ping, no-ping, tcp, exec, perhaps "ping" [VALUE_INVALID]']],
  ['a rule, at the rule', 'vdenet: 1\nnets:\n  n:\n    virts:\n      v:\n        rules:\n          - { dir: in, prio: 1, do: drop, srcIp: 10.0.0.1 }\n' +
    '          - { dir: out, prio: 1, do: drop }\n          - { dir: in, prio: 1, do: drop, srcIp: 10.0.0.1 }\n',
  ['lab.yaml:9:13: nets.n.virts.v.rules[2]: it is net n / virt v / rule in 1 #1 again [VR_DUPLICATE_RULE]']],
  ['a rule that jumps nowhere', 'vdenet: 1\nchains: { c: [ { do: jump } ] }\n',
    ['lab.yaml:2:16: chains.c[0]: found one of "do: jump" and "chain", want both or none [VALUE_INVALID]']],
  ['everything at once', 'vdenet: 1\nhosts: { h: { ip: 1.2.3 } }\nnodes: { a: { if: { eth0: { mac: x } } } }\nexpect: [ "a" ]\n', [
    'lab.yaml:2:19: hosts.h.ip: found "1.2.3", want an IPv4 or IPv6 address [VALUE_INVALID]',
    'lab.yaml:3:34: nodes.a.if.eth0.mac: found "x", want a MAC such as 06:00:00:00:00:01 [VALUE_INVALID]',
    'lab.yaml:4:11: expect[0]: Cannot read the expectation: found "a", want a node, then one of ping, no-ping, tcp, exec [VALUE_INVALID]'
  ]]
]

const refusals = suite('what is refused')
for (const [name, text, wanted] of REFUSED) refusals(name, () => { assert.equal(findings(text), wanted) })

refusals('every beginning of a file is read or refused, never more', () => {
  for (let i = 0; i < FACE.length; i += 31) assert.type(readNetwork(FACE.slice(0, i), FACTS).findings.length, 'number')
})
refusals.run()
