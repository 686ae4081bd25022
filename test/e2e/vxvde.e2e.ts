/** vxvde:// on one host and on two, ours and Debian's plugin in every mixture. */
import assert from 'node:assert/strict'
import { BROADCAST, HOST_NEEDS, endAll, exchange, hosts, meet, ours, peer, run, test, waitFor } from './kit/index.ts'

const NEEDS = [...HOST_NEEDS, 'vde_plug']
const OURS = ['vde_plug', 'vdens']

/** Which program is at each end, and on which host. */
const MIXTURES = [
  ['ours, ours: two hosts', 'ours', 'ours', 1], ['ours, Debian\'s: two hosts', 'ours', 'peer', 1], ['Debian\'s, ours: two hosts', 'peer', 'ours', 1],
  ['ours, ours: one host', 'ours', 'ours', 0], ['ours, Debian\'s: one host', 'ours', 'peer', 0]
] as const
const VNLS = [
  ['IPv4', 'vxvde://'], ['IPv6', 'vxvde:///v6'], ['a group with a number', 'vxvde://239.9.8.7/vni=77'],
  ['a group of users', 'vxvde:///grp=1000'],
  ['an interface and hops', 'vxvde://234.0.0.1/if=eth0/ttl=3/port=15000']
] as const

for (const [how, vnl] of VNLS) {
  test(`${how}: ours and Debian's plugin in every mixture`, { needs: NEEDS, ours: OURS }, async (scene) => {
    const pair = await hosts(scene)
    let number = 1
    // The addressing is the same for all mixtures: one of each order does for the rest.
    for (const [what, first, second, far] of how.startsWith('IPv') ? MIXTURES : MIXTURES.slice(1, 3)) {
      const program = (side: 'ours' | 'peer'): string => side === 'ours' ? ours('vde_plug') : peer('vde_plug')
      const a = pair[0].plug([program(first), vnl], number++)
      const b = pair[far].plug([program(second), vnl], number++)
      await meet(a, b).catch((error: unknown) => { throw new Error(`${what}: ${String(error)}`) })
      await exchange(a, b)
      await endAll(a, b)
    }
  })
}

test('three of one host and one of another: unicast goes to one, goodbye is heard, own frames are not', { needs: NEEDS, ours: OURS }, async (scene) => {
  const [a, b] = await hosts(scene)
  const near = [1, 2, 3].map((number) => a.plug([ours('vde_plug'), 'vxvde://'], number))
  const far = b.plug([peer('vde_plug'), 'vxvde://'], 4)
  for (const plug of near) await meet(plug, far)
  await meet(near[0]!, near[1]!)
  near[0]!.say('for you alone', near[1]!.address)
  await near[1]!.expect((bytes) => bytes.includes('for you alone'), 'the unicast')
  near[0]!.say('for all', BROADCAST)
  for (const plug of [near[1]!, near[2]!, far]) await plug.expect((bytes) => bytes.includes('for all'), 'the broadcast')
  assert.ok(![...near.slice(2), far].some((plug) => plug.heard('for you alone')), 'others hear no unicast')
  assert.ok(!near[0]!.heard('for all'), 'nor the sender its own')
  // Once it said goodbye, frames for it go to the group again.
  await endAll(far)
  await waitFor(async () => {
    const before = near[2]!.frames.length
    near[0]!.say('are you there', far.address)
    await near[1]!.expect((bytes) => bytes.includes('are you there'), 'what is for nobody', 1000).catch(() => {})
    return near[2]!.frames.length > before
  }, 5000, 'a frame for the one who left, at everybody')
  await endAll(...near)
})

test('bind, and groups of users that do not exist', { needs: NEEDS, ours: OURS }, async (scene) => {
  const [a, b] = await hosts(scene)
  await a.root.must('ip addr add 192.0.2.77/24 dev eth0')
  const bound = a.plug([ours('vde_plug'), 'vxvde:///bind=192.0.2.77'], 1)
  const other = b.plug([ours('vde_plug'), 'vxvde://'], 2)
  await meet(bound, other)
  assert.match(await a.root.must('cat /proc/net/udp'), / 4D0200C0:/)
  await endAll(bound, other)
  for (const [vnl, wanted] of [
    ['vxvde:///grp=nosuchgroup', /no group "nosuchgroup".*Invalid argument\n$/], ['vxvde:///vni=nosuchgroup', /no group "nosuchgroup".*Invalid argument\n$/],
    ['vxvde://192.0.2.2', /is no multicast group.*Network is unreachable\n$/], ['vxvde:///bind=192.0.2.99', /Cannot assign requested address\n$/]
  ] as const) {
    const proc = await scene.run(a.inside([ours('vde_plug'), vnl, 'null://']))
    assert.deepEqual(proc.exit, { code: 1, signal: null }, proc.story)
    assert.match(proc.err, wanted)
  }
})

test('a namespace in the cloud of Debian\'s vdens', { needs: [...NEEDS, 'vdens', 'tun'], ours: OURS }, async (scene) => {
  const [a, b] = await hosts(scene)
  const mine = a.shell([ours('vdens'), 'vxvde://'])
  const other = b.shell([peer('vdens'), 'vxvde://'])
  await mine.address('10.9.0.1/24')
  await other.address('10.9.0.2/24')
  await mine.ping('10.9.0.2')
  assert.match(await mine.must('ip link show vde0'), / mtu 1450 /)
  await mine.must('ping -c1 -W2 -s 4000 10.9.0.2')
  await mine.end()
  other.proc.endInput()
  await other.proc.ends(1500).catch(async () => { await other.proc.stop('SIGTERM') })
})

run()
