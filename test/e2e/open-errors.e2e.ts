/** Failures of opening end with the text of the C library, for scripts that look there; each row is asked of both. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { PlugPipe, asUser, meet, ours, peer, run, test, type Scene } from './kit/index.ts'

/** `both`: the C program says the same. `ours`: it says something else, for the reason given, or cannot be asked here. */
type Row = readonly [situation: string, vnl: (scene: Scene) => string | Promise<string>, text: string, who: 'both' | 'ours']

/** A control directory whose owner is gone. */
const dead = async (scene: Scene): Promise<void> => {
  mkdirSync(scene.path('dead'))
  await new Promise<void>((resolve) => {
    const server = createServer().listen(scene.path('dead/gone'), () => { server.close(() => { resolve() }) })
  })
  // Node removes the file with the server; a program that was killed leaves it.
  await scene.run(['/usr/bin/python3', '-c', `import socket; s = socket.socket(socket.AF_UNIX); s.bind('${scene.path('dead/ctl')}')`])
}

/** A hub that somebody holds; made once, for both that are asked. */
const living = async (scene: Scene): Promise<string> => {
  const vnl = `hub://${scene.path('live')}`
  if (!existsSync(scene.path('live'))) scene.start([ours('vde_plug'), 'null://', vnl])
  await scene.exists(scene.path('live/ctl'))
  return vnl
}

/** A wire with two ends. */
const wired = async (scene: Scene, kind = 'ptp'): Promise<string> => {
  const vnl = `${kind}://${scene.path(`wire-${kind}`)}`
  if (existsSync(scene.path(`wire-${kind}`))) return vnl
  await meet(new PlugPipe(scene, [ours('vde_plug'), vnl], 1), new PlugPipe(scene, [ours('vde_plug'), vnl], 2))
  return vnl
}

const ROWS: readonly Row[] = [
  ['an unknown scheme', () => 'nosuch://x', 'Protocol not supported', 'both'],
  ['no switch at the path', (scene) => scene.path('nowhere'), 'No such file or directory', 'both'],
  ['the path is a file', (scene) => `vde://${scene.path('file')}`, 'Not a directory', 'both'],
  ['a wire below a file', (scene) => `ptp://${scene.path('file')}/wire`, 'Not a directory', 'ours'],
  ['a stale control socket', (scene) => scene.path('dead'), 'Connection refused', 'both'],
  ['an unknown option', () => 'vxvde:///nosuch=1', 'Invalid argument', 'both'],
  ['an unknown option in brackets', (scene) => `hub://${scene.path('h')}[nosuch=1]`, 'Invalid argument', 'both'],
  ['a node in a directory that is missing', () => 'hub:///nowhere/h', 'No such file or directory', 'both'],
  ['a node where one lives', async (scene) => await living(scene), 'File exists', 'both'],
  ['a node that died there, in the way of a file', (scene) => `switch://${scene.path('file')}`, 'Not a directory', 'ours'], // EEXIST
  ['a wire whose ends are taken', async (scene) => await wired(scene), 'Address already in use', 'ours'], // EPERM where our sockets are connected
  ['a wire of the newer kind whose ends are taken', async (scene) => await wired(scene, 'ptp2'), 'Transport endpoint is already connected', 'ours'],
  ['vxvde with an address that is no group', () => 'vxvde://127.0.0.1', 'Network is unreachable', 'ours'], // loopback is EINVAL there
  ['vxlan with an address that is no group', () => 'vxlan://127.0.0.1', 'Network is unreachable', 'ours'], // loopback is EINVAL there
  ['vxvde by a name that nobody has', () => 'vxvde://no-such-host.invalid', 'No such file or directory', 'both'],
  ['vxlan by a name that nobody has', () => 'vxlan://no-such-host.invalid', 'No such file or directory', 'both'],
  ['an interface of others', () => 'tap://lo', 'Invalid argument', 'ours'], // EBUSY or EINVAL, as the kernel has it
  ['udp without an arrow', () => 'udp://2000', 'Invalid argument', 'ours'], // the C library says "Success"
  ['udp without a port', () => 'udp://2000->host', 'Invalid argument', 'both'],
  ['udp to nobody', () => 'udp://2000->no-such-host.invalid:1', 'Software caused connection abort', 'both'],
  ['an interface that is missing', () => 'pcap://nosuch0', 'No such device', 'ours'], // EPERM for an ordinary user
  // Run by an ordinary user the C library says "Success".
  ['a key file that is missing', () => 'agno:///nowhere/key{null://}', 'No such file or directory', 'ours'],
  ['a key file by a relative path', () => 'agno://key{null://}', 'Invalid argument', 'ours'],
  ['a descriptor that cannot be', () => 'seqpacket://-1', 'Invalid argument', 'both'],
  ['nesting without a network', () => 'vlan://3', 'Invalid argument', 'ours'] // the C library opens the default network
]

for (const [situation, vnl, text, who] of ROWS) {
  test(`${situation}: ${text}`, { needs: who === 'both' ? ['vde_plug'] : [], ours: ['vde_plug'] }, async (scene) => {
    scene.leaves(/dead/)
    writeFileSync(scene.path('file'), '')
    await dead(scene)
    for (const plug of who === 'both' ? [ours('vde_plug'), peer('vde_plug')] : [ours('vde_plug')]) {
      const proc = await scene.run([plug, 'null://', await vnl(scene)])
      assert.equal(proc.exit?.code, 1, proc.story)
      assert.ok(proc.err.trimEnd().endsWith(text), `${plug}: ${proc.err}`)
      assert.match(proc.err, /vde_open/)
    }
  })
}

test('no multicast route: No such device, on both', { needs: ['userns', 'vde_plug'], ours: ['vde_plug'] }, async (scene) => {
  for (const plug of [ours('vde_plug'), peer('vde_plug')]) {
    const proc = await scene.run(asUser(['/usr/bin/unshare', '-Urn', plug, 'null://', 'vxvde://239.0.0.1']))
    assert.equal(proc.exit?.code, 1, proc.story)
    assert.ok(proc.err.trimEnd().endsWith('No such device'), `${plug}: ${proc.err}`)
  }
})

test('a tap or a capture without the right to: Operation not permitted, on both', { needs: ['tun', 'vde_plug'], ours: ['vde_plug'] }, async (scene) => {
  for (const vnl of ['tap://vdenot0', 'pcap://lo']) {
    for (const plug of [ours('vde_plug'), peer('vde_plug')]) {
      const proc = await scene.run(asUser([plug, 'null://', vnl]))
      assert.equal(proc.exit?.code, 1, proc.story)
      assert.ok(proc.err.trimEnd().endsWith('Operation not permitted'), `${plug}: ${proc.err}`)
    }
  }
})

run()
