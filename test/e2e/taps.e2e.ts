/** Our `vde_plug2tap` and `vde_tunctl`, in network namespaces of the test's own. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { Shell, asUser, namespace, ours, ourSwitch, peer, peerSwitch, run, test, waitFor, type Scene } from './kit/index.ts'

const CLEAN = { code: 0, signal: null }
const PLUG = ours('vde_plug2tap')
const PCAPPLUG = ours('vde_pcapplug')
const TUNCTL = ours('vde_tunctl')
const NEEDS = ['root', 'tun', 'ip']

/** Root's shell in a network namespace without anything. */
const bare = (scene: Scene): Shell => new Shell(scene, ['/usr/bin/unshare', '-n'])

const untilExists = (name: string, pid: string): string =>
  `until ip link show ${name} >/dev/null 2>&1; do kill -0 ${pid} || exit 1; sleep 0.02; done`

test('vde_plug2tap: frames both ways with our vdens, end with SIGTERM', { needs: [...NEEDS, 'userns', 'vde_switch', 'ping'], ours: ['vde_plug2tap', 'vdens'] }, async (scene) => {
  const net = await peerSwitch(scene, { user: true })
  const a = bare(scene)
  await a.must(`${PLUG} -s ${net.dir} tap7 & plug=$!; ${untilExists('tap7', '$plug')}`)
  await a.address('10.99.1.1/24', 'tap7')
  const b = namespace(scene, ours('vdens'), [net.dir])
  await b.address('10.99.1.2/24')
  await a.ping('10.99.1.2')
  assert.equal((await a.run('kill $plug; wait $plug')).code, 0)
  assert.equal((await a.run('ip link show tap7')).code, 1)
})

test('vde_plug2tap ends with 0 when the switch ends', { needs: [...NEEDS, 'vde_switch'], ours: ['vde_plug2tap'] }, async (scene) => {
  const net = await peerSwitch(scene)
  const a = bare(scene)
  await a.must(`${PLUG} -s ${net.dir} tap7 & plug=$!; ${untilExists('tap7', '$plug')}`)
  await net.stop()
  assert.equal((await a.run('wait $plug')).code, 0)
})

test('vde_plug2tap -d -P: ready when it returns, fails before it detaches', { needs: [...NEEDS, 'vde_switch'], ours: ['vde_plug2tap'] }, async (scene) => {
  const net = await peerSwitch(scene)
  const a = bare(scene)
  await a.must(`${PLUG} -d -P ${scene.path('plug.pid')} -s ${net.dir} tap7 && ip link show tap7`)
  const pid = Number(readFileSync(scene.path('plug.pid'), 'latin1'))
  await a.must(`kill ${pid}`)
  await waitFor(() => !existsSync(scene.path('plug.pid')), 5000, 'end of the pid file')
  const failed = await a.run(`${PLUG} -d -s ${scene.path('none')} tap7`)
  assert.equal(failed.code, 1)
  assert.match(failed.out, /^vde_plug2tap: [^\n]*none[^\n]*\n$/)
})

test('vde_plug2tap -s -: a stream', { needs: [...NEEDS, 'userns', 'vde_switch', 'dpipe', 'vde_plug', 'ping'], ours: ['vde_plug2tap', 'vdens'] }, async (scene) => {
  const net = await peerSwitch(scene, { user: true })
  const a = bare(scene)
  await a.must(`${peer('dpipe')} ${peer('vde_plug')} ${net.dir} = ${PLUG} -s - tap7 & pipe=$!; ${untilExists('tap7', '$pipe')}`)
  await a.address('10.99.1.1/24', 'tap7')
  const b = namespace(scene, ours('vdens'), [net.dir])
  await b.address('10.99.1.2/24')
  await a.ping('10.99.1.2')
  await b.ping('10.99.1.1')
  await net.stop()
  await a.must('wait $pipe')
})

test('vde_plug2tap: usage and failures', { needs: NEEDS, ours: ['vde_plug2tap'] }, async (scene) => {
  for (const [args, code, text] of [
    [['-h'], 255, /Usage: vde_plug2tap/], [[], 255, /wanted one/], [['-p', '0', 'x'], 255, /1 to 65535/],
    [['-s', 'null://', 'a/b'], 1, /a\/b/], [['-s', scene.path('none'), 'x'], 1, /none/]
  ] as const) {
    const proc = await scene.run(['/usr/bin/unshare', '-n', PLUG, ...args])
    assert.deepEqual(proc.exit, { code, signal: null }, proc.story)
    assert.match(proc.err, text)
  }
  const user = await scene.run(asUser([PLUG, '-s', 'null://', 'h7none']))
  assert.deepEqual(user.exit, { code: 1, signal: null }, user.story)
  assert.match(user.err, /not allowed.*h7none/)
})

test('vde_pcapplug: the wire of an interface, both ways, until the network or the interface goes', { needs: [...NEEDS, 'userns', 'vde_switch', 'ping'], ours: ['vde_pcapplug', 'vdens'] }, async (scene) => {
  const net = await peerSwitch(scene, { user: true })
  const a = bare(scene)
  await a.must('ip link add v0 type veth peer name v1; ip link set v0 up')
  await a.address('10.99.1.1/24', 'v1')
  const plug = (pid: string): string => `${PCAPPLUG} -d -P ${scene.path(pid)} -s ${net.dir} v0`
  await a.must(plug('first'))
  const b = namespace(scene, ours('vdens'), [net.dir])
  await b.address('10.99.1.2/24')
  await a.ping('10.99.1.2')
  await b.ping('10.99.1.1')
  const failed = await a.run(`${PCAPPLUG} -d -s ${net.dir} nosuch0`)
  assert.equal(failed.code, 1)
  assert.match(failed.out, /^vde_pcapplug: [^\n]*nosuch0[^\n]*\n$/)
  await a.must('ip link del v0')
  await scene.vanishes(scene.path('first'))
  await a.must('ip link add v0 type veth peer name v1; ip link set v0 up')
  await a.must(plug('second'))
  await net.stop()
  await scene.vanishes(scene.path('second'))
})

test('vde_tunctl: made by root, used by its owner, removed', { needs: NEEDS, ours: ['vde_tunctl', 'vde_plug2tap'] }, async (scene) => {
  const a = bare(scene)
  assert.equal(await a.must(`${TUNCTL} -u 1001 -t tap3`), "Set 'tap3' persistent and owned by uid 1001\n")
  // A tap has a carrier while somebody holds it.
  await a.must(`${asUser([PLUG]).join(' ')} -s null:// tap3 & plug=$!; ip link set tap3 up
until ip link show tap3 | grep -q LOWER_UP; do kill -0 $plug || exit 1; sleep 0.02; done; kill $plug; wait $plug`)
  assert.equal(await a.must(`${TUNCTL} -d tap3`), "Set 'tap3' nonpersistent\n")
  assert.equal((await a.run('ip link show tap3')).code, 1)
  assert.equal(await a.must(`${TUNCTL} -b -g 1001`), 'tap0\n')
  assert.equal(await a.must(`${TUNCTL} -n -t odd; ${TUNCTL} -b -d odd`), "Set 'odd' persistent and owned by uid 0\nSet 'odd' nonpersistent\n")
  const bad = await a.run(`${TUNCTL} -u no-such-user -t tap9`)
  assert.equal(bad.code, 1)
  assert.match(bad.out, /^vde_tunctl: [^\n]*no-such-user[^\n]*\n$/)
  assert.equal((await a.run(`${TUNCTL} what`)).code, 1)
})

test('vde_plug2tap on our switch', { needs: [...NEEDS, 'ping', 'userns'], ours: ['vde_plug2tap', 'vde_switch', 'vdens'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const a = bare(scene)
  await a.must(`${PLUG} -s ${net.dir} tap7 & plug=$!; ${untilExists('tap7', '$plug')}`)
  await a.address('10.99.1.1/24', 'tap7')
  const b = namespace(scene, ours('vdens'), [net.dir])
  await b.address('10.99.1.2/24')
  await b.ping('10.99.1.1')
  await b.must('ip link set vde0 mtu 9000')
  await a.must('ip link set tap7 mtu 9000; ping -c1 -W2 -s 8000 -M do 10.99.1.2') // the original cut at 2048
  assert.deepEqual(await net.stop(), CLEAN)
  assert.equal((await a.run('wait $plug')).code, 0)
})

run()
