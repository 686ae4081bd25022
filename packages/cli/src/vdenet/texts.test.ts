import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyModel, OPEN, type Model } from '@vde-ts/model'
import { dotOf } from './dot.ts'
import { junit } from './junit.ts'
import { radioText } from './radio.ts'
import { listText, statusText } from './report.ts'
import { COMMANDS, spec, specOf } from './spec.ts'

const texts = suite('texts of vdenet')

const MODEL: Model = {
  ...emptyModel('x'),
  nets: [{ name: 'lan', settings: null, vid: 0, rateIn: null, rateOut: null }],
  nodes: ['a', 'b'].map((name) => ({
    name,
    host: null,
    interfaces: [
      { name: 'eth0', net: 'lan', vnl: null, mac: null, addresses: ['10.0.0.1/24'], mtu: null, impair: '', in: OPEN, out: OPEN },
      { name: 'eth1', net: null, vnl: null, mac: null, addresses: [], mtu: null, impair: '', in: OPEN, out: OPEN }
    ],
    routes: [],
    forward: false,
    nat: null,
    run: [],
    dir: null
  })),
  links: [{ name: 'l', a: { node: 'a', iface: 'eth1' }, b: { node: 'b', iface: 'eth1' }, impair: 'delay=1ms' }],
  radios: [{ name: 'air', model: { model: 'fixed' }, seed: 1, stations: [{ node: 'a', iface: 'wlan0', at: [1, 2], impair: '' }] }]
}

texts('dotOf has every node, net and link, quoted', () => {
  const dot = dotOf({ ...MODEL, name: 'a "b"' })
  assert.match(dot, /^graph "a \\"b\\"" \{/)
  assert.match(dot, /"a" -- "net lan" \[label="10\.0\.0\.1\/24", taillabel="eth0"\]/)
  assert.match(dot, /"a" -- "b" \[label="delay=1ms", taillabel="eth1", headlabel="eth1"\]/)
  assert.match(dot, /"a" -- "radio air" \[style=dashed, label="1, 2", taillabel="wlan0"\]/)
})

texts('junit counts failures and escapes what was found', () => {
  const xml = junit('lab', [{ text: 'a ping b', failure: null, seconds: 0.5 }, { text: 'a exec "x" = <y>', failure: '"\x1b&" found', seconds: 1 }])
  assert.match(xml, /tests="2" failures="1" time="1\.500"/)
  assert.match(xml, /name="a exec &quot;x&quot; = &lt;y&gt;" time="1\.000"><failure message="&quot;\?&amp;&quot; found"\/>/)
})

texts('statusText names what has ended and what is away', () => {
  const status = {
    name: 'x',
    file: '/x.yaml',
    dir: '/x',
    trialUntil: null,
    drift: 2,
    nodes: [{ name: 'a', host: null, pid: null, interfaces: [{ name: 'eth0', net: 'lan', addresses: [] }], programs: [{ command: 'bird', state: 'ended with 1' }] }, { name: 'b', host: 'south', pid: null, interfaces: [], programs: [] }],
    nets: [{ name: 'shop', path: '/n', overlay: { type: 'vxlan/e2e', vid: 41, phys: 'north', hosts: ['10.0.0.2'], mtu: 1450, drops: [0, 1] as const } }],
    virts: [
      { net: 'shop', name: 'till', phys: 'north', iface: 'tapA', mtu: 1450 }, { net: 'shop', name: 'store', phys: 'south', iface: null, mtu: 1450 },
      { net: 'shop', name: 'spare', phys: null, iface: null, mtu: null }
    ],
    links: [{ name: 'l', a: 'a:x', b: 'b:x', impair: null, frames: [0, 0] as const }, { name: 'm', a: 'a:y', b: 'b:y', impair: 'down=on', frames: [3, 4] as const }],
    filters: [{
      port: 'virt shop/till',
      side: 'in' as const,
      fallback: 'drop' as const,
      drops: { rule: 5, malformed: 1 },
      rules: [{ chain: null, position: 1, name: 'web', action: 'accept', frames: 2, octets: 120 }, { chain: 'c', position: 3, name: null, action: 'drop', frames: 0, octets: 0 }]
    }]
  }
  assert.is(statusText(status), `x: of /x.yaml, 2 steps away from it (vdenet apply mends that)
  node a: ENDED
    eth0 on lan
    bird: ended with 1
  node b: on host south
  net shop: vde:///n
    vxlan/e2e 41 on phys north, to 10.0.0.2; MTU 1450; 0 frames not understood, 1 not sent
  virt shop/till: by tapA, MTU 1450
  virt shop/store: on host south
  virt shop/spare: not connected
  link l: NOT CONNECTED
  link m: 3 frames there, 4 back, down=on
  virt shop/till in: 5 dropped, 1 malformed, else drop
    #1 web accept: 2 frames, 120 octets
    c #3 drop: 0 frames, 0 octets
`)
  assert.is(listText([status]), 'x: 0 of 1 nodes, 1 nets, 2 links, 2 steps to mend\n')
})

texts('radioText is a list of what is allowed', () => {
  const hearing = { mark: 1, from: 'a', to: 'b', isOpen: true, quality: 'delay=1ms', frames: 7, lost: 2 }
  const stations = [{ node: 'a', iface: 'wlan0', at: [0, 0], impair: '' }, { node: 'b', iface: 'wlan0', at: [9, 0.5], impair: '' }]
  const hearings = [hearing, { ...hearing, from: 'b', to: 'a', quality: '' }, { ...hearing, mark: 2, isOpen: false }]
  assert.is(radioText({ name: 'air', model: 'range', stations, hearings }), `radio air: model range, policy drop
  a 0,0; b 9,0.5
  mark  from  to  frames  lost  quality
  1     a     b   7       2     delay=1ms
  1     b     a   7       2     as it is
`)
})

texts('every command takes options that exist', () => {
  const names = spec.options.map(({ name }) => name)
  for (const command of COMMANDS) {
    for (const option of command.options) assert.ok(names.includes(option), `${command.name} --${option}`)
    assert.ok(specOf(command).options.some(({ name }) => name === 'lab'))
  }
})

texts.run()
