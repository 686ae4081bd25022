/** vxlan:// between two hosts, with the kernel's own device and Debian's plugin as peers; several processes on one port. */
import assert from 'node:assert/strict'
import {
  A, B, HOST_NEEDS, endAll, exchange, hosts, meet, ours, peer, run, test, waitFor, type Host, type PlugPipe, type Shell
} from './kit/index.ts'

const NEEDS = [...HOST_NEEDS, 'tun']
const OURS = ['vde_plug', 'vdens']
const CLEAN = { code: 0, signal: null }

/** A station in a namespace of its own on `vnl`, on a host. */
const station = async (host: Host, vnl: string, cidr: string, options: readonly string[] = []): Promise<Shell> => {
  const shell = host.shell([ours('vdens'), ...options, vnl])
  await shell.address(cidr)
  return shell
}

const KERNEL: ReadonlyArray<readonly [how: string, vnl: string, device: string, more: string]> = [
  ['a multicast group', 'vxlan://239.1.2.3/vni=5/if=eth0', 'id 5 group 239.1.2.3 dev eth0 dstport 4789', ''],
  ['a multicast group, IPv6', 'vxlan://ff05::77/vni=5', 'id 5 group ff05::77 dev eth0 dstport 4789', ''],
  ['lists of hosts', 'vxlan:///vni=6/remote=192.0.2.2', 'id 6 dstport 4789', 'bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.1; '],
  ['lists of hosts, IPv6, another port', 'vxlan:///vni=10/remote=fd00::2/port=5789', 'id 10 dstport 5789 local fd00::2 remote fd00::1 dev eth0', ''],
  ['known stations', 'vxlan:///vni=16777215/fdb=02:00:00:00:00:02@192.0.2.2', 'id 16777215 dstport 4789 local 192.0.2.2',
    'bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.1; ']
]
for (const [how, vnl, device, more] of KERNEL) {
  test(`the kernel's device: ${how}`, { needs: [...NEEDS, 'bridge'], ours: OURS }, async (scene) => {
    const [a, b] = await hosts(scene)
    const address = how === 'known stations' ? 'address 02:00:00:00:00:02 ' : ''
    await b.root.must(`ip link add vx0 ${address}type vxlan ${device}; ${more}ip addr add 10.9.0.2/24 dev vx0; ip link set vx0 up`)
    const inside = await station(a, vnl, '10.9.0.1/24')
    // Without broadcasts somebody has to say where the other is.
    if (how === 'known stations') await inside.must('ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev vde0')
    await inside.ping('10.9.0.2')
    await b.root.ping('10.9.0.1')
    await inside.must('ping -c1 -W2 -s 8000 10.9.0.2')
    assert.match(await inside.must('ip link show vde0'), / mtu 14[35]0 /)
    await inside.end()
    assert.deepEqual(inside.proc.exit, CLEAN, inside.proc.story)
  })
}

for (const [what, options] of [['super-frames and all', []], ['larger than the path takes', ['--mtu', '1500']]] as const) {
  test(`a stream through the kernel's device is intact: ${what}`, { needs: [...NEEDS, 'socat'], ours: OURS }, async (scene) => {
    const [a, b] = await hosts(scene)
    await b.root.must('ip link add vx0 type vxlan id 5 dstport 4789 remote 192.0.2.1; ip addr add 10.9.0.2/24 dev vx0; ip link set vx0 up')
    const inside = await station(a, 'vxlan:///vni=5/remote=192.0.2.2', '10.9.0.1/24', options)
    await inside.ping('10.9.0.2')
    const files = scene.shared('files')
    await inside.must(`head -c 20000000 /dev/urandom >${files}/sent`)
    for (const [from, to, address] of [[inside, b.root, '10.9.0.2'], [b.root, inside, '10.9.0.1']] as const) {
      await to.must(`socat -u TCP-LISTEN:7000,reuseaddr CREATE:${files}/got & echo $! >${files}/pid`)
      await from.must(`socat -u OPEN:${files}/sent TCP:${address}:7000,retry=50,interval=0.1`, 20_000)
      await to.must(`while kill -0 $(cat ${files}/pid) 2>/dev/null; do sleep 0.02; done; cmp ${files}/sent ${files}/got`, 20_000)
    }
    await inside.end()
  })
}

test('stations of ours on two hosts, in several processes of one port and number', { needs: NEEDS, ours: OURS }, async (scene) => {
  const [a, b] = await hosts(scene)
  const vnls = ['vxlan://239.1.2.3/vni=5', 'vxlan://239.1.2.3/vni=5/if=eth0']
  const plugs = [a, a, b].map((host, i) => host.plug([ours('vde_plug'), vnls[i % 2]!], i + 1))
  for (const [one, other] of [[0, 1], [0, 2], [1, 2]] as const) {
    await meet(plugs[one]!, plugs[other]!)
    await exchange(plugs[one]!, plugs[other]!, [60, 1514, 9000])
  }
  const before = plugs[0]!.received
  plugs[0]!.say('not to myself')
  await plugs[1]!.expect((bytes) => bytes.includes('not to myself'), 'what the other said')
  assert.ok(!plugs[0]!.heard('not to myself') && plugs[0]!.received >= before)
  await endAll(...plugs)
})

test('networks of several numbers on one port: apart, and taken over when their owner is killed', { needs: NEEDS, ours: OURS }, async (scene) => {
  const [a, b] = await hosts(scene)
  const plug = (host: Host, vni: number, number: number): PlugPipe =>
    host.plug([ours('vde_plug'), `vxlan:///vni=${vni}/remote=${host === a ? B.v4 : A.v4}`], number)
  const owner = plug(a, 1, 1)
  const far = [1, 2, 3].map((vni) => plug(b, vni, vni + 10))
  await meet(owner, far[0]!)
  const guests = [plug(a, 2, 2), plug(a, 3, 3)]
  for (const [i, guest] of guests.entries()) {
    await meet(guest, far[i + 1]!)
    await exchange(guest, far[i + 1]!)
  }
  guests[0]!.say('only for two')
  await far[1]!.expect((bytes) => bytes.includes('only for two'), 'network 2')
  assert.ok(!far[0]!.heard('only for two') && !far[2]!.heard('only for two'))
  await owner.proc.stop('SIGKILL')
  const start = Date.now()
  for (const [i, guest] of guests.entries()) await meet(guest, far[i + 1]!, 1000)
  assert.ok(Date.now() - start < 1000, 'within a second')
  await endAll(...guests, ...far)
})

test('a port that others hold: the kernel\'s device, another program, another user', { needs: [...HOST_NEEDS, 'socat'], ours: ['vde_plug'] }, async (scene) => {
  const [a] = await hosts(scene)
  const refused = async (port: number): Promise<string> => {
    const proc = await scene.run(a.inside([ours('vde_plug'), `vxlan:///port=${port}/remote=192.0.2.2`, 'null://']))
    assert.deepEqual(proc.exit, { code: 1, signal: null }, proc.story)
    assert.match(proc.err, /: Network is unreachable\n$/)
    assert.equal(proc.err.split('\n').length, 2, proc.err)
    return proc.err
  }
  await a.root.must('ip link add vx0 type vxlan id 5 dstport 4789 remote 192.0.2.2; ip link set vx0 up')
  assert.match(await refused(4789), /UDP port 4789 is held by .*the kernel's own vxlan device/)
  a.start(['socat', 'UDP-RECV:4790', 'STDOUT'])
  await waitFor(async () => (await a.root.must('cat /proc/net/udp')).includes(':12B6 '), 5000, 'socat')
  assert.match(await refused(4790), /UDP port 4790 is held by process \d+ \(socat\)/)
})

test('Debian\'s plugin: broadcasts both ways; it answers nobody, which is its defect', { needs: [...HOST_NEEDS, 'vde_plug'], ours: ['vde_plug'] }, async (scene) => {
  const [a, b] = await hosts(scene)
  const mine = a.plug([ours('vde_plug'), 'vxlan://239.1.2.3/vni=7'], 1)
  const other = b.plug([peer('vde_plug'), 'vxlan://239.1.2.3/vni=7'], 2)
  await meet(mine, other)
  // Ours knows where the other is and sends there alone.
  mine.say('to you', other.address)
  await other.expect((bytes) => bytes.includes('to you'), 'a unicast from ours')
  await endAll(mine)
})

const BAD: ReadonlyArray<readonly [vnl: string, wanted: RegExp]> = [
  ['vxlan://192.0.2.2', /is no multicast group, want one, or remote=192\.0\.2\.2: Network is unreachable\n$/],
  ['vxlan://no-such-host.invalid', /the name "no-such-host\.invalid" has no address: No such file or directory\n$/],
  ['vxlan://239.1.2.3/if=nosuch', /there is no interface "nosuch": No such device\n$/],
  ['vxlan://239.1.2.3/remote=fd00::2', /Invalid argument\n$/],
  ['vxlan:///fdb=192.0.2.2', /Cannot read fdb: found "192\.0\.2\.2", want MAC@HOST/],
  ['vxlan:///vni=16777216', /Cannot read vni: found "16777216"/],
  ['vxlan:///v4/v6', /found v4 and v6/],
  ['vxlan:///port=0', /Cannot read port/],
  ['vxlan:///nosuch=1', /unknown key/]
]
test('mistakes are named in one line', { needs: HOST_NEEDS, ours: ['vde_plug'] }, async (scene) => {
  const [a] = await hosts(scene)
  await Promise.all(BAD.map(async ([vnl, wanted]) => {
    const proc = await scene.run(a.inside([ours('vde_plug'), vnl, 'null://']))
    assert.deepEqual(proc.exit, { code: 1, signal: null }, proc.story)
    assert.match(proc.err, wanted)
    assert.equal(proc.err.split('\n').length, 2, proc.err)
  }))
  await a.root.must('ip route del 224.0.0.0/4')
  const lost = await scene.run(a.inside([ours('vde_plug'), 'vxlan://239.1.2.3', 'null://']))
  assert.match(lost.err, /the group 239\.1\.2\.3 cannot be joined: No such device\n$/)
})

run()
