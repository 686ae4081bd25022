/** Multicast groups: the same frames through our switch, the kernel's bridge and Open vSwitch, and hosts of the kernel. */
import assert from 'node:assert/strict'
import { data4, data6, IGMP, MLD } from '@vde-ts/switch/testing-groups.js'
import {
  meet, namespace, ours, ourSwitch, Ovs, OVS_NEEDS, pause, PlugPipe, run, Shell, test, waitFor, type Scene
} from './kit/index.ts'

const OURS = ['vde_switch', 'vde_plug', 'vdens']
const GROUP = '239.1.2.3'
const GROUP6 = 'ff05::77'
const HURRIED = 10 // tenths of a second that hosts have for an answer
const ALL = '1234'

interface Others { readonly kernel?: string, readonly ovs?: string }

/** What is sent, from where, and which ports get it; those of others where they differ, and why. */
const TABLE: ReadonlyArray<readonly [what: string, frame: string, from: number, to: string, others?: Others]> = [
  // The kernel keeps these from hosts, which RFC 4541 2.1.2 (3) allows; ours does with mcast/strict.
  ['a group nobody joined', data4('239.7.7.7'), 3, '124', { kernel: '1' }],
  // The kernel takes 224.0.0.0/24 as the address says, also for what hosts say there: RFC 4541 2.1.1 (1) is only advice.
  ['IGMPv2 report', IGMP.report2(GROUP), 2, '1'],
  ['its group from the router', data4(GROUP), 1, '2'],
  ['its group from a host', data4(GROUP), 3, '12'],
  ['IGMPv3 report', IGMP.report3([4, GROUP, 0]), 4, '1', { kernel: '123' }],
  ['its group from the router', data4(GROUP), 1, '24'],
  ['224.0.0.251', data4('224.0.0.251'), 3, '124'],
  ['MLDv1 report', MLD.report(GROUP6), 3, '1'],
  ['its group from the router', data6(GROUP6), 1, '3'],
  ['MLDv2 report', MLD.report2(4, GROUP6, 0), 4, '1', { kernel: '123' }],
  ['its group from a host', data6(GROUP6), 2, '134'],
  ['ff02::1', data6('ff02::1'), 2, '134'],
  // Hosts of the kernel report these too, so that it may treat them as any other; others' do not always.
  ['a solicited-node address', data6('ff02::1:ff00:9'), 2, '134', { kernel: '1' }]
]

let serial = 0

/** Ports that get `frame` from `from`; what is sent behind it to everybody says when it would be there. */
const reach = async (stations: readonly PlugPipe[], frame: string, from: number): Promise<string> => {
  const octets = Buffer.from(frame, 'hex')
  const mark = `mark${serial++}`
  for (const one of stations) one.frames.length = 0
  stations[from - 1]!.send(octets)
  stations[from - 1]!.say(mark)
  let to = ''
  for (const [i, one] of stations.entries()) {
    if (i === from - 1) continue
    await waitFor(() => one.heard(mark), 5000, `${mark} at station ${i + 1}`)
    if (one.frames.some((bytes) => bytes.subarray(0, octets.length).equals(octets))) to += i + 1
  }
  return to
}

/** Asks, waits for as long as hosts may take, and runs the table. */
const runTable = async (stations: readonly PlugPipe[]): Promise<string[]> => {
  for (const one of stations.slice(1)) await meet(stations[0]!, one)
  for (const query of [IGMP.query('0.0.0.0', '10.0.0.9', HURRIED), MLD.query('::', HURRIED * 100)]) {
    assert.equal(await reach(stations, query, 1), ALL.slice(1), 'a query reaches everybody')
  }
  await pause(2500) // the time that hosts have, which the bridges wait for
  const found: string[] = []
  for (const [what, frame, from] of TABLE) found.push(`${what}: ${await reach(stations, frame, from)}`)
  return found
}

const expected = (who: 'ours' | 'kernel' | 'ovs'): string[] =>
  TABLE.map(([what, , , to, others = {}]) => `${what}: ${who === 'ours' ? to : others[who] ?? to}`)

const stationsOf = (scene: Scene, nets: readonly string[]): PlugPipe[] =>
  nets.map((net, i) => new PlugPipe(scene, [ours('vde_plug'), net], i + 1))

test('the table, our switch', { ours: OURS, ms: 40_000 }, async (scene) => {
  const net = await ourSwitch(scene)
  assert.match(await (await net.console()).ask('mcast/snoop 0 1'), /^1000/)
  assert.deepEqual(await runTable(stationsOf(scene, [1, 2, 3, 4].map((port) => `${net.dir}[${port}]`))), expected('ours'))
})

test('the table, the kernel\'s bridge', { needs: ['user', 'tun', 'userns', 'ip'], ours: OURS, ms: 40_000 }, async (scene) => {
  const nets = await Promise.all([1, 2, 3, 4].map(async (i) => await ourSwitch(scene, { name: `k${i}` })))
  const kernel = new Shell(scene, [ours('vdens'), '--multi', ...nets.map(({ dir }) => dir), '--'])
  await kernel.must('sysctl -qw net.ipv6.conf.default.disable_ipv6=0; ip link add br0 type bridge mcast_snooping 1')
  await kernel.must('for i in vde0 vde1 vde2 vde3; do ip link set $i up; ip link set $i master br0; done; ip link set br0 up')
  assert.deepEqual(await runTable(stationsOf(scene, nets.map(({ dir }) => dir))), expected('kernel'))
  await kernel.end()
})

test('the table, Open vSwitch', { needs: OVS_NEEDS, ours: OURS, ms: 40_000 }, async (scene) => {
  const ovs = await Ovs.start(scene, ['mcast_snooping_enable=true'])
  const stations: PlugPipe[] = []
  for (const i of [1, 2, 3, 4]) stations.push(await ovs.port(`p${i}`, [], i))
  assert.deepEqual(await runTable(stations), expected('ovs'))
})

test('hosts of the kernel join and leave, by each version of IGMP and MLD', {
  needs: ['user', 'tun', 'userns', 'ip', 'socat'], ours: OURS, ms: 60_000
}, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const console = await net.console()
  for (const line of ['mcast/snoop 0 1', 'port/create 1', 'port/allocatable 1 1', 'mcast/port 1 fastleave 1']) {
    assert.match(await console.ask(line), /^1000/)
  }
  const host = namespace(scene, ours('vdens'), [`${net.dir}[1]`])
  await host.address('10.0.0.1/24')
  const asker = namespace(scene, ours('vdens'), [`${net.dir}[2]`])
  const querier = 'mcast_querier 1 mcast_query_use_ifaddr 1 mcast_query_response_interval 100 mcast_startup_query_interval 100 mcast_startup_query_count 20'
  await asker.must(`ip link add br0 type bridge mcast_snooping 1 ${querier}`)
  await asker.must('ip addr add 10.0.0.2/24 dev br0; ip link set vde0 up; ip link set vde0 master br0; ip link set br0 up')
  await waitFor(async () => /querier IPv4 \d+ secs.* IPv6 \d+ secs/.test(await console.ask('mcast/print')), 15_000, 'both queriers')
  for (const version of [1, 2, 3]) {
    await host.must(`sysctl -qw net.ipv4.conf.all.force_igmp_version=${version} net.ipv6.conf.all.force_mld_version=${Math.max(1, version - 1)}`)
    await host.must(`socat -u UDP4-RECV:5000,ip-add-membership=239.0.0.${version}:vde0 - >/dev/null & four=$!`)
    await host.must(`socat -u UDP6-RECV:5001,ipv6-join-group=[ff05::${version}]:vde0 - >/dev/null & six=$!`)
    await waitFor(async () => {
      const groups = await console.ask('mcast/print')
      return groups.includes(`group 239.0.0.${version} `) && groups.includes(`group ff05::${version} `)
    }, 15_000, `groups of version ${version}`)
    await host.must('kill $four $six')
    // IGMPv1 has no leave.
    await waitFor(async () => {
      const groups = await console.ask('mcast/print')
      return (version === 1 || !groups.includes(`group 239.0.0.${version} `)) && !groups.includes(`group ff05::${version} `)
    }, 15_000, `end of the groups of version ${version}`)
  }
  await host.end()
  await asker.end()
})

run()
