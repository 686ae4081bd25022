/** A switch that goes on in another process: everything the console shows, and everything that waits, is as before. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stateOf, stateText } from '@vde-ts/link/state-text.js'
import { Switch, type SwitchSnapshot } from './switch.ts'
import { FakeLink, give, makeSwitch, plug, user } from './testing.ts'
import { PortSet } from './vlan.ts'

const moved = (sw: Switch): Switch => Switch.from(stateOf(stateText(sw.snapshot())) as SwitchSnapshot, 77)

const from = (station: number, to = 'ffffffffffff'): string =>
  `${to} 0200000000${station.toString(16).padStart(2, '0')} 0800 ${'00'.repeat(46)}`

/** What the console can show of it. */
const shown = (sw: Switch): unknown => ({
  settings: [sw.numPorts, sw.isHub, sw.isVlanTransparent, sw.macHi, sw.macLo, sw.defaultQueueLength],
  hash: [
    sw.hash.size, sw.hash.gcIntervalSec, sw.hash.expireSec, sw.hash.minPersistenceSec, sw.hash.capacity,
    [...sw.hash.list()]
  ],
  mirrors: sw.mirrors.list(),
  guards: sw.ports().map((port) => sw.guards.settings(port.number)),
  tree: sw.tree.snapshot(),
  vlans: sw.vlan.list().map((vlan) => [vlan.id, sw.vlan.members(vlan.id)]),
  ports: sw.ports().map((port) => [port.snapshot(), sw.vlan.settings(port.number), port.isMirror, port.isUp, port.gate === null])
})

const snapshot = suite('Switch.from')

snapshot('has every setting, port, VLAN, address and counter of the old one', () => {
  const sw = makeSwitch({ numPorts: 70, priority: 7, isVlanTransparent: true, capacity: 1000, hashSize: 32 })
  const plugs = [plug(sw, 1), plug(sw, 2, { description: 'two', owner: user(5) }), plug(sw, 64), plug(sw, 64), plug(sw, 0)]
  sw.createPort(9)
  sw.setUser(9, 42)
  sw.setGroup(9, 43)
  sw.vlan.create(5)
  sw.vlan.create(4094)
  sw.vlan.addPort(5, 64)
  sw.vlan.addPort(5, 2)
  sw.vlan.setState(5, 64, 'Learning')
  sw.vlan.setState(0, 2, 'Discarding')
  sw.vlan.setUntagged(1, 5)
  sw.createPort(10)
  sw.vlan.configure(10, { untagged: 8, tagged: [5, 6], pvid: 7, admits: 'tagged', isFiltering: false, priority: 3, tpid: 0x88a8 })
  const rate = { unit: 'bits', perSec: 5, burst: 6 } as const
  const storm = { broadcast: rate, multicast: null, unknown: null }
  sw.guards.configure(10, { maxAddresses: 7, isSticky: true, isolation: 3, storm, rateIn: rate, reserved: [1] })
  sw.tree.configurePort(2, { cost: 7, guard: 'loop' })
  sw.tree.setBonus(5, { port: 2, cost: 9 })
  sw.tree.setMode('stp')
  sw.mirrors.set({ source: 1, direction: 'in', to: 10 })
  sw.hash.setExpire(300)
  sw.hash.setGcInterval(4)
  sw.hash.setMinPersistence(1)
  sw.setDefaultQueueLength(17)
  sw.setEndpointQueueLength(1, plugs[0].endpoint.id, 3)
  sw.tick(100)
  give(plugs[2].endpoint, from(1))
  sw.tick(150)
  give(plugs[4].endpoint, from(2))
  give(plugs[1].endpoint, from(3)) // Discarding
  sw.hash.add(0x0200, 9, 0, 9)
  sw.tick(160)
  const next = moved(sw)
  assert.equal(shown(next), shown(sw))
  assert.is(next.hash.count, 3)
  assert.equal([...next.hash.list()].map((one) => [one.ageSec, one.isStatic]).sort(), [[10, false], [10, true], [60, false]])
  next.tick(450)
  assert.is(next.hash.count, 2, 'an age goes on where it was')
})

snapshot('without VLAN 0 has none', () => {
  const sw = makeSwitch()
  sw.vlan.remove(0)
  assert.equal(moved(sw).vlan.list(), [])
})

snapshot('gives what waited to the link that is plugged in, in order, offload headers included', () => {
  const sw = makeSwitch()
  const [a, b] = [plug(sw), plug(sw)]
  b.link.isFull = true
  for (let i = 0; i < 40; i++) give(a.endpoint, from(i + 1))
  sw.setEndpointQueueLength(2, b.endpoint.id, 1)
  const next = moved(sw)
  const endpoint = next.endpoint(2, b.endpoint.id)
  assert.is(endpoint.queue.frames, 40)
  const link = new FakeLink()
  endpoint.connect(link)
  assert.equal(link.sent.map((frame) => parseInt(frame.slice(22, 24), 16)), Array.from({ length: 40 }, (_, i) => i + 1))
  assert.equal([endpoint.queue.frames, endpoint.queue.octets, endpoint.queue.limit], [0, 0, 1])
})

snapshot('forwards as the old one, and gives the next endpoint the next number and port', () => {
  const sw = makeSwitch()
  const plugs = [plug(sw), plug(sw), plug(sw)]
  give(plugs[2].endpoint, from(3))
  const next = moved(sw)
  const links = plugs.map(({ endpoint }) => {
    const link = new FakeLink()
    next.endpoint(endpoint.port.number, endpoint.id).connect(link)
    return link
  })
  give(next.endpoint(1, 1), from(1, '020000000003'))
  assert.equal(links.map((link) => link.count), [0, 0, 1])
  const late = plug(next)
  assert.equal([late.endpoint.id, late.endpoint.port.number], [4, 4])
})

snapshot('the old one is left as it was', () => {
  const sw = makeSwitch()
  const [a, b] = [plug(sw), plug(sw)]
  b.link.isFull = true
  give(a.endpoint, from(1))
  const before = shown(sw)
  sw.snapshot()
  assert.equal(shown(sw), before)
  b.link.isFull = false
  b.endpoint.onWritable()
  assert.is(b.link.count, 1)
})

for (const members of [[], [0], [31, 32, 65535], [7, 8, 9, 1000]]) {
  snapshot(`PortSet.from has the members ${members.join()}`, () => {
    const set = new PortSet()
    for (const member of members) set.add(member)
    assert.equal([...PortSet.from(set.snapshot())], members)
  })
}

snapshot.run()
