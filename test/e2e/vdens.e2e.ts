/** Our `vdens`: what it promises beyond the original: statuses, signals, a dead switch, resolv.conf, host name, no leaks. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import {
  asUser, isAlive, namespace, ours, ourSwitch, peer, peerNode, peerSwitch, run, SIDE, Terminal, test, waitFor,
  type Proc, type Scene
} from './kit/index.ts'

const CLEAN = { code: 0, signal: null }
const NEEDS = ['userns', 'tun', 'ip']
const vdens = (...args: string[]): string[] => asUser([ours('vdens'), ...args])
const start = async (scene: Scene, ...args: string[]): Promise<Proc> => await scene.run(vdens(...args))

for (const [line, code, signal] of [
  [['true'], 0, null], [['false'], 1, null], [['sh', '-c', 'exit 7'], 7, null], [['no-such-command'], 127, null],
  [['sh', '-c', 'kill -TERM $$'], null, 'SIGTERM'], [['sh', '-c', 'kill -KILL $$'], null, 'SIGKILL']
] as const) {
  for (const vnl of ['null://', '-']) {
    test(`vdens ${vnl} ${line.join(' ')}: its end is the command's`, { needs: [...NEEDS, ...(vnl === '-' && code !== 127 ? [] : ['fixed'])], ours: ['vdens'] }, async (scene) => {
      const proc = await start(scene, vnl, ...line)
      // Died of a signal, or says so as a shell does: 128 + its number.
      const said = signal === null ? code : proc.exit?.code === null ? null : { SIGTERM: 143, SIGKILL: 137 }[signal]
      assert.deepEqual(proc.exit, { code: said, signal: said === null ? signal : null }, proc.story)
    })
  }
}

test('vdens: what the command finds', { needs: NEEDS, ours: ['vdens'] }, async (scene) => {
  const a = namespace(scene, ours('vdens'), ['null://'])
  assert.match(await a.must('ip -o link'), /^1: lo: <LOOPBACK> [^]*vde0: <BROADCAST,MULTICAST>.* mtu 1500 /)
  assert.match(await a.must('grep ^Cap /proc/self/status'), /CapInh:\s+0*3c00\nCapPrm:\s+0*3c00\nCapEff:\s+0*3c00\n[^]*CapAmb:\s+0*3c00/)
  assert.equal((await a.must('id -u')).trim(), String(process.getuid?.() === 0 ? 1001 : process.getuid?.()))
  // Descriptors: what ls opens, what this test was started with, nothing else of the host.
  const without = await scene.run(['/bin/sh', '-c', 'ls /proc/self/fd'])
  const had = without.out.split('\n')
  assert.deepEqual((await a.must('ls /proc/self/fd')).split('\n').filter((fd) => !had.includes(fd)), [])
  await a.must('ip link set vde0 up; ip addr add 10.1.1.1/24 dev vde0; ip link add br0 type bridge; ip link set vde0 master br0')
  await a.end()
})

test('vdens -s, -i, -m', { needs: NEEDS, ours: ['vdens'] }, async (scene) => {
  const a = namespace(scene, ours('vdens'), ['-s', '-i', 'net', 'null://'])
  assert.match(await a.must('grep ^CapEff /proc/self/status'), /0*203c00/)
  await a.must('ip link show net0 && mount -t tmpfs none /mnt')
  await a.end()
  const b = namespace(scene, ours('vdens'), ['-m', 'null://', 'null://', '--'])
  await b.must('ip link show vde0 && ip link show vde1')
  await b.end()
})

test('vdens -H', { needs: [...NEEDS, 'fixed'], ours: ['vdens'] }, async (scene) => {
  const proc = await start(scene, '-H', 'inside', 'null://', 'hostname')
  assert.equal(proc.out, 'inside\n', proc.story)
})

test('vdens -R and -r leave the host\'s resolv.conf alone', { needs: NEEDS, ours: ['vdens'] }, async (scene) => {
  const before = readFileSync('/etc/resolv.conf', 'latin1')
  const stamp = statSync('/etc/resolv.conf').mtimeMs
  const generated = await start(scene, '-R', '10.0.2.3,,10.0.2.4', 'null://', 'cat', '/etc/resolv.conf')
  assert.equal(generated.out, 'nameserver 10.0.2.3\nnameserver 10.0.2.4\n', generated.story)
  const file = scene.path('resolv')
  writeFileSync(file, 'nameserver 192.0.2.1\n')
  const bound = await start(scene, '-r', file, 'null://', 'cat', '/etc/resolv.conf')
  assert.equal(bound.out, 'nameserver 192.0.2.1\n', bound.story)
  assert.equal(readFileSync('/etc/resolv.conf', 'latin1'), before)
  assert.equal(statSync('/etc/resolv.conf').mtimeMs, stamp)
})

test('vdens: SIGTERM and SIGINT reach the command, and its status comes back', { needs: [...NEEDS, 'fixed'], ours: ['vdens'] }, async (scene) => {
  for (const [signal, code] of [['SIGTERM', 5], ['SIGINT', 6], ['SIGHUP', 7]] as const) {
    const line = `trap 'exit ${code}' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`
    const proc = scene.start(vdens('null://', 'sh', '-c', line))
    await proc.says(/ready/)
    assert.deepEqual(await proc.stop(signal), { code, signal: null }, `${signal}: ${proc.story}`)
  }
})

test('vdens: on a terminal the shell has it', { needs: [...NEEDS, 'pty'], ours: ['vdens'] }, async (scene) => {
  const term = await Terminal.open(scene, vdens('null://', '/bin/sh', '-i'))
  term.type('echo $((40 + 2))\r')
  await term.says(/[\n ]42\r/)
  term.type('sleep 100\r')
  // Typed before the shell has given the terminal to its job, the key would reach the shell alone.
  await waitFor(() => scene.processes().some(({ command }) => command === 'sleep 100'), 5000, 'sleeping job')
  term.type('\x03')
  term.type('echo $((41 + 2))\r')
  await term.says(/[\n ]43\r/)
  term.type('exit 3\r')
  assert.equal((await term.ends()).code, SIDE === 'c' ? 0 : 3)
})

for (const [label, begin] of [
  ['our vde_switch', ourSwitch], ['the C vde_switch', peerSwitch],
  ['the C switch://', async (scene: Scene) => await peerNode(scene, 'switch', { user: true })]
] as const) {
  test(`vdens: ${label} is killed and comes back, the namespace is on it again`, { needs: [...NEEDS, 'vde_plug', 'ping', 'fixed'], ours: ['vdens'], ms: 45_000 }, async (scene) => {
    const net = await begin(scene, { user: true })
    const a = namespace(scene, ours('vdens'), [net.dir])
    const b = namespace(scene, ours('vdens'), [net.dir])
    await a.address('10.99.0.1/24')
    await b.address('10.99.0.2/24')
    await a.ping('10.99.0.2')
    const index = await a.must('cat /proc/net/dev_mcast | grep vde0 | head -1; ip -o link show vde0 | cut -d: -f1')
    scene.leaves(/\/\d+\.\d+$/) // the C switch, killed, leaves its data sockets
    await net.proc.stop('SIGKILL')
    await a.proc.says(/switch|network|lost|gone|again/i, 5000, 'err') // it says so
    if (label.includes('://')) (await import('node:fs')).rmSync(net.dir, { recursive: true })
    const again = await begin(scene, { user: true })
    await a.ping('10.99.0.2', 15_000)
    await b.ping('10.99.0.1', 15_000)
    assert.equal(await a.must('cat /proc/net/dev_mcast | grep vde0 | head -1; ip -o link show vde0 | cut -d: -f1'), index, 'the interface stayed')
    await a.end()
    await b.end()
    assert.deepEqual([a.proc.exit, b.proc.exit], [CLEAN, CLEAN])
    await again.stop()
  })
}

test('vdens killed with -9: the switch frees its port, the command its interface', { needs: [...NEEDS, 'fixed'], ours: ['vdens', 'vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const console = await net.console()
  const a = namespace(scene, ours('vdens'), [net.dir])
  const inner = Number((await a.must('echo $$')).trim())
  await waitFor(async () => /Port 0001/.test(await console.ask('port/print')), 5000, 'port 1')
  await a.proc.stop('SIGKILL')
  await waitFor(async () => !/Port 0001/.test(await console.ask('port/print')), 5000, 'a free port 1')
  await waitFor(() => !isAlive(inner), 5000, 'end of the shell, whose input ended')
})

test('vdens under traffic ends at once with its command, many times', { needs: [...NEEDS, 'ping', 'fixed'], ours: ['vdens', 'vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const b = namespace(scene, ours('vdens'), [net.dir])
  await b.address('10.99.0.2/24')
  const line = 'ip addr add 10.99.0.1/24 dev vde0; ip link set vde0 up; ping -q -i 0.002 -w 1 -c 200 10.99.0.2 >/dev/null; exit 9'
  for (let i = 0; i < 6; i++) {
    const proc = await start(scene, net.dir, 'sh', '-c', line)
    assert.deepEqual(proc.exit, { code: 9, signal: null }, proc.story)
  }
  await b.end()
})

test('vdens =command: a stream peer', { needs: [...NEEDS, 'ping', 'vde_plug'], ours: ['vdens', 'vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const a = namespace(scene, ours('vdens'), [`=${peer('vde_plug')} ${net.dir}`])
  const b = namespace(scene, ours('vdens'), [net.dir])
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  for (const shell of [a, b]) {
    shell.proc.endInput()
    await shell.proc.ends(1500).catch(async () => { await shell.proc.stop('SIGTERM') })
  }
})

test('vdens as root', { needs: [...NEEDS, 'root', 'fixed'], ours: ['vdens'] }, async (scene) => {
  const proc = await scene.run([ours('vdens'), 'null://', 'sh', '-c', 'id -u; ip -o link show vde0 | wc -l; exit 4'])
  assert.deepEqual(proc.exit, { code: 4, signal: null }, proc.story)
  assert.equal(proc.out, '0\n1\n')
  assert.ok(!existsSync('/sys/class/net/vde0'), 'nothing on the host')
})

run()
