/** Interfaces without /dev/net/tun: `vdens --packet`, and the wires of interfaces that exist: packet:// and pcap://. */
import assert from 'node:assert/strict'
import {
  BROADCAST, Host, Shell, asUser, endPeer, mac, meet, namespace, ours, ourSwitch, peer, peerSwitch, probe, run, sharedHome,
  tagged, test, waitFor, type Scene
} from './kit/index.ts'

const NEEDS = ['userns', 'ip', 'fixed', 'ping', 'iperf3']
const OURS = ['vde_switch', 'vdens']
const VDENS = ours('vdens')
const RENO = 'sysctl -qw net.ipv4.tcp_congestion_control=reno'
/** Serves one run, on a port of its own: a server that has served listens until it ends, and answers nobody. */
const serve = (port: number): string =>
  `iperf3 -s -1 -D -p ${port}; for i in $(seq 100); do ss -Hltn sport = ${port} | grep -q . && break; sleep 0.05; done`

let port = 5201
const CLEAN = { code: 0, signal: null }

const packets = (scene: Scene, ...args: string[]): Shell => namespace(scene, VDENS, ['--packet', ...args])

/** Some TCP each way. */
const tcp = async (server: Shell, client: Shell, address: string, least: number): Promise<void> => {
  for (const shell of [server, client]) await shell.must(RENO)
  for (const direction of ['', '-R']) {
    await server.must(serve(++port))
    const out = await client.must(`iperf3 -c ${address} -p ${port} -n 32M -f m ${direction}`, 20_000)
    const found = /([\d.]+) Mbits\/sec\s+receiver/.exec(out)
    assert.ok(Number(found?.[1]) > least, `${direction}: ${out}`)
  }
}

test('vdens --packet: ping and TCP with each other and with a TAP, every option', { needs: [...NEEDS, 'tun'], ours: OURS, ms: 60_000 }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const a = packets(scene, '-H', 'inside', '--mtu', '9000', '-m', net.dir, net.dir, '--')
  const b = packets(scene, net.dir)
  const c = namespace(scene, VDENS, [net.dir])
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await c.address('10.99.0.3/24')
  for (const shell of [b, c]) await a.ping(shell === b ? '10.99.0.2' : '10.99.0.3')
  const console = await net.console()
  const ports = await console.ask('port/allprint')
  assert.deepEqual([ports.split('module packet attached').length, ports.split('module tap attached').length], [4, 2], ports)
  assert.match(await a.must('ip link show vde1; hostname'), / mtu 9000 [^]*inside\n$/)
  await tcp(a, b, '10.99.0.1', 100)
  await tcp(c, a, '10.99.0.3', 100)
  // The second namespace answers nothing: the only neighbours are those that are there, and addresses pass their probe.
  await waitFor(async () => !(await b.must('ip -6 addr show dev vde0')).includes('tentative'), 5000, 'address of IPv6')
  assert.doesNotMatch(await b.must('ip -6 addr show dev vde0'), /dadfailed/)
  assert.match(await b.must('ip -6 addr show dev vde0'), /inet6 fe80/)
  // Itself, vde0 of a and c once their own addresses are there; vde1 of a is down.
  await waitFor(async () => {
    const answers = Number(await b.must('ping -6 -c 2 ff02::1%vde0 | grep -o "from fe80[^%]*" | sort -u | wc -l'))
    assert.ok(answers <= 3, `${answers} neighbours`)
    return answers === 3
  }, 10_000, 'three neighbours')
  await b.must('ip link del vde0')
  await waitFor(async () => (await console.ask('port/print')).split('module packet attached').length === 3, 5000, 'one less')
  await a.ping('10.99.0.3')
  for (const shell of [a, b, c]) await shell.end()
  assert.deepEqual([a.proc.exit, b.proc.exit], [CLEAN, CLEAN])
})

/** Sends 5000 octets that the kernel is to cut into datagrams of 1000; the receiver says what it got. */
const SEGMENTS = `python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(17, 103, 1000)
s.sendto(b"x" * 5000, ("10.99.0.2", 9))'`
const RECEIVER = `python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 9)); s.settimeout(5)
open("READY", "w").close(); print([len(s.recv(9000)) for _ in range(5)])'`

for (const [label, options] of [['a TAP', []], ['a packet socket', ['--packet']], ['a TAP without offload', ['--no-offload']]] as const) {
  test(`vdens --packet: UDP segments to ${label}`, { needs: [...NEEDS, 'tun', 'python3'], ours: OURS }, async (scene) => {
    const net = await ourSwitch(scene, { user: true })
    const a = packets(scene, net.dir)
    const b = namespace(scene, VDENS, [...options, net.dir])
    await a.address('10.99.0.1/24')
    await b.address('10.99.0.2/24')
    await a.ping('10.99.0.2')
    const ready = `${sharedHome(scene)}/ready`
    const got = b.must(RECEIVER.replace('READY', ready))
    await scene.exists(ready)
    await a.must(SEGMENTS)
    assert.equal((await got).trim(), '[1000, 1000, 1000, 1000, 1000]')
    await a.end()
    await b.end()
  })
}

test('vdens --packet --no-offload', { needs: NEEDS, ours: OURS, ms: 40_000 }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const a = packets(scene, '--no-offload', net.dir)
  const b = packets(scene, net.dir)
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await b.ping('10.99.0.1')
  await tcp(a, b, '10.99.0.1', 50)
  await a.end()
  await b.end()
})

test('vdens --packet by datagrams: on the C switch, with the C vdens', { needs: [...NEEDS, 'vdens', 'vde_switch', 'tun'], ours: OURS, ms: 60_000 }, async (scene) => {
  const net = await peerSwitch(scene, { user: true })
  const a = packets(scene, net.dir)
  const c = namespace(scene, peer('vdens'), [`vde://${net.dir}`])
  await a.address('10.99.0.1/24')
  await c.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  await tcp(a, c, '10.99.0.1', 5)
  await endPeer(c)
  await a.end()
})

test('vdens --packet: the switch is killed and started again, an open TCP connection goes on', { needs: NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  scene.leaves(/./) // a killed switch leaves its sockets
  const net = await ourSwitch(scene, { user: true })
  const a = packets(scene, net.dir)
  const b = packets(scene, net.dir)
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  for (const shell of [a, b]) await shell.must(RENO)
  const log = `${sharedHome(scene)}/iperf.log`
  await a.must(serve(++port))
  await b.must(`iperf3 -c 10.99.0.1 -p ${port} -t 3 -i 1 >${log} & echo started`)
  await waitFor(async () => (await b.must('ss -Htn state established | wc -l')).trim() >= '2', 5000, 'an open connection')
  await net.proc.stop('SIGKILL')
  await a.proc.says(/connection lost/, 5000, 'err')
  await waitFor(async () => (await a.must('ip link show vde0')).includes('NO-CARRIER'), 5000, 'no carrier')
  const again = await ourSwitch(scene, { user: true })
  for (const shell of [a, b]) await shell.proc.says(/joined again/, 5000, 'err')
  const ports = await (await again.console()).ask('port/allprint')
  assert.equal(ports.split('module packet attached').length, 3, ports)
  let out = ''
  await waitFor(async () => (out = await b.must(`cat ${log}`)).includes('receiver'), 20_000, 'end of the same iperf3')
  assert.match(out, /bits\/sec +receiver/)
  await a.end()
  await b.end()
})

test('vdens without /dev/net/tun does so by itself, and says so in one line', { needs: NEEDS, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const b = packets(scene, net.dir)
  await b.address('10.99.0.2/24')
  const without = ['/usr/bin/unshare', '--user', '--map-root-user', '--mount', '/bin/sh', '-c', 'mount -t tmpfs none /dev/net && exec "$0" "$@"']
  const a = new Shell(scene, asUser([...without, VDENS, net.dir]))
  await a.address('10.99.0.1/24')
  await a.ping('10.99.0.2')
  assert.equal(a.proc.err, 'vdens: /dev/net/tun is missing: using packet sockets (--packet)\n')
  assert.equal(b.proc.err, '')
  await a.end()
  await b.end()
})

/** A machine with a veth pair, both up. */
const hostWithPair = async (scene: Scene): Promise<Host> => {
  const host = await Host.open(scene)
  await host.root.must('sysctl -qw net.ipv6.conf.default.disable_ipv6=1; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up')
  await waitFor(async () => (await host.root.must('ip link')).split('state UP').length === 3, 5000, 'both up')
  return host
}

for (const [label, program] of [['ours', ours('vde_plug')], ['the C plugin', peer('vde_plug')]] as const) {
  test(`pcap://: what ${label} sees and sends`, { needs: ['userns', 'ip', 'vde_plug'], ours: ['vde_plug'] }, async (scene) => {
    const host = await hostWithPair(scene)
    const here = host.plug([program, 'pcap://v0'], 1)
    const beyond = host.plug([ours('vde_plug'), 'packet://v1'], 2)
    const beside = host.plug([ours('vde_plug'), 'packet://v0'], 3)
    await meet(here, beyond)
    await meet(beside, beyond)
    here.say('sent')
    await beyond.hears('sent')
    beyond.say('came in')
    await here.hears('came in')
    await beside.hears('came in')
    const own = Buffer.from((/ether (\S+)/.exec(await host.root.must('ip link show v0'))![1]!).replaceAll(':', ''), 'hex')
    beside.send(probe(BROADCAST, own, 'of the host', 60))
    await beyond.hears('of the host')
    beside.send(probe(BROADCAST, mac(3), 'of another', 60))
    await here.hears('of another')
    const frame = tagged(probe(BROADCAST, mac(2), 'tag', 60), 5, 3)
    assert.equal(frame.length, 64)
    beyond.send(frame)
    await here.expectBytes(frame)
    await beside.expectBytes(frame)
    assert.deepEqual([here.heard('of the host'), here.heard('sent'), beside.heard('of another'), beside.heard('sent')], [false, false, false, false])
  })
}

test('packet://: TCP of a host beyond the wire, in super-frames, to a vdens', { needs: NEEDS, ours: [...OURS, 'vde_plug'], ms: 40_000 }, async (scene) => {
  const host = await hostWithPair(scene)
  const net = await ourSwitch(scene, { user: true })
  host.start([ours('vde_plug'), 'packet://v1', net.dir], { stdin: 'ignore' })
  const b = packets(scene, net.dir)
  await b.address('10.99.0.2/24')
  await host.root.must('ip addr add 10.99.0.1/24 dev v0')
  await b.ping('10.99.0.1')
  await tcp(host.root, b, '10.99.0.1', 50)
  await b.end()
})

run()
