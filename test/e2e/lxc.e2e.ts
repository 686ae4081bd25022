/** Containers on virtual networks of the host: vdelxcd outside, vdelxcc in network namespaces that know nothing else. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { Host, asUser, namespace, ours, ourSwitch, run, sharedHome, test, waitFor, type Proc, type Scene, type Shell } from './kit/index.ts'

const NEEDS = { needs: ['userns', 'tun', 'ip', 'ping'], ours: ['vdelxcd', 'vdelxcc', 'vde_switch', 'vdens'] } as const

interface Site { readonly daemon: Proc, readonly socket: string, readonly dir: string, readonly container: Shell }

/** A switch, the daemon of an ordinary user with `args`, and a container of the same user. */
const site = async (scene: Scene, args: (dir: string) => readonly string[]): Promise<Site> => {
  const net = await ourSwitch(scene, { user: true })
  const socket = `${sharedHome(scene)}/vdelxcs`
  const daemon = scene.start(asUser([ours('vdelxcd'), '-v', ...args(net.dir)].map((word) => word === 'SOCKET' ? socket : word)))
  await scene.exists(socket)
  const { root } = await Host.open(scene)
  await root.must(`export VDELXC_PATH=/nowhere:${sharedHome(scene)}`)
  return { daemon, socket, dir: net.dir, container: root }
}

test('an interface of a container reaches the network, and ends with it', NEEDS, async (scene) => {
  const { daemon, socket, dir, container } = await site(scene, () => ['SOCKET'])
  assert.equal(statSync(socket).mode & 0o777, 0o600)
  await container.must(`${ours('vdelxcc')} vde://${dir}`)
  await container.must(`${ours('vdelxcc')} -i eth7 'vlan://4{vde://${dir}}'`)
  await container.must('ip link show eth7')
  await container.address('10.99.0.1/24', 'vde0')
  const other = namespace(scene, ours('vdens'), [dir])
  await other.address('10.99.0.2/24')
  await container.ping('10.99.0.2')
  await container.must('ip link del vde0; ip link del eth7')
  await waitFor(() => daemon.err.split('the interface ended').length === 3, 5000, 'the ends of both')
  await other.end()
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null }, daemon.story)
  assert.equal(existsSync(socket), false)
})

test('the policy: default, allowed, refused', NEEDS, async (scene) => {
  const { daemon, dir, container } = await site(scene, (dir) => {
    writeFileSync(scene.path('conf'), `default vde://${dir}\npfxallow vlan://\n`, { mode: 0o644 })
    return ['-f', scene.path('conf'), 'SOCKET']
  })
  await container.must(ours('vdelxcc'))
  await container.must(`${ours('vdelxcc')} 'vlan://4{vde://${dir}}'`)
  await container.must('ip link show vde1')
  for (const vnl of ['cmd://true', 'vlan://4{null://}']) {
    const { code, out } = await container.run(`${ours('vdelxcc')} '${vnl}'`)
    assert.equal(code, 1)
    assert.match(out, /^vdelxcc: Cannot join vde2 to .*Permission denied\n$/)
  }
  const missing = await container.run(`${ours('vdelxcc')} 'vlan://4{vde:///nowhere}'`)
  assert.match(missing.out, /Permission denied/)
  assert.match(daemon.err, /"cmd:\/\/true" is not among what is allowed/)
  await daemon.stop()
  await container.must('until ! ip link show vde0 >/dev/null 2>&1; do sleep 0.02; done')
})

test('in the background: a relative network is from where the daemon was started', NEEDS, async (scene) => {
  const { dir } = await ourSwitch(scene, { user: true })
  const home = sharedHome(scene)
  const start = `cd ${dirname(dir)} && ${ours('vdelxcd')} -d -p ${home}/pid ${home}/vdelxcs ./${basename(dir)}`
  const started = await scene.run(asUser(['/bin/sh', '-c', start]))
  assert.equal(started.exit?.code, 0, started.story)
  const pid = Number(readFileSync(`${home}/pid`, 'latin1'))
  try {
    const { root: container } = await Host.open(scene)
    await container.must(`${ours('vdelxcc')} -s ${home}/vdelxcs`)
    await container.address('10.99.0.1/24', 'vde0')
    const other = namespace(scene, ours('vdens'), [dir])
    await other.address('10.99.0.2/24')
    await other.ping('10.99.0.1')
    await container.must('ip link del vde0')
    await other.end()
  } finally {
    process.kill(pid)
  }
  await waitFor(() => !existsSync(`/proc/${pid}`), 5000, 'the end of the daemon')
})

test('who says nothing, or something else, costs nobody anything', NEEDS, async (scene) => {
  const { daemon, socket, dir, container } = await site(scene, () => ['SOCKET'])
  const silent = scene.start(asUser(['/usr/bin/socat', '-u', '-', `UNIX-CONNECT:${socket}`]))
  const wrong = await scene.run(asUser(['/bin/sh', '-c', `printf 'null://\\0' | /usr/bin/socat -t 10 - UNIX-CONNECT:${socket}`]))
  assert.equal(wrong.out, '9', 'EBADF: no interface came with it')
  await container.must(`${ours('vdelxcc')} vde://${dir}`)
  await silent.stop('SIGKILL')
  await container.must('ip link del vde0')
  await daemon.stop()
})

run()
