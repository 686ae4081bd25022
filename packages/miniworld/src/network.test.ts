import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Emulation } from './emulation.ts'
import { addressTowards, type MiniNetwork } from './network.ts'
import { readScenario, USUAL_CONFIG, type Config } from './scenario.ts'
import { coreNetwork, files, scenarioText } from './testing.ts'
import { macOf, nicsOf } from './names.ts'

const test = suite('networkOf')

const network = (text: string, config: Config = USUAL_CONFIG): MiniNetwork =>
  new Emulation(readScenario({ name: 's.json', text }), config, files).network

const ends = ({ nodes }: MiniNetwork): string[] => nodes.flatMap(({ nics }) => nics.map(({ tap, address, plug }) =>
  `${tap} ${plug === null ? '-' : plug.kind === 'cable' ? plug.link : plug.kind === 'hub' ? plug.hub : 'mgmt'} ${address ?? '-'}`))

test('wired: taps and addresses of three nodes in a line', () => {
  assert.equal(ends(network(scenarioText(3, coreNetwork('multi', ['line3'])))), [
    'tap_00001_1 br_00001_00002 10.0.0.1/16', 'tap_00001_2 mgmt 172.21.0.1/16',
    'tap_00002_1 br_00001_00002 10.0.0.2/16', 'tap_00002_2 br_00002_00003 10.1.0.1/16', 'tap_00002_3 mgmt 172.21.0.2/16',
    'tap_00003_1 br_00002_00003 10.1.0.2/16', 'tap_00003_2 mgmt 172.21.0.3/16'
  ])
})

test('wired: neighbours of all files count, also those that are not there', () => {
  const { nodes, cables } = network(scenarioText(3, coreNetwork('multi', ['chain', 'cycle', 'wheel'])))
  assert.equal(nodes.map(({ nics }) => nics.at(-1)!.tap), ['tap_00001_5', 'tap_00002_4', 'tap_00003_4'])
  const of = (tap: string): string => {
    const plug = nodes.flatMap(({ nics }) => nics).find((nic) => nic.tap === tap)!.plug
    return plug?.kind === 'cable' ? plug.link : '-'
  }
  assert.equal(['tap_00001_1', 'tap_00001_2', 'tap_00001_3', 'tap_00002_1', 'tap_00002_2', 'tap_00003_1', 'tap_00003_2'].map(of), [
    'br_00001_00002', 'br_00001_00003', '-', 'br_00001_00002', 'br_00002_00003', 'br_00002_00003', 'br_00001_00003'
  ])
  assert.equal(cables.map(({ name }) => name), ['br_00001_00002', 'br_00002_00003', 'br_00001_00003'], 'the third link has the third subnet')
})

test('wired: /30 subnets are four addresses apart, and end where the pool ends', () => {
  const links = { configuration: { ip_provisioner: { prefixlen: 30, base_network_cidr: '10.9.0.0/16' } } }
  assert.equal(network(scenarioText(3, coreNetwork('multi', ['line3'], links))).nodes[2]!.nics[0]!.address, '10.9.0.6/30')
  const small = { configuration: { ip_provisioner: { prefixlen: 30, base_network_cidr: '10.9.0.0/29' } } }
  assert.throws(() => network(scenarioText(3, coreNetwork('multi', ['triangle3'], small))),
    /base_network_cidr: found 2 subnets of \/30, want room for 3: a longer prefixlen/)
})

test('without auto_ipv4 and a management network there are neither addresses nor that', () => {
  const text = scenarioText(3, coreNetwork('multi', ['line3'], { configuration: { auto_ipv4: false } }))
  assert.equal(ends(network(text, { management: null, timeStep: 1 })), [
    'tap_00001_1 br_00001_00002 -', 'tap_00002_1 br_00001_00002 -', 'tap_00002_2 br_00002_00003 -', 'tap_00003_1 br_00002_00003 -'
  ])
})

test('radio: one subnet for all, hubs by number, the management network last', () => {
  const found = network(scenarioText(3, coreNetwork('single', ['line3'])))
  assert.equal(found.hubs, ['wifi1'])
  assert.equal(ends(found), [1, 2, 3].flatMap((id) => [`tap_0000${id}_1 wifi1 10.0.0.${id}/16`, `tap_0000${id}_2 mgmt 172.21.0.${id}/16`]))
})

test('radio: typed interfaces are sorted by class, numbered in it, and have a subnet each', () => {
  const found = network(scenarioText(2, coreNetwork('single', ['line3'], { interfaces: ['mesh', 'mesh', 'ap'] })))
  assert.equal(found.hubs, ['wifi1', 'wifi2'])
  assert.equal(found.nodes[1]!.nics.map(({ kind, number, iface, mac, address }) => [kind, number, iface, mac, address]), [
    ['ap', 1, 'eth0', '12:01:00:00:00:02', '10.0.0.2/16'],
    ['mesh', 1, 'eth1', '02:01:00:00:00:02', '10.1.0.4/16'],
    ['mesh', 2, 'eth2', '02:02:00:00:00:02', '10.2.0.4/16'],
    ['management', 1, 'mgmt', '0a:01:00:00:00:02', '172.21.0.2/16']
  ])
})

test('radio: a node may have other interfaces, two hubwifi it may not', () => {
  const text = scenarioText(2, coreNetwork('single', ['line3']), { node_details: { 2: { network: { links: { interfaces: ['hubwifi', 'mesh'] } } } } })
  assert.equal(network(text).hubs, ['br_cn_1', 'wifi1'])
  assert.throws(() => network(scenarioText(1, coreNetwork('single', ['line3'], { interfaces: ['hubwifi', 'hubwifi'] }))), /found two hubwifi of node 1/)
})

test('addressTowards is of the link between the two', () => {
  const wired = network(scenarioText(3, coreNetwork('multi', ['line3'])))
  assert.equal([addressTowards(wired, 2, 3), addressTowards(wired, 2, 1), addressTowards(wired, 3, 1)], ['10.1.0.1', '10.0.0.2', null])
  const radio = network(scenarioText(3, coreNetwork('single', ['line3'])))
  assert.is(addressTowards(radio, 3, 1), '10.0.0.3')
})

test('MACs: class, number, id; no group address', () => {
  assert.is(macOf(1, { kind: 'mesh', number: 1 }), '02:01:00:00:00:01')
  assert.is(macOf(256, { kind: 'mesh', number: 2 }), '02:02:00:00:01:00')
  assert.is(macOf(3, { kind: 'management', number: 1 }), '0a:01:00:00:00:03')
  for (const kind of ['ap', 'mesh', 'adhoc', 'bluetooth', 'wifidirect', 'hubwifi', 'management'] as const) {
    assert.is(parseInt(macOf(7, { kind, number: 1 }).slice(0, 2), 16) & 3, kind === 'bluetooth' ? 0 : 2, kind)
  }
})

test('nicsOf numbers within a class', () => {
  assert.equal(nicsOf(['mesh', 'ap', 'mesh', 'ap']).map(({ kind, number }) => `${kind}${number}`), ['ap1', 'ap2', 'mesh1', 'mesh2'])
})

for (const [text, wrong] of [
  [scenarioText(3, { backend: { connection_mode: 'multi' } }), /connection_mode: found "multi" without network.core.topologies/],
  [scenarioText(3, { backend: { connection_mode: 'multi' }, core: { topologies: [[0, 'line3.xml']] } }), /network.core.mode: found positions for wired links/],
  [scenarioText(3, { core: { topologies: [] } }), /network.core.topologies: found no topologies/],
  [scenarioText(3, coreNetwork('single', ['gone'])), /Cannot read gone.xml: there is no such file/],
  [scenarioText(4, { core: { topologies: [[0, 'places.xml']] } }), /found no position of node 4 in places.xml, want one for each/],
  [scenarioText(3, {}, { walk_model: { name: 'RandomWalk' } }), /walk_model.name: found RandomWalk on a road map, which is not read here, want "random-walk"/],
  [scenarioText(3, {}, { walk_model: { name: 'MoveOnBigStreets' } }), /found MoveOnBigStreets on a road map/],
  [scenarioText(3, {}, { walk_model: { name: 'arma' } }), /walk_model.filepath: found no file, want a trace/],
  [scenarioText(1, {}, { walk_model: { name: 'arma', filepath: 'walk.csv' } }), /walk_model: found node "2", want nodes of this network/],
  [scenarioText(3, {}, { walk_model: { name: 'static', positions: { 4: [0, 0] } } }), /walk_model.positions.4: found node "4", want a node of 1 to 3/],
  [scenarioText(3, {}, { walk_model: { name: 'random-walk', speed: [0, 5] } }), /walk_model: found speeds of 0 to 5 m\/s/],
  [scenarioText(3, { links: { configuration: { nic_prefix: 'a-very-long-name' } } }), /nic_prefix: found an interface called/],
  [scenarioText(3, { links: { configuration: { ip_provisioner: { prefixlen: 30 } } } }), /found 2 hosts in a subnet of \/30, want room for host 3/],
  [scenarioText(3, { links: { configuration: { ip_provisioner: { base_network_cidr: 'ten' } } } }), /found "ten", want a network such as/],
  [scenarioText(3, { links: { configuration: { ip_provisioner: { prefixlen: 4 } } } }), /prefixlen: found subnets of \/4 in 10.0.0.0\/8, want at least \/8/]
] as const) test(`refuses: ${wrong.source.slice(0, 70)}`, () => assert.throws(() => network(text), wrong))

test.run()
