import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Endpoint } from './endpoint.ts'
import { Switch } from './switch.ts'
import { give, makeSwitch, plug, type FakeLink, type Plugged } from './testing.ts'

/** Joins two ports by a cable that delivers at once; false: it has been cut. */
const cable = (a: Switch, aPort: number, b: Switch, bPort: number): Array<{ link: FakeLink, endpoint: Endpoint }> => {
  const ends = [a.attach(request(aPort)), b.attach(request(bPort))] as const
  const links = ends.map((_, index) => {
    const link = newLink()
    link.onSend = (buf, off, len) => { if (!link.isClosed) ends[1 - index]!.onFrame(buf, off, len) }
    return link
  })
  ends.forEach((end, index) => { end.connect(links[index]!) })
  return ends.map((endpoint, index) => ({ endpoint, link: links[index]! }))
}

const newLink = (): FakeLink => plug(makeSwitch()).link
const request = (port: number) => ({ port, owner: { uid: 1, gid: 1, groups: [] }, module: 'unix prog', description: 'vde_plug' })
const BROADCAST = `ffffffffffff 0200000000cc 88b5 ${'00'.repeat(46)}`.replace(/ /g, '')
/** A designated bridge of priority 0, in RST form. */
const BPDU = `0180c2000000 02000000000f 0027 424203 0000 02 02 3c 000002000000000f 00000000 000002000000000f 8001 0000 1400 0200 0f00 00 ${'00'.repeat(7)}`

const ring = (count: number): { switches: Switch[], stations: Plugged[], cables: ReturnType<typeof cable>[] } => {
  const switches = Array.from({ length: count }, (_, i) => makeSwitch({ macLo: i + 1 }))
  for (const sw of switches) sw.tree.setEnabled(true)
  const stations = switches.map((sw) => {
    sw.tree.configurePort(9, { edge: 'on' })
    return plug(sw, 9)
  })
  const cables = switches.map((sw, i) => cable(sw, 1, switches[(i + 1) % count]!, 2))
  return { switches, stations, cables }
}

const copies = (stations: readonly Plugged[]): number[] => {
  for (const { link } of stations) link.sent = []
  give(stations[0]!.endpoint, BROADCAST)
  return stations.map(({ link }) => link.sent.filter((one) => one === BROADCAST).length)
}

const tree = suite('switch.tree')

tree('a ring of switches forwards one copy, also after a cable went, and came back', () => {
  const { switches, stations, cables } = ring(4)
  assert.equal(copies(stations), [0, 1, 1, 1])
  assert.is(switches[2]!.tree.instance(0)!.tree.ports.filter((port) => port.role === 'Alternate').length +
    switches[3]!.tree.instance(0)!.tree.ports.filter((port) => port.role === 'Alternate').length, 1)
  for (const { endpoint } of cables[0]!) endpoint.close()
  assert.equal(copies(stations), [0, 1, 1, 1])
  cable(switches[0]!, 1, switches[1]!, 2)
  assert.equal(copies(stations), [0, 1, 1, 1])
})

tree('off, everything forwards and BPDUs are data again', () => {
  const sw = makeSwitch()
  sw.tree.setEnabled(true)
  const [a, b] = [plug(sw, 1), plug(sw, 2)]
  assert.equal(sw.vlan.members(0).map((member) => member.state), ['Discarding', 'Discarding'])
  sw.tree.setEnabled(false)
  assert.equal(sw.vlan.members(0).map((member) => member.state), ['Forwarding', 'Forwarding'])
  b.link.sent = []
  give(a.endpoint, BPDU)
  assert.is(b.link.sent.length, 1)
})

tree('a port is discarding in every VLAN it joins, until its tree says otherwise', () => {
  const sw = makeSwitch()
  sw.tree.setEnabled(true)
  plug(sw, 1)
  sw.vlan.create(5)
  sw.vlan.addPort(5, 1)
  sw.vlan.configure(1, { tagged: [5, 6], untagged: 7, pvid: 7 })
  for (const id of [5, 6, 7]) assert.is(sw.vlan.get(id).stateOf(1), 'Discarding')
  for (let sec = 1; sec < 6; sec++) sw.tick(sec)
  for (const id of [5, 6, 7]) assert.is(sw.vlan.get(id).stateOf(1), 'Forwarding')
  sw.vlan.create(8)
  sw.vlan.addPort(8, 1)
  assert.is(sw.vlan.get(8).stateOf(1), 'Forwarding')
})

tree('a port for tagged frames only hears BPDUs', () => {
  const sw = makeSwitch()
  sw.tree.setEnabled(true)
  const { endpoint } = plug(sw, 1)
  sw.vlan.setUntagged(1, 4095)
  give(endpoint, BPDU)
  assert.is(sw.tree.instance(0)!.tree.rootPort, 1)
})

tree('a host is at the edge until a BPDU says otherwise', () => {
  const sw = makeSwitch()
  sw.tree.setEnabled(true)
  const host = plug(sw, 1, { module: 'tap attached' })
  plug(sw, 2, { description: 'QEMU user=x pid=1' })
  plug(sw, 3, { description: 'vdeplug: user=x' })
  plug(sw, 4, { isHost: true })
  const { tree: t } = sw.tree.instance(0)!
  assert.equal(t.ports.map((port) => port.operEdge), [true, true, false, true])
  assert.is(sw.vlan.get(0).stateOf(1), 'Forwarding')
  give(host.endpoint, BPDU)
  assert.is(t.port(1)!.operEdge, false)
  plug(sw, 2, { description: 'vdeplug: user=x' })
  assert.equal([t.port(2)!.operEdge, t.port(2)!.operPointToPointMAC], [false, false], 'nor is a port with a second endpoint')
})

tree('ports beyond 4 095, and port 0, are outside: a BPDU shuts them', () => {
  const sw = makeSwitch({ numPorts: 5000 })
  sw.tree.setEnabled(true)
  for (const number of [0, 4096]) {
    const { endpoint } = plug(sw, number)
    assert.is(sw.vlan.get(0).stateOf(number), 'Forwarding')
    give(endpoint, BPDU)
    assert.equal([sw.vlan.get(0).stateOf(number), sw.tree.isShut(number)], ['Discarding', true])
    sw.tree.restart(number)
    assert.is(sw.vlan.get(0).stateOf(number), 'Forwarding')
    give(endpoint, BPDU)
  }
  for (let sec = 1; sec <= 300; sec++) sw.tick(sec)
  assert.equal([0, 4096].map((number) => sw.vlan.get(0).stateOf(number)), ['Forwarding', 'Forwarding'])
  plug(sw, 4095)
  assert.ok(sw.tree.instance(0)!.tree.port(4095))
})

tree('mode fstp has a tree for each VLAN, tagged where the port is', () => {
  const sw = makeSwitch()
  sw.vlan.create(5)
  sw.tree.setMode('fstp')
  sw.tree.setEnabled(true)
  const { endpoint, link } = plug(sw, 1)
  sw.vlan.addPort(5, 1)
  link.sent = []
  for (let sec = 1; sec <= 4; sec++) sw.tick(sec)
  const heads = link.sent.map((one) => one.substring(0, 36))
  assert.ok(heads.some((one) => one.startsWith('0180c200000002000000000a0027424203')))
  assert.ok(heads.some((one) => one.startsWith('0180c200000002000000000a810000050027')))
  give(endpoint, BPDU.replace('0027', '8100 0005 0027'))
  assert.equal([sw.tree.instance(0)!.tree.rootPort, sw.tree.instance(5)!.tree.rootPort], [0, 1])
  assert.is(sw.tree.instance(5)!.tree.port(1)!.portPathCost, 20_000_000)
  sw.vlan.deletePort(5, 1)
  assert.is(sw.tree.instance(5)!.tree.ports.length, 0)
  sw.vlan.remove(5)
  assert.is(sw.tree.instance(5), undefined)
})

tree('a port that floods BPDUs is listened to 64 times a second', () => {
  const sw = makeSwitch()
  sw.tree.setEnabled(true)
  const { endpoint } = plug(sw, 1)
  for (let i = 0; i < 1000; i++) give(endpoint, BPDU)
  sw.tick(1)
  give(endpoint, BPDU)
  const { rxRst, rxIgnored } = sw.tree.instance(0)!.tree.port(1)!.counters
  assert.equal([rxRst, rxIgnored], [65, 936])
})

tree('bonus lowers the cost of one port', () => {
  const sw = makeSwitch()
  sw.tree.setEnabled(true)
  plug(sw, 1)
  plug(sw, 2)
  sw.tree.setBonus(0, { port: 1, cost: 5000 })
  sw.tree.setBonus(0, { port: 2, cost: 6000 })
  assert.equal(sw.tree.instance(0)!.tree.ports.map((port) => port.portPathCost), [20_000, 14_000])
  sw.tree.configurePort(2, { cost: 100 })
  assert.is(sw.tree.instance(0)!.tree.port(2)!.portPathCost, 1)
})

tree('the cost is that of the slowest link with a rate, and follows it until one is set', () => {
  const sw = makeSwitch()
  sw.tree.setEnabled(true)
  const [{ link }, second] = [plug(sw, 1), plug(sw, 1)]
  let now = 0
  const cost = (): number => {
    sw.tick(++now)
    return sw.tree.instance(0)!.tree.port(1)!.portPathCost
  }
  assert.is(cost(), 20_000)
  for (const [rate, wanted] of [[1e9, 20_000], [1e8, 200_000], [64e3, 200_000_000], [25e6, 800_000]] as const) {
    link.bitsPerSec = rate
    assert.is(cost(), wanted, String(rate))
  }
  second.link.bitsPerSec = 1e6
  assert.is(cost(), 20_000_000)
  second.endpoint.close()
  assert.is(cost(), 800_000)
  sw.tree.configurePort(1, { cost: 7 })
  assert.is(cost(), 7)
  sw.tree.configurePort(1, { cost: null })
  assert.is(cost(), 800_000)
  link.bitsPerSec = undefined
  assert.is(cost(), 20_000)
})

tree('a link that comes with a rate has its cost at once, behind a shaper too; mode fstp knows no rates', () => {
  const sw = makeSwitch({ after: () => {} })
  sw.createPort(1)
  sw.guards.configure(1, { rateOut: { unit: 'bits', perSec: 1e6, burst: 1e5 } })
  sw.tree.setEnabled(true)
  const link = newLink()
  link.bitsPerSec = 1e8
  sw.attach(request(1)).connect(link)
  const cost = (): number => sw.tree.instance(0)!.tree.port(1)!.portPathCost
  assert.is(cost(), 200_000)
  sw.tree.setMode('fstp')
  assert.is(cost(), 20_000_000)
  sw.tree.setMode('stp')
  assert.is(cost(), 200_000)
})

tree('a stopped process does not find its neighbours expired', () => {
  const sw = makeSwitch()
  sw.tree.setEnabled(true)
  const { endpoint } = plug(sw, 1)
  sw.tick(1)
  give(endpoint, BPDU)
  sw.tick(500)
  assert.is(sw.tree.instance(0)!.tree.rootPort, 1)
  for (let sec = 501; sec < 505; sec++) sw.tick(sec)
  assert.is(sw.tree.instance(0)!.tree.rootPort, 0)
})

tree('in another process, ports at the edge forward from the start', () => {
  const sw = makeSwitch()
  sw.tree.setEnabled(true)
  plug(sw, 1)
  const bridge = plug(sw, 2)
  give(bridge.endpoint, BPDU)
  for (let sec = 1; sec < 6; sec++) sw.tick(sec)
  const next = Switch.from(sw.snapshot(), 1)
  for (const number of [1, 2]) next.port(number).endpoints[0]!.connect(newLink())
  assert.equal([1, 2].map((number) => next.vlan.get(0).stateOf(number)), ['Forwarding', 'Discarding'])
})

tree('refuses what cannot be, and forgets a port that is removed', () => {
  const sw = makeSwitch({ isHub: true })
  assert.throws(() => { sw.tree.setEnabled(true) }, /Cannot turn on the spanning tree: the switch is a hub/)
  sw.setHub(false)
  sw.tree.setEnabled(true)
  sw.createPort(1)
  assert.throws(() => { sw.tree.configure({ times: { messageAge: 0, maxAge: 20, helloTime: 2, forwardDelay: 10 } }) }, /Cannot set the times/)
  assert.throws(() => { sw.tree.setBonus(0, { port: 99, cost: 1 }) }, /Cannot set the bonus/)
  assert.throws(() => sw.tree.portSettings(99), /Cannot read the tree of port 99/)
  sw.removePort(1)
  assert.is(sw.tree.instance(0)!.tree.ports.length, 0)
  sw.setHub(true)
  assert.not.ok(sw.tree.isEnabled)
})

tree.run()
