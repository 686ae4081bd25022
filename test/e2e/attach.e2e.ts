/** Interfaces handed to our switch: traffic, neighbours that join by datagrams, a switch that dies, a namespace that does. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { native, SEQPACKET } from '@vde-ts/native'
import {
  ConsoleClient, Shell, asUser, endPeer, namespace, ours, ourSwitch, pair, pause, peer, ready, run, sharedHome, test, waitFor,
  waitForFile
} from './kit/index.ts'

const NEEDS = ['userns', 'tun', 'ip', 'fixed', 'ping', 'iperf3']
const OURS = ['vde_switch', 'vdens']
const VDENS = ours('vdens')
/** In every namespace, so that results do not depend on the host's choice. */
const RENO = 'sysctl -qw net.ipv4.tcp_congestion_control=reno'

/** Serves one run of iperf3, which says that it is ready before it listens. */
const SERVE = 'iperf3 -s -1 -D; for i in $(seq 100); do ss -Hltn sport = 5201 | grep -q . && break; sleep 0.05; done'

/** Gbit/s as iperf3 sums them up for the receiver. */
const gigabits = (out: string): number => {
  const found = /([\d.]+) ([KMG]?)bits\/sec\s+receiver/.exec(out)
  assert.ok(found, `no result of iperf3 in: ${out}`)
  return Number(found[1]) * ({ '': 1e-9, K: 1e-6, M: 1e-3, G: 1 }[found[2]!] ?? NaN)
}

const isListening = (path: string): boolean => {
  const fd = native.unixSocket(SEQPACKET)
  const result = native.connectUnix(fd, path)
  native.close(fd)
  return result === 0
}

test('attach: two vdens are handed over, ping and TCP both ways', { needs: NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const a = namespace(scene, VDENS, [net.dir])
  const b = namespace(scene, VDENS, ['--mtu', '1400', net.dir])
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  const console = await net.console()
  const ports = await console.ask('port/allprint')
  assert.equal(ports.split('module tap attached').length, 3, ports)
  assert.match(await b.must('ip link show vde0'), / mtu 1400 /)
  for (const shell of [a, b]) await shell.must(RENO)
  for (const direction of ['', '-R']) {
    await a.must(SERVE)
    const speed = gigabits(await b.must(`iperf3 -c 10.99.0.1 -t 1 ${direction}`, 20_000))
    assert.ok(speed > 0.1, `${speed} Gbit/s`)
  }
  // Unplugged by the console, it comes back to its port.
  await console.ask('port/epclose 1 1')
  await a.ping('10.99.0.2')
  await a.end()
  await b.end()
})

test('attach: the C vdens and ours on our switch', { needs: [...NEEDS, 'vdens'], ours: OURS, ms: 60_000 }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const a = namespace(scene, VDENS, [net.dir])
  const c = namespace(scene, peer('vdens'), [`vde://${net.dir}`])
  await a.address('10.99.0.1/24')
  await c.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  for (const shell of [a, c]) await shell.must(RENO)
  await a.must(SERVE)
  assert.ok(gigabits(await c.must('iperf3 -c 10.99.0.1 -t 1', 20_000)) > 0.01)
  await a.must(SERVE)
  assert.ok(gigabits(await c.must('iperf3 -c 10.99.0.1 -t 1 -R', 20_000)) > 0.01)
  await endPeer(c)
  await a.end()
})

test('attach: the switch is killed and started again, an open TCP connection goes on', { needs: NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  scene.leaves(/./) // a killed switch leaves its sockets
  const net = await ourSwitch(scene, { user: true })
  const [a, b] = await pair(scene, VDENS, [net.dir])
  for (const shell of [a, b]) await shell.must(RENO)
  const home = sharedHome(scene)
  await a.must(SERVE)
  await b.must(`iperf3 -c 10.99.0.1 -t 6 -i 1 >${home}/iperf.log & echo started`)
  await b.run('sleep 1')
  await net.proc.stop('SIGKILL')
  await a.proc.says(/connection lost/, 5000, 'err')
  assert.match(await a.must('ip link show vde0'), /NO-CARRIER/)
  const again = await ourSwitch(scene, { user: true })
  await a.proc.says(/joined again/, 5000, 'err')
  await b.proc.says(/joined again/, 5000, 'err')
  // What `ip` shows is the state that the kernel derives from the carrier, later and at most once a second.
  await waitFor(async () => !(await a.must('ip link show vde0')).includes('NO-CARRIER'), 3000, 'carrier of vde0')
  const ports = await (await again.console()).ask('port/allprint')
  assert.equal(ports.split('module tap attached').length, 3, ports)
  let log = ''
  await waitFor(async () => (log = await b.must(`cat ${home}/iperf.log`)).includes('receiver'), 20_000, 'end of the same iperf3')
  assert.ok(gigabits(log) > 0.05, log)
  await a.end()
  await b.end()
})

test('attach: a vde_plug between two switches carries super-frames, and ends in order with either', { needs: NEEDS, ours: [...OURS, 'vde_plug'], ms: 60_000 }, async (scene) => {
  const [left, right] = [await ourSwitch(scene, { user: true, name: 'left' }), await ourSwitch(scene, { user: true, name: 'right' })]
  const plug = scene.start(asUser([ours('vde_plug'), left.dir, right.dir]), { stdin: 'ignore' })
  const a = namespace(scene, VDENS, [left.dir])
  const b = namespace(scene, VDENS, [right.dir])
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  for (const net of [left, right]) assert.match(await (await net.console()).ask('port/allprint'), /module socket attached: vdeplug: /)
  for (const shell of [a, b]) await shell.must(RENO)
  await a.must(SERVE)
  assert.ok(gigabits(await b.must('iperf3 -c 10.99.0.1 -n 200M', 20_000)) > 0.05)
  await right.stop()
  assert.deepEqual(await plug.ends(5000), { code: 0, signal: null })
  await a.end()
  await b.end()
})

test('attach: 300 ms after a killed switch is back, frames flow: vdens twice, vde_plug2tap, vde_plug tap://', {
  needs: [...NEEDS, 'root'], ours: [...OURS, 'vde_plug', 'vde_plug2tap'], ms: 60_000
}, async (scene) => {
  scene.leaves(/./)
  const net = await ourSwitch(scene)
  const a = new Shell(scene, [VDENS, '--multi', net.dir, net.dir, '--'])
  const [b, c] = [new Shell(scene, ['/usr/bin/unshare', '-n']), new Shell(scene, ['/usr/bin/unshare', '-n'])]
  await b.must(`${ours('vde_plug2tap')} -s ${net.dir} tap0 & plug=$!; until ip link show tap0 2>/dev/null; do sleep 0.02; done`)
  await c.must(`${ours('vde_plug')} ${net.dir} tap://tap0 & plug=$!; until ip link show tap0 2>/dev/null; do sleep 0.02; done`)
  await a.address('10.99.0.1/24', 'vde0')
  await a.address('10.99.1.1/24', 'vde1')
  await b.address('10.99.0.2/24', 'tap0')
  await c.address('10.99.0.3/24', 'tap0')
  for (const to of [2, 3]) await a.ping(`10.99.0.${to}`)
  // Neighbours are not asked for again, which the kernel does once a second.
  for (const [shell, iface] of [[a, 'vde0'], [b, 'tap0'], [c, 'tap0']] as const) {
    await shell.must(`ip neigh show dev ${iface} | awk '/lladdr/{print $1, $3}' | while read a m; do ip neigh replace $a lladdr $m dev ${iface} nud permanent; done`)
  }
  await net.proc.stop('SIGKILL')
  for (const shell of [a, b, c]) await shell.proc.says(/connection lost/, 5000, shell === a ? 'err' : 'out')
  await pause(2500) // pauses between tries have grown to half a second
  for (const to of [2, 3]) await a.must(`ping -D -i 0.01 10.99.0.${to} >${scene.dir}/${to}.log 2>&1 & pings="$pings $!"`)
  const attach = join(net.dir, 'attach')
  const listening = waitForFile(attach, 5000, () => isListening(attach), 'attach')
  const again = scene.start([ours('vde_switch'), '-s', net.dir, '-M', net.mgmt])
  await listening
  const back = Date.now() / 1000
  for (const to of [2, 3]) {
    const [, first] = await waitFor(() => /^\[([\d.]+)\] \d+ bytes from/m.exec(readFileSync(`${scene.dir}/${to}.log`, 'latin1')), 5000, 'an answer')
    assert.ok(Number(first) - back < 0.3, `${Number(first) - back} s`)
  }
  await a.must('kill $pings')
  await ready(net.mgmt, again)
  const client = await ConsoleClient.open(net.mgmt)
  assert.equal((await client.ask('port/print')).split('module tap attached').length, 5)
  client.close()
  // A switch that ends in order ends those who end with their network; the interface of vdens stays.
  assert.deepEqual(await again.stop(), { code: 0, signal: null })
  for (const shell of [b, c]) assert.equal((await shell.run('wait $plug')).code, 0)
  await a.must('ip link show vde0')
})

test('attach: a vdens that is killed with -9 is unplugged, the others go on', { needs: NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  scene.leaves(/./)
  const net = await ourSwitch(scene, { user: true })
  const a = namespace(scene, VDENS, [net.dir])
  const b = namespace(scene, VDENS, [net.dir])
  const c = namespace(scene, VDENS, [net.dir])
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await c.address('10.99.0.3/24')
  await a.ping('10.99.0.3')
  await c.proc.stop('SIGKILL')
  const console = await net.console()
  await waitFor(async () => (await console.ask('port/print')).split('module tap attached').length === 3, 5000, 'two left')
  await a.ping('10.99.0.2')
  // One removes its interface; the switch and the other live.
  await b.must('ip link del vde0')
  await waitFor(async () => (await console.ask('port/print')).split('module tap attached').length === 2, 5000, 'one left')
  await a.end()
  await b.end()
})

/** Datagrams of 10 octets, a short one, and some of 700, each with its number; and how many came as they were sent. */
const SEND = `python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("10.99.0.2", 9))
for i in range(300): s.send(i.to_bytes(10 if i < 200 else 5 if i == 200 else 700, "big"))'`
const COUNT = `python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(1, 8, 1 << 20); s.bind(("", 9)); s.settimeout(5); print("bound", flush=True)
got = [s.recv(1000) for i in range(300)]
print("whole" if got == [i.to_bytes(10 if i < 200 else 5 if i == 200 else 700, "big") for i in range(300)] else got)'`
const RX_PACKETS = "awk '/vde0:/ { print $3 }' /proc/net/dev"

test('attach: datagrams of a burst reach the receiver as they were sent, in few frames', { needs: [...NEEDS, 'python3'], ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const [a, b] = await pair(scene, VDENS, [net.dir])
  await b.must(`mkfifo ${sharedHome(scene)}/out; ${COUNT} >${sharedHome(scene)}/out & exec 7<${sharedHome(scene)}/out; read line <&7; echo $line`)
  const before = Number(await b.must(RX_PACKETS))
  // All of them wait in the interface when the switch goes on.
  net.proc.kill('SIGSTOP')
  await a.must(SEND)
  net.proc.kill('SIGCONT')
  assert.match(await b.must('read line <&7; echo $line'), /^whole$/m)
  const frames = Number(await b.must(RX_PACKETS)) - before
  assert.ok(frames < 60, `${frames} frames`)
  await a.end()
  await b.end()
})

run()
