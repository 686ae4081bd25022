/** Debian's C programs as clients of our switch: each gets frames through both ways and ends as it should. */
import assert from 'node:assert/strict'
import {
  Shell, PlugPipe, asUser, endPeer, exchange, meet, namespace, ourSwitch, peer, run, test, waitFor, type Network, type Scene
} from './kit/index.ts'

const OURS = ['vde_switch']
const CLEAN = { code: 0, signal: null }

/** A switch that the ordinary user owns, since everything here runs as him. */
const userSwitch = async (scene: Scene, name = 'sw'): Promise<Network> => await ourSwitch(scene, { user: true, name })

const station = (scene: Scene, vnl: string, number: number): PlugPipe =>
  new PlugPipe(scene, asUser([peer('vde_plug'), vnl]), number)

test('C vde_plug: two on our switch', { needs: ['vde_plug'], ours: OURS }, async (scene) => {
  const { dir, stop } = await userSwitch(scene)
  const a = station(scene, dir, 1)
  const b = station(scene, `vde://${dir}`, 2)
  await meet(a, b)
  await exchange(a, b)
  assert.deepEqual(await a.end(), CLEAN)
  assert.deepEqual(await b.end(), CLEAN)
  assert.deepEqual(await stop(), CLEAN)
})

test('C vde_plug: jumbo frames cross our switch whole', { needs: ['vde_plug', 'fixed'], ours: OURS }, async (scene) => {
  const { dir } = await userSwitch(scene)
  const a = station(scene, dir, 1)
  const b = station(scene, dir, 2)
  await meet(a, b)
  await exchange(a, b, [1515, 1519, 4096, 9018, 9230, 9234])
})

test('C vde_plug: explicit ports, port 0, and a switch that goes away', { needs: ['vde_plug'], ours: OURS }, async (scene) => {
  const net = await userSwitch(scene)
  const a = station(scene, `${net.dir}[5]`, 1)
  const b = station(scene, `${net.dir}[port=7]`, 2)
  const zero = station(scene, `${net.dir}[0]`, 3)
  await meet(a, b)
  await meet(a, zero)
  await exchange(a, zero)
  const ports = await (await net.console()).ask('port/print')
  assert.match(ports, /^Port 0000 .*^Port 0005 .*^Port 0007 /ms)
  assert.deepEqual(await net.stop(), CLEAN)
  for (const plug of [a, b, zero]) assert.deepEqual(await plug.proc.ends(), CLEAN, 'the plug ends with the switch')
})

test('C vde_plug: two VNLs join our two switches', { needs: ['vde_plug'], ours: OURS }, async (scene) => {
  const left = await userSwitch(scene, 'left')
  const right = await userSwitch(scene, 'right')
  const cable = scene.start(asUser([peer('vde_plug'), left.dir, right.dir]))
  const a = station(scene, left.dir, 1)
  const b = station(scene, right.dir, 2)
  await meet(a, b)
  await exchange(a, b)
  assert.deepEqual(await right.stop(), CLEAN)
  assert.deepEqual(await cable.ends(), CLEAN)
})

test('C dpipe: a cable between our two switches', { needs: ['dpipe', 'vde_plug'], ours: OURS }, async (scene) => {
  const left = await userSwitch(scene, 'left')
  const right = await userSwitch(scene, 'right')
  const plug = peer('vde_plug')
  const cable = scene.start(asUser([peer('dpipe'), plug, left.dir, '=', plug, right.dir]))
  const a = station(scene, left.dir, 1)
  const b = station(scene, right.dir, 2)
  await meet(a, b)
  await exchange(a, b)
  assert.deepEqual(await cable.stop('SIGTERM'), CLEAN)
})

test('C wirefilter: in a dpipe chain, with its delay', { needs: ['dpipe', 'vde_plug', 'wirefilter'], ours: OURS }, async (scene) => {
  const left = await userSwitch(scene, 'left')
  const right = await userSwitch(scene, 'right')
  const plug = peer('vde_plug')
  scene.start(asUser([peer('dpipe'), plug, left.dir, '=', peer('wirefilter'), '-d', '30', '=', plug, right.dir]))
  const a = station(scene, left.dir, 1)
  const b = station(scene, right.dir, 2)
  await meet(a, b)
  await exchange(a, b, [60, 1514])
  const start = performance.now()
  a.say('slow')
  await b.hears('slow')
  assert.ok(performance.now() - start >= 28, 'the frame went through the filter')
})

test('C wirefilter: between our two switches as a plug', { needs: ['vde_plug', 'wirefilter'], ours: OURS }, async (scene) => {
  const left = await userSwitch(scene, 'left')
  const right = await userSwitch(scene, 'right')
  const filter = scene.start(asUser([peer('wirefilter'), '-v', `${left.dir}:${right.dir}`, '-M', `${left.dir}.filter`, '--mgmtmode', '0600']))
  scene.leaves(/left\.filter$/) // its own habit
  const a = station(scene, left.dir, 1)
  const b = station(scene, right.dir, 2)
  await meet(a, b)
  await exchange(a, b, [60, 1514])
  assert.deepEqual(await filter.stop('SIGTERM'), CLEAN)
})

test('C vdens: two namespaces ping over our switch', { needs: ['vdens', 'userns', 'tun', 'ping', 'ip'], ours: OURS }, async (scene) => {
  const { dir, stop } = await userSwitch(scene)
  const a = namespace(scene, peer('vdens'), [dir])
  const b = namespace(scene, peer('vdens'), [`vde://${dir}`])
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  await b.ping('10.99.0.1')
  await endPeer(a, b)
  assert.deepEqual(await stop(), CLEAN)
})

test('C vdens --multi: two interfaces on our two switches', { needs: ['vdens', 'userns', 'tun', 'ping', 'ip'], ours: OURS }, async (scene) => {
  const left = await userSwitch(scene, 'left')
  const right = await userSwitch(scene, 'right')
  const both = namespace(scene, peer('vdens'), ['-m', left.dir, right.dir, '--'])
  const a = namespace(scene, peer('vdens'), [left.dir])
  const b = namespace(scene, peer('vdens'), [right.dir])
  await both.address('10.99.1.1/24', 'vde0')
  await both.address('10.99.2.1/24', 'vde1')
  await a.address('10.99.1.2/24')
  await b.address('10.99.2.2/24')
  await both.ping('10.99.1.2')
  await both.ping('10.99.2.2')
  await endPeer(both, a, b)
})

test('C vde_plug2tap: a tap in a namespace on our switch', { needs: ['vde_plug2tap', 'vdens', 'userns', 'tun', 'ping'], ours: OURS }, async (scene) => {
  const { dir } = await userSwitch(scene)
  const a = new Shell(scene, asUser(['/usr/bin/unshare', '-Urn']))
  await a.must(`${peer('vde_plug2tap')} -s ${dir} tap7 & tap=$!; until ip link show tap7 >/dev/null 2>&1; do kill -0 $tap || exit 1; done`)
  await a.address('10.99.0.1/24', 'tap7')
  const b = namespace(scene, peer('vdens'), [dir])
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  await b.ping('10.99.0.1')
  await a.must('kill $tap; wait $tap')
  await a.end()
  await endPeer(b)
})

test('C vde_pcapplug: a veth in a namespace on our switch', { needs: ['vde_pcapplug', 'userns', 'ping', 'ip'], ours: OURS }, async (scene) => {
  const { dir } = await userSwitch(scene)
  const b = station(scene, dir, 2)
  const a = new Shell(scene, asUser(['/usr/bin/unshare', '-Urn']))
  await a.must('ip link add v0 type veth peer name v1 && ip link set v0 up')
  await a.must(`${peer('vde_pcapplug')} -s ${dir} v0 & plug=$!`)
  await a.address('10.99.0.1/24', 'v1')
  // It asks libpcap for no time-out, so it gets frames only in blocks of some 100 KiB: keep them filling.
  await a.must('ip neigh add 10.99.0.2 lladdr 02:00:5e:00:00:02 dev v1')
  await a.must('ping -f -s 1400 -w 20 10.99.0.2 >/dev/null & pings=$!')
  const echo = await b.expect((bytes) => bytes.length === 1442 && bytes.readUInt16BE(12) === 0x0800 && bytes[23] === 1, 'an echo request from v1', 10_000)
  assert.deepEqual(echo.subarray(0, 6), b.address)
  const seen = 'awk \'/v1:/ { print $3 }\' /proc/net/dev'
  const before = Number(await a.must(seen))
  for (let i = 0; i < 40; i++) b.say(`n${i}`, undefined, 500)
  await waitFor(async () => Number(await a.must(seen)) >= before + 40, 5000, '40 frames at v1')
  await a.must('kill $pings; wait $pings; kill $plug; wait $plug')
  await a.end()
})

test('C slirpvde: a namespace reaches its host over our switch', { needs: ['slirpvde', 'userns', 'tun', 'ping'], ours: OURS }, async (scene) => {
  const { dir } = await userSwitch(scene)
  const slirp = scene.start(asUser([peer('slirpvde'), '-s', dir, '-D']))
  await slirp.says(/vde switch/, 5000, 'err')
  const a = namespace(scene, peer('vdens'), [dir])
  await a.address('10.0.2.15/24')
  await a.ping('10.0.2.2')
  await endPeer(a)
  // It has no handler of its own: the default action is its end.
  assert.deepEqual(await slirp.stop('SIGTERM'), { code: null, signal: 'SIGTERM' })
})

run()
