/** Our `vdens` beside others: the terminal it shares, the switch it outlives, the host it leaves alone, its end under traffic. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { asUser, namespace, ours, pair, peer, peerSwitch, run, sharedHome, Terminal, test, waitFor, type Scene } from './kit/index.ts'

const NEEDS = ['userns', 'tun', 'ip', 'fixed']
const OURS = ['vdens']
const VDENS = ours('vdens')
const vdens = (...args: string[]): string[] => asUser([VDENS, ...args])

/** Tells each SIGINT, and their number when a line on its standard input ends it. */
const COUNTER = "n=0; trap 'n=$((n+1)); echo caught' INT; echo ready; until read line; do :; done; echo got-$n"

test('vdens: ^C on the terminal reaches the command once, kill -INT too', { needs: [...NEEDS, 'pty'], ours: OURS }, async (scene) => {
  const term = await Terminal.open(scene, vdens('-', 'sh', '-c', COUNTER))
  await term.says(/ready/)
  term.type('\x03')
  await term.says(/caught/)
  term.type('now\r')
  await term.says(/got-1/)
  assert.deepEqual(await term.ends(), { code: 0, signal: 0 })
  const other = await Terminal.open(scene, vdens('-', 'sh', '-c', COUNTER))
  await other.says(/ready/)
  process.kill(other.pid, 'SIGINT') // in the foreground all the same
  await other.says(/caught/)
  other.type('now\r')
  await other.says(/got-1/)
  assert.deepEqual(await other.ends(), { code: 0, signal: 0 })
})

test('vdens: job control of a shell inside, ^Z and fg', { needs: [...NEEDS, 'pty', 'bash'], ours: OURS }, async (scene) => {
  const term = await Terminal.open(scene, vdens('null://', '/bin/bash', '--norc', '-i'))
  await term.says(/\$ $/)
  term.type('sleep 100\r')
  const isRunning = (state: string) => (): boolean => scene.processes().some(({ pid, command }) =>
    command === 'sleep 100' && readFileSync(`/proc/${pid}/stat`, 'latin1').includes(`) ${state} `))
  await waitFor(isRunning('S'), 5000, 'sleeping job')
  term.type('\x1a')
  await term.says(/Stopped/)
  term.forget()
  term.type('fg\r')
  await term.says(/sleep 100/)
  await waitFor(isRunning('S'), 5000, 'job that goes on')
  term.type('\x03')
  term.type('echo $((40 + 2))\r')
  await term.says(/42\r/)
  term.type('exit 5\r')
  assert.deepEqual(await term.ends(), { code: 5, signal: 0 })
})

test('vdens in the background leaves the terminal as others set it', { needs: [...NEEDS, 'pty'], ours: OURS }, async (scene) => {
  // The mode is changed while vdens runs; Node alone would set it back at its end.
  const script = `cd '${sharedHome(scene)}'; mkfifo up go
    '${VDENS}' - sh -c 'echo >up; read x <go' & read x <up; stty -echo; echo >go; wait; stty -a`
  const term = await Terminal.open(scene, asUser(['sh', '-c', script]))
  await term.says(/ -echo /)
  await term.ends()
})

test('vdens: the switch is killed and started again under a ping that goes on', { needs: [...NEEDS, 'vde_switch', 'ping'], ours: OURS, ms: 45_000 }, async (scene) => {
  scene.leaves(/./) // a killed switch leaves its sockets
  const net = await peerSwitch(scene, { user: true })
  const [a, b] = await pair(scene, VDENS, [net.dir])
  await a.must('ping -i 0.2 10.99.0.2 >ping.log & echo $! >ping.pid'.replaceAll('ping.', `${sharedHome(scene)}/ping.`))
  await net.proc.stop('SIGKILL')
  await a.proc.says(/connection lost/, 5000, 'err')
  await b.proc.says(/connection lost/, 5000, 'err')
  await peerSwitch(scene, { user: true })
  await a.proc.says(/joined again/, 5000, 'err')
  await b.proc.says(/joined again/, 5000, 'err')
  const seen = (): number => readFileSync(`${sharedHome(scene)}/ping.log`, 'latin1').split('bytes from').length
  const before = seen()
  await waitFor(() => seen() >= before + 3, 10_000, 'answers to the same ping')
  await a.must(`kill $(cat ${sharedHome(scene)}/ping.pid)`)
  assert.equal(a.proc.err.split('\n').length, 3, `one line for the loss, one for the return: ${a.proc.err}`)
  await a.end()
  await b.end()
})

test('vdens: 40 ends under traffic', { needs: [...NEEDS, 'vde_switch', 'ping'], ours: OURS, ms: 120_000 }, async (scene) => {
  const net = await peerSwitch(scene, { user: true })
  const b = namespace(scene, VDENS, [net.dir])
  await b.address('10.99.0.2/24')
  const one = async (number: number): Promise<void> => {
    const line = `ip addr add 10.99.0.${number}/24 dev vde0; ip link set vde0 up; ping -q -i 0.002 -c 25 10.99.0.2 >/dev/null || exit 99; exit 7`
    const proc = await scene.run(vdens(net.dir, 'sh', '-c', line))
    assert.deepEqual(proc.exit, { code: 7, signal: null }, proc.story)
  }
  for (let i = 0; i < 20; i++) await Promise.all([one(10 + i), one(110 + i)])
  await b.end()
})

test('vdens -m: one bad network of three, nothing is left', { needs: NEEDS, ours: OURS }, async (scene) => {
  const home = sharedHome(scene)
  const proc = await scene.run(vdens('-m', `hub://${home}/one`, `${home}/none`, `hub://${home}/two`, '--', 'true'))
  assert.deepEqual(proc.exit, { code: 1, signal: null }, proc.story)
  assert.match(proc.err, new RegExp(`^vdens: ${home}/none: [^\n]*\n$`))
  assert.deepEqual([existsSync(`${home}/one`), existsSync(`${home}/two`)], [false, false])
})

test('vdens: a prefix that leaves no room for the number', { needs: NEEDS, ours: OURS }, async (scene) => {
  const proc = await scene.run(vdens('-i', 'averylongprefix', 'null://', 'true'))
  assert.deepEqual(proc.exit, { code: 1, signal: null }, proc.story)
  assert.match(proc.err, /^vdens: [^\n]*averylongprefix0[^\n]*16 octets[^\n]*\n$/)
})

test('vdens: writing resolv.conf inside changes nothing outside', { needs: [...NEEDS, 'root'], ours: OURS }, async (scene) => {
  const host = readFileSync('/etc/resolv.conf', 'latin1')
  const file = scene.path('resolv')
  writeFileSync(file, 'nameserver 192.0.2.1\n')
  for (const args of [[], ['-R', '192.0.2.2'], ['-r', file]]) {
    // As a DHCP client's script does, in both ways they have.
    const line = 'echo nameserver 192.0.2.9 >/etc/resolv.conf; cat /etc/resolv.conf; echo x >/etc/resolv.conf.h7; mv /etc/resolv.conf.h7 /etc/resolv.conf 2>/dev/null; rm -f /etc/resolv.conf.h7'
    const proc = await scene.run([VDENS, ...args, 'null://', 'sh', '-c', line])
    assert.equal(proc.out, 'nameserver 192.0.2.9\n', proc.story)
    assert.equal(readFileSync('/etc/resolv.conf', 'latin1'), host, `host's file after ${args.join(' ')}`)
    assert.equal(readFileSync(file, 'latin1'), 'nameserver 192.0.2.1\n')
  }
})

test('vdens: no descriptor of the host\'s tap inside', { needs: [...NEEDS, 'root'], ours: OURS }, async (scene) => {
  const line = `exec '${VDENS}' -m tap://h7tap null:// -- sh -c 'ls -l /proc/self/fd; ip -br link'`
  const proc = await scene.run(['/usr/bin/unshare', '-n', 'sh', '-c', line])
  assert.deepEqual(proc.exit, { code: 0, signal: null }, proc.story)
  assert.deepEqual([...proc.out.matchAll(/ (\d+) -> (\S+)/g)].filter(([, fd, to]) => Number(fd) > 2 && !/^\/proc\/\d+\/fd$/.test(to!)), [])
  assert.match(proc.out, /vde0.*\n.*vde1/)
})

test('vdens ends with its command, whatever that left in the background', { needs: NEEDS, ours: OURS }, async (scene) => {
  const proc = scene.start(vdens('null://', 'sh', '-c', 'sleep 30 >/dev/null 2>&1 & echo $!; exit 6'))
  assert.deepEqual(await proc.ends(3000), { code: 6, signal: null }, proc.story)
  process.kill(Number(proc.out), 'SIGKILL')
})

test('vdens: an interface removed inside is told, others go on', { needs: [...NEEDS, 'vde_switch', 'ping'], ours: OURS }, async (scene) => {
  const net = await peerSwitch(scene, { user: true })
  const pair = async (args: string[], address: string): Promise<ReturnType<typeof namespace>> => {
    const made = namespace(scene, VDENS, args)
    await made.address(`10.99.0.${address}/24`, args.length > 1 ? 'vde1' : 'vde0')
    return made
  }
  const a = await pair(['-m', 'null://', net.dir, '--'], '1')
  const b = await pair([net.dir], '2')
  await a.must('ip link del vde0')
  await a.proc.says(/vde0/, 5000, 'err')
  await a.ping('10.99.0.2')
  await a.end()
  await b.end()
})

test('vdens: SIGTERM before there is a command removes what was made', { needs: [...NEEDS, 'sleep'], ours: OURS }, async (scene) => {
  const home = sharedHome(scene)
  // A control socket that accepts and never answers holds the second VNL.
  const mute = await muteSwitch(scene, `${home}/mute`)
  const proc = scene.start(vdens('-m', `hub://${home}/one`, mute, '--', 'true'))
  await scene.exists(`${home}/one/ctl`)
  assert.deepEqual(await proc.stop('SIGTERM'), { code: null, signal: 'SIGTERM' }, proc.story)
  assert.ok(!existsSync(`${home}/one`))
})

const muteSwitch = async (scene: Scene, dir: string): Promise<string> => {
  const line = `mkdir '${dir}' && exec socat UNIX-LISTEN:'${dir}/ctl',fork EXEC:'sleep 20'`
  scene.start(asUser(['sh', '-c', line]))
  await scene.exists(`${dir}/ctl`)
  return dir
}

test('our vdens with a C one on the C switch, =command', { needs: [...NEEDS, 'vde_switch', 'vde_plug', 'ping'], ours: OURS }, async (scene) => {
  const net = await peerSwitch(scene, { user: true })
  const a = namespace(scene, VDENS, [`=${peer('vde_plug')} ${net.dir}`])
  const b = namespace(scene, VDENS, [net.dir])
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  await b.ping('10.99.0.1')
  await a.end()
  await b.end()
})

run()
