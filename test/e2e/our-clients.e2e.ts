/** Our programs as clients of Debian's C switches: `vde_switch`, and the `switch://` and `hub://` of libvdeplug. */
import assert from 'node:assert/strict'
import {
  Shell, PlugPipe, asUser, endPeer, exchange, meet, namespace, ours, peer, peerNode, peerSwitch, run, SIDE, test,
  type Network, type Scene
} from './kit/index.ts'

const CLEAN = { code: 0, signal: null }

const NETWORKS: ReadonlyArray<readonly [string, string, (scene: Scene) => Promise<Network>]> = [
  ['C vde_switch', 'vde_switch', async (scene) => await peerSwitch(scene, { user: true })],
  ['C switch://', 'vde_plug', async (scene) => await peerNode(scene, 'switch', { user: true })],
  ['C hub://', 'vde_plug', async (scene) => await peerNode(scene, 'hub', { user: true })]
]

const our = (scene: Scene, vnl: string, station: number): PlugPipe => new PlugPipe(scene, asUser([ours('vde_plug'), vnl]), station)
const their = (scene: Scene, vnl: string, station: number): PlugPipe => new PlugPipe(scene, asUser([peer('vde_plug'), vnl]), station)

for (const [label, need, start] of NETWORKS) {
  test(`our vde_plug on the ${label}, with ours and theirs`, { needs: [need, 'vde_plug'], ours: ['vde_plug'] }, async (scene) => {
    const { dir } = await start(scene)
    const a = our(scene, dir, 1)
    const b = our(scene, `vde://${dir}`, 2)
    const c = their(scene, dir, 3)
    await meet(a, b)
    await meet(a, c)
    await exchange(a, b)
    await exchange(c, a)
    for (const plug of [a, b, c]) assert.deepEqual(await plug.end(), CLEAN)
  })

  test(`our vde_plug ends when the ${label} does`, { needs: [need, 'vde_plug'], ours: ['vde_plug'] }, async (scene) => {
    const net = await start(scene)
    const a = our(scene, net.dir, 1)
    const b = their(scene, net.dir, 2)
    await meet(a, b)
    await net.stop()
    assert.deepEqual(await a.proc.ends(), CLEAN)
  })

  test(`our vdens on the ${label}, with a C one`, { needs: [need, 'vdens', 'userns', 'tun', 'ping', 'ip'], ours: ['vdens'] }, async (scene) => {
    const { dir } = await start(scene)
    const a = namespace(scene, ours('vdens'), [dir])
    const b = namespace(scene, peer('vdens'), [dir])
    await a.address('10.99.0.1/24')
    await b.address('10.99.0.2/24')
    await a.ping('10.99.0.2')
    await b.ping('10.99.0.1')
    if (SIDE === 'c') await endPeer(a, b)
    await a.end()
    assert.deepEqual(a.proc.exit, CLEAN)
    await endPeer(b)
  })
}

test('our vde_plug: two VNLs join the C vde_switch and the C switch://', { needs: ['vde_switch', 'vde_plug'], ours: ['vde_plug'] }, async (scene) => {
  const left = await peerSwitch(scene, { user: true })
  const right = await peerNode(scene, 'switch', { user: true })
  const cable = scene.start(asUser([ours('vde_plug'), left.dir, right.dir]))
  const a = their(scene, left.dir, 1)
  const b = their(scene, right.dir, 2)
  await meet(a, b)
  await exchange(a, b)
  assert.deepEqual(await left.stop(), CLEAN)
  assert.deepEqual(await cable.ends(), CLEAN)
})

test('our dpipe and vde_plug: a cable from the C vde_switch to the C switch://', { needs: ['vde_switch', 'vde_plug'], ours: ['dpipe', 'vde_plug'] }, async (scene) => {
  const left = await peerSwitch(scene, { user: true })
  const right = await peerNode(scene, 'switch', { user: true })
  const cable = scene.start(asUser([ours('dpipe'), ours('vde_plug'), left.dir, '=', ours('vde_plug'), right.dir]))
  const a = their(scene, left.dir, 1)
  const b = their(scene, right.dir, 2)
  await meet(a, b)
  await exchange(a, b)
  assert.deepEqual(await cable.stop('SIGTERM'), CLEAN)
})

test('our vde_plug: ports and port 0 of the C vde_switch', { needs: ['vde_switch', 'vde_plug'], ours: ['vde_plug'] }, async (scene) => {
  const net = await peerSwitch(scene, { user: true })
  const a = our(scene, `${net.dir}[5]`, 1)
  const b = our(scene, `${net.dir}[0]`, 2)
  const c = new PlugPipe(scene, asUser([ours('vde_plug'), '--port', '9', '--descr', 'third', net.dir]), 3)
  await meet(a, b)
  await meet(a, c)
  const console = await net.console()
  const text = await console.ask('port/print')
  assert.match(text, /^Port 0000 [^]*^Port 0005 [^]*^Port 0009 /m)
  assert.match(text, new RegExp(`-- endpoint ID \\d{4} module unix prog   : vdeplug: user=\\S+ pid=${a.proc.pid}\n`))
  assert.match(text, new RegExp(`: third user=\\S+ pid=${c.proc.pid}\n`))
})

test('our vde_plug: our switch:// joined by C and our plugs', { needs: ['vde_plug'], ours: ['vde_plug'] }, async (scene) => {
  const dir = `${scene.shared('user')}/node`
  const holder = scene.start(asUser([ours('vde_plug'), 'null://', `switch://${dir}`]))
  await scene.exists(`${dir}/ctl`)
  const a = their(scene, dir, 1)
  const b = our(scene, dir, 2)
  await meet(a, b)
  await exchange(a, b)
  assert.deepEqual(await holder.stop('SIGTERM'), CLEAN)
  await scene.vanishes(dir)
})

test('our vde_plug2tap: a tap in a namespace on the C vde_switch', { needs: ['vde_switch', 'vdens', 'userns', 'tun', 'ping'], ours: ['vde_plug2tap'] }, async (scene) => {
  const { dir } = await peerSwitch(scene, { user: true })
  const a = new Shell(scene, asUser(['/usr/bin/unshare', '-Urn']))
  await a.must(`${ours('vde_plug2tap')} -s ${dir} tap7 & tap=$!; until ip link show tap7 >/dev/null 2>&1; do kill -0 $tap || exit 1; done`)
  await a.address('10.99.0.1/24', 'tap7')
  const b = namespace(scene, peer('vdens'), [dir])
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  await b.ping('10.99.0.1')
  await a.must('kill $tap; wait $tap')
  await a.must('! ip link show tap7')
  await a.end()
  await endPeer(b)
})

run()
