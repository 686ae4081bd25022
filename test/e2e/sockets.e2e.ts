/**
 * The socket schemes with programs that speak them: QEMU's `-netdev stream` and `-netdev dgram` in each role, the vde
 * stream of Debian's vde_plug over TCP. A QEMU without a machine is a bridge here: its hub joins two of its sockets.
 */
import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { PlugPipe, exchange, meet, ours, ourSwitch, pause, peer, run, test, type Proc, type Scene } from './kit/index.ts'

const OURS = ['vde_plug']
const PLUG = ours('vde_plug')

/** A QEMU that joins its network back-ends by a hub. */
const qemu = (scene: Scene, ...netdevs: string[]): Proc => scene.start([peer('qemu-system-x86_64'), '-M', 'none', '-nodefaults', '-display', 'none',
  ...netdevs.flatMap((netdev, i) => ['-netdev', `${netdev},id=n${i}`, '-netdev', `hubport,hubid=0,id=h${i},netdev=n${i}`])])

const JUMBO = [60, 1514, 9014, 60_000]

test('stream:// and dgram:// with a QEMU that listens', { needs: ['qemu-system-x86_64'], ours: OURS }, async (scene) => {
  const [s, d, e] = [scene.path('stream'), scene.path('qemu'), scene.path('plug')]
  const dgram = new PlugPipe(scene, [PLUG, `dgram://${e}->${d}`], 1)
  await scene.exists(e)
  qemu(scene, `stream,server=on,addr.type=unix,addr.path=${s}`, `dgram,local.type=unix,local.path=${d},remote.type=unix,remote.path=${e}`)
  scene.leaves(/qemu|stream/)
  await scene.exists(s)
  await scene.exists(d)
  const stream = new PlugPipe(scene, [PLUG, `stream://${s}`], 2)
  await meet(stream, dgram)
  await exchange(stream, dgram, [60, 1514, 9014])
})

test('stream-listen:// with a QEMU that connects, leaves, and comes back', { needs: ['qemu-system-x86_64'], ours: OURS }, async (scene) => {
  const [s, t] = [scene.path('a'), scene.path('b')]
  const a = new PlugPipe(scene, [PLUG, `stream-listen://${s}`], 1)
  const b = new PlugPipe(scene, [PLUG, `stream-listen://${t}`], 2)
  await scene.exists(s)
  await scene.exists(t)
  for (let i = 0; i < 2; i++) {
    const vm = qemu(scene, `stream,server=off,addr.type=unix,addr.path=${s}`, `stream,server=off,addr.type=unix,addr.path=${t}`)
    await meet(a, b)
    await exchange(a, b, [60, 1514, 9014])
    await vm.stop('SIGTERM')
  }
})

test('stream:// and stream-listen://: frames of any length', { ours: OURS }, async (scene) => {
  const a = new PlugPipe(scene, [PLUG, `stream-listen://${scene.path('s')}`], 1)
  await scene.exists(scene.path('s'))
  const b = new PlugPipe(scene, [PLUG, `stream://${scene.path('s')}`], 2)
  await meet(a, b)
  await exchange(a, b, JUMBO.slice(0, 3))
})

/** Port of a tcp-listen:// plug, from what ss says of its process. */
const portOf = async (scene: Scene, pid: number): Promise<string> => {
  for (;;) {
    const { out } = await scene.run(['/usr/bin/ss', '-Hltnp'])
    const found = new RegExp(`:(\\d+) .*pid=${pid},`).exec(out)
    if (found !== null) return found[1]!
  }
}

test('tcp:// and tcp-listen:// with the C vde_plug behind socat', { needs: ['vde_plug', 'socat', 'ss'], ours: [...OURS, 'vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const station = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
  const listening = new PlugPipe(scene, [PLUG, 'tcp-listen://:0'], 2)
  const port = await portOf(scene, listening.proc.pid)
  const socat = scene.start([peer('socat'), `TCP:127.0.0.1:${port}`, `EXEC:${peer('vde_plug')} ${net.dir}`])
  await meet(station, listening)
  await exchange(station, listening)
  await socat.stop('SIGTERM')
  const connecting = new PlugPipe(scene, [PLUG, `tcp://localhost:${port}`], 3)
  await meet(listening, connecting)
  await exchange(listening, connecting, [60, 1514, 9014])
  await listening.end()
  assert.deepEqual(await connecting.proc.ends(5000), { code: 0, signal: null })
})

test('tcp:// that nobody answers, and one with another secret, end with a reason and 1', { needs: ['ss'], ours: OURS }, async (scene) => {
  const refused = await scene.run([PLUG, 'null://', 'tcp://127.0.0.1:1'])
  assert.equal(refused.exit?.code, 1)
  assert.match(refused.err, /^vde_plug: Cannot open tcp:\/\/127\.0\.0\.1:1: Connection refused\n$/)
  const [one, other] = ['one', 'other'].map((name, i) => {
    writeFileSync(scene.path(name), `${i}`.repeat(64))
    chmodSync(scene.path(name), 0o600)
    return scene.path(name)
  })
  const listening = new PlugPipe(scene, [PLUG, `tcp-listen://:0[psk='${one}']`], 1)
  const port = await portOf(scene, listening.proc.pid)
  const stranger = await scene.run([PLUG, 'null://', `tcp://127.0.0.1:${port}[psk='${other}']`])
  assert.equal(stranger.exit?.code, 1)
  assert.match(stranger.err, /no agreement on TLS/)
  const friend = new PlugPipe(scene, [PLUG, `tcp://127.0.0.1:${port}[psk='${one}']`], 2)
  await meet(listening, friend)
  chmodSync(one!, 0o644)
  const open = await scene.run([PLUG, 'null://', `tcp://127.0.0.1:${port}[psk='${one}']`])
  assert.match(open.err, /others may use .* 0600 is wanted: Operation not permitted\n$/)
})

for (const [host, label] of [['127.0.0.1', 'IPv4'], ['::1', 'IPv6']] as const) {
  test(`udp:// with the C library, ${label}`, { needs: ['vde_plug'], ours: OURS }, async (scene) => {
    // Below the kernel's own range, and away from those of other tests.
    const port = 29_000 + process.pid % 1000 * 2
    const ours = new PlugPipe(scene, [PLUG, `udp://${port}->${host}:${port + 1}`], 1)
    const theirs = new PlugPipe(scene, [peer('vde_plug'), `udp://${port + 1}->${host}:${port}`], 2)
    await meet(ours, theirs)
    await exchange(ours, theirs, [60, 61, 1514, 9000])
    // A burst that leaves as one message of the kernel.
    for (let i = 0; i < 50; i++) ours.say(`burst ${i}`, theirs.address, 1000)
    for (let i = 0; i < 50; i++) await theirs.hears(`burst ${i}`)
  })
}

test('vdesl:// with the C plug-in over a pair of terminals, and noise on the line', { needs: ['vde_plug', 'socat'], ours: OURS }, async (scene) => {
  const [near, far] = [scene.path('near'), scene.path('far')]
  scene.start([peer('socat'), `PTY,raw,echo=0,link=${near}`, `PTY,raw,echo=0,link=${far}`])
  for (const line of [near, far]) await scene.exists(line)
  const a = new PlugPipe(scene, [PLUG, `vdesl://${near}[speed=115200]`], 1)
  const b = new PlugPipe(scene, [peer('vde_plug'), `vdesl://${far}[speed=115200]`], 2)
  await meet(a, b)
  await exchange(a, b)
  await b.end()
  // Half a frame, then nothing: after a pause the next one is whole again.
  writeFileSync(far, Buffer.from([1, 0, 0xff, 0xff, 0xff]))
  await pause(300)
  const c = new PlugPipe(scene, [PLUG, `vdesl://${far}[speed=115200]`], 3)
  await meet(a, c)
  for (const [vnl, text] of [['vdesl:///dev/null', /Inappropriate ioctl/], [`vdesl://${near}[speed=12345]`, /Invalid argument/], ['vdesl:///nowhere', /No such file/]] as const) {
    const bad = await scene.run([PLUG, 'null://', vnl])
    assert.equal(bad.exit?.code, 1)
    assert.match(bad.err, text)
  }
})

test('cmd:// whose program fails is told, and the status is 1', { ours: OURS }, async (scene) => {
  for (const [script, code, said] of [['exit 3', 1, /cmd ended: exit 3\n$/], ['kill -9 $$', 1, /cmd ended: signal SIGKILL\n$/], ['exit 0', 0, /^$/]] as const) {
    const proc = await scene.run([PLUG, 'null://', `cmd://sh -c '${script}'`])
    assert.equal(proc.exit?.code, code, proc.story)
    assert.match(proc.err, said)
  }
})

run()
