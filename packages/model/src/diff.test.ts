import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { apply, inverse } from './apply.ts'
import { diff } from './diff.ts'
import { OPEN } from './firewall.ts'
import { emptyModel, type Interface, type Model, type Node, type Phys, type Virt } from './model.ts'
import { equalModels } from './objects.ts'
import { planJson, planStatus, planText, readPlan } from './plan-text.ts'
import { randomModel, randomOf } from './testing.ts'

const phys = (name: string, ip: string, isLocal: boolean): Phys =>
  ({ name, host: name, iface: `up-${name}`, ip, isLocal, rateIn: null, rateOut: null })
const virt = (net: string, name: string, on: string): Virt =>
  ({ net, name, mac: null, phys: on, iface: `tap-${name}`, in: OPEN, out: OPEN })
const iface = (name: string, net: string | null): Interface =>
  ({ name, net, vnl: null, mac: null, addresses: [], mtu: null, impair: '', in: OPEN, out: OPEN })
const node = (name: string, ...interfaces: Interface[]): Node =>
  ({ name, host: null, interfaces, routes: [], forward: false, nat: null, run: [], dir: null })

const BASE: Model = {
  ...emptyModel('lab'),
  settings: [{ name: 'default', type: 'vxlan/e2e', port: 4789, group: null, unknown: null }],
  nets: ['shop', 'other'].map((name, i) => ({ name, settings: 'default', vid: i + 1, rateIn: null, rateOut: null })),
  physes: [phys('north', '10.77.0.1', true), phys('south', '10.77.0.2', false)],
  attachments: [{ net: 'shop', phys: 'north' }, { net: 'shop', phys: 'south' }, { net: 'other', phys: 'south' }],
  virts: [virt('shop', 'till', 'north'), virt('other', 'x', 'south')],
  nodes: [node('a', iface('eth0', null), iface('eth1', 'shop')), node('b', iface('eth0', null))],
  links: [{ name: 'l', a: { node: 'a', iface: 'eth0' }, b: { node: 'b', iface: 'eth0' }, impair: '' }],
  radios: [{ name: 'air', model: { model: 'range' }, seed: 1, stations: [{ node: 'b', iface: 'wlan0', at: [0, 0], impair: '' }] }]
}

const first = <T>(list: readonly T[], change: Partial<T>): T[] => list.map((one, i) => i === 0 ? { ...one, ...change } : one)

const rate = { mode: 'police', avg: 1000, burst: 3000, burstRate: 0 } as const

/** What was changed, and the steps that come of it. */
const PLANS: ReadonlyArray<readonly [name: string, change: Partial<Model>, lines: readonly string[]]> = [
  ['nothing', {}, []],
  ['a rate of a virt is in place', { virts: first(BASE.virts, { in: { ...OPEN, rate } }) },
    ['~ virt shop/till: in.rate none -> {"mode":"police","avg":1000,"burst":3000,"burstRate":0}']],
  ['a MAC of a virt is in place', { virts: first(BASE.virts, { mac: '06:00:00:00:00:01' }) },
    ['~ virt shop/till: mac none -> 06:00:00:00:00:01']],
  ['a virt that migrates is plugged anew, and only that', { virts: first(BASE.virts, { phys: 'south' }) },
    ['! virt shop/till: phys north -> south (interrupts virt shop/till)']],
  ['one net more at a local phys interrupts nothing', { attachments: [...BASE.attachments, { net: 'other', phys: 'north' }] },
    ['+ attachment other/north']],
  ['an address of a remote phys is in place', { physes: [BASE.physes[0]!, phys('south', '10.77.0.9', false)] },
    ['~ phys south: ip 10.77.0.2 -> 10.77.0.9']],
  ['an address of a local phys interrupts its nets', { physes: [phys('north', '10.77.0.9', true), BASE.physes[1]!] },
    ['! phys north: ip 10.77.0.1 -> 10.77.0.9 (interrupts virt shop/till, interface a:eth1)']],
  ['a port of the overlay plugs its nets anew', { settings: first(BASE.settings, { port: 4790 }) }, [
    '~ settings default: port 4789 -> 4790',
    '! net shop: overlay {"type":"vxlan/e2e","port":4789,"group":null} -> {"type":"vxlan/e2e","port":4790,"group":null} (interrupts virt shop/till, interface a:eth1)',
    '! net other: overlay {"type":"vxlan/e2e","port":4789,"group":null} -> {"type":"vxlan/e2e","port":4790,"group":null} (interrupts virt other/x)'
  ]],
  ['an impairment of a link is in place', { links: first(BASE.links, { impair: 'delay=20ms' }) },
    ['~ link l: impair "" -> delay=20ms']],
  ['a position on a radio is in place', { radios: first(BASE.radios, { stations: [{ node: 'b', iface: 'wlan0', at: [1, 1], impair: '' }] }) },
    ['~ radio air: stations [1] -> [1]']],
  ['a program of a node starts it again, with its interfaces and links', { nodes: first(BASE.nodes, { run: ['bird -f'] }) }, [
    '! node a: run [] -> ["bird -f"] (interrupts interface a:eth0, interface a:eth1)',
    '! interface a:eth0: node a -> a (interrupts interface a:eth0)',
    '! interface a:eth1: node a -> a (interrupts interface a:eth1)',
    '! link l: interface a:eth0 -> a:eth0 (interrupts link l)'
  ]],
  ['an address of an interface is in place', { nodes: [BASE.nodes[0]!, node('b', { ...iface('eth0', null), addresses: ['10.0.0.1/24'] })] },
    ['~ interface b:eth0: addresses [] -> ["10.0.0.1/24"]']],
  ['what goes is gone before what comes: a renamed net keeps its number',
    { nets: first(BASE.nets, { name: 'market' }), attachments: [{ net: 'other', phys: 'south' }], virts: BASE.virts.slice(1), nodes: [], links: [] }, [
      '- link l', '- virt shop/till', '- interface a:eth0', '- interface a:eth1', '- interface b:eth0', '- node a', '- node b',
      '- attachment shop/north', '- attachment shop/south', '- net shop', '+ net market'
    ]]
]

const plans = suite('diff')

for (const [name, change, lines] of PLANS) {
  plans(name, () => {
    const plan = diff(BASE, { ...BASE, ...change })
    assert.equal(planText(plan).split('\n').filter((line) => /^[-+~!] /.test(line)), lines)
    assert.is(planStatus(plan), lines.length === 0 ? 0 : 2)
  })
}

plans('detaching names the virts that were connected there', () => {
  const plan = diff(BASE, { ...BASE, attachments: BASE.attachments.slice(1) })
  assert.equal(plan.steps.map(({ action, key, interrupts }) => [action, key, interrupts]), [['delete', 'shop/north', ['virt shop/till']]])
})

plans('the text sums up', () => {
  const text = planText(diff(BASE, { ...BASE, virts: first(BASE.virts, { phys: 'south' }) }))
  assert.match(text, /\n\n0 to create, 0 to change in place, 1 to replug, 0 to delete\.\nInterrupted for a moment: virt shop\/till\.\n$/)
  assert.is(planText(diff(BASE, BASE)), 'Nothing to do.\n')
})
plans.run()

const laws = suite('laws of plans')

const PAIRS = Array.from({ length: 60 }, (_, seed) => {
  const random = randomOf(seed + 1)
  return [randomModel(random), randomModel(random)] as const
})

laws('a plan makes the one network of the other', () => {
  for (const [a, b] of PAIRS) assert.ok(equalModels(apply(diff(a, b), a), b))
})

laws('its inverse makes it undone, also in the middle', () => {
  for (const [a, b] of PAIRS) {
    const plan = diff(a, b)
    assert.ok(equalModels(apply(inverse(plan), b), a))
    const half = { ...plan, to: a.name, steps: plan.steps.slice(0, plan.steps.length >> 1) }
    assert.ok(equalModels(apply(inverse(half), apply(half, a)), a))
  }
})

laws('a second apply does nothing', () => {
  for (const [a, b] of PAIRS) assert.is(diff(apply(diff(a, b), a), b).steps.length, 0)
})

laws('a saved plan is the plan', () => {
  for (const [a, b] of PAIRS.slice(0, 10)) assert.equal(readPlan(planJson(diff(a, b))), diff(a, b))
})

laws('a plan for another network is refused whole', () => {
  const plan = diff(BASE, { ...BASE, links: [] })
  assert.throws(() => apply(plan, { ...BASE, links: first(BASE.links, { impair: 'loss=1%' }) }), /link l is not what it was/)
  assert.throws(() => apply(plan, { ...BASE, name: 'x' }), /network x is not what it was/)
})

const DAMAGED = ['null', '{}', '{"version":2}', '{"version":1,"from":"a","to":"b","steps":[{"kind":"x","action":"create","key":"k"}]}',
  '{"version":1,"from":"a","to":"b","steps":[null]}']
for (const text of DAMAGED) laws(`readPlan refuses ${text}`, () => { assert.throws(() => readPlan(text), /Cannot read the plan/) })
laws.run()
