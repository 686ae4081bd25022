/**
 * slirp:// on a user's machine whose only network is its loopback: what a guest reaches, what reaches a guest, DHCP and DNS,
 * with Debian's programs in each part, both engines, and an engine that dies.
 */
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { Host, dhcp, heard, ours, peer, run, serve, test, waitFor, type Scene, type Shell } from './kit/index.ts'

const NEEDS = ['userns', 'tun', 'ip', 'ping', 'socat', 'plugin:slirp']
const OURS = ['vde_switch', 'vde_plug', 'vdens', 'unixcmd']

const guest = async (host: Host, argv: readonly string[]): Promise<Shell> => {
  const shell = host.shell(argv)
  await shell.address('10.0.2.15/24')
  await shell.must('ip link set lo up; ip route add default via 10.0.2.2')
  return shell
}

test('a guest reaches its gateway and what listens on the loopback', { needs: NEEDS, ours: OURS }, async (scene) => {
  const host = await Host.open(scene)
  serve(host, 7001, 'from-the-host')
  const inside = await guest(host, [ours('vdens'), 'slirp://'])
  await inside.ping('10.0.2.2')
  await heard(inside, '10.0.2.2:7001', 'from-the-host')
  await inside.must('until ip -6 addr show dev vde0 | grep -q "inet6 fd00:.*dynamic"; do sleep 0.05; done', 10_000)
  await inside.end()
})

test('a transfer in each direction is intact', { needs: NEEDS, ours: OURS }, async (scene) => {
  const host = await Host.open(scene)
  const files = scene.shared('files')
  await host.root.must(`head -c 50000000 /dev/urandom >${files}/data`)
  const inside = await guest(host, [ours('vdens'), 'slirp://'])
  await host.root.must(`socat -u TCP-LISTEN:7002,bind=127.0.0.1 CREATE:${files}/up & echo $! >${files}/pid`)
  await inside.must(`socat -u OPEN:${files}/data TCP:10.0.2.2:7002,retry=50,interval=0.1`, 20_000)
  await host.root.must(`while kill -0 $(cat ${files}/pid) 2>/dev/null; do sleep 0.02; done; cmp ${files}/data ${files}/up`, 20_000)
  host.start(['socat', '-u', `OPEN:${files}/data`, 'TCP-LISTEN:7003,bind=127.0.0.1'])
  await inside.must(`socat -u TCP:10.0.2.2:7003,retry=50,interval=0.1 CREATE:${files}/down; cmp ${files}/data ${files}/down`, 20_000)
  await inside.end()
})

/** Says 192.0.2.77 to whoever asks for an IPv4 address. */
const NAME_SERVER = `
import { createSocket } from 'node:dgram'
const server = createSocket('udp4').bind(53, '127.0.0.1')
server.on('message', (query, { port, address }) => {
  const end = query.indexOf(0, 12) + 5
  const isA = query[end - 3] === 1
  const head = Buffer.from([query[0], query[1], 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0])
  const answer = Buffer.from(isA ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 77] : [])
  server.send(Buffer.concat([head, query.subarray(12, end), answer]), port, address)
})
`

test('DHCP and DNS', { needs: [...NEEDS, 'busybox'], ours: OURS }, async (scene) => {
  const host = await Host.open(scene)
  const dir = scene.shared('files')
  writeFileSync(`${dir}/resolv.conf`, 'nameserver 127.0.0.1\n')
  writeFileSync(`${dir}/dns.mjs`, NAME_SERVER)
  await host.root.must(`mount --bind ${dir}/resolv.conf /etc/resolv.conf`)
  host.start([process.execPath, `${dir}/dns.mjs`])
  const inside = host.shell([ours('vdens'), 'slirp:///host=10.1.1.2%2F16/hostname=guest/vdomainname=example'])
  assert.equal(await dhcp(inside, dir), '10.1.2.15/16 router=10.1.1.2 dns=10.1.2.3 lease=86400 hostname=guest domain=example')
  await inside.must('until busybox nslookup somebody.example 10.1.2.3 | grep -q 192.0.2.77; do sleep 0.05; done', 10_000)
  await inside.end()
})

test('forwards in both directions, and a console that changes them', { needs: NEEDS, ours: OURS }, async (scene) => {
  const host = await Host.open(scene)
  const dir = scene.shared('files')
  host.start(['socat', `UNIX-LISTEN:${dir}/unix,fork`, 'SYSTEM:echo from-the-socket'])
  await scene.exists(`${dir}/unix`)
  const vnl = `slirp:///tcpfwd=127.0.0.1:7004:10.0.2.15:80/unixfwd=10.0.2.5:99:'${dir}/unix'/cmdfwd=98:'echo from-a-command'/mgmt='${dir}/mgmt'`
  const inside = await guest(host, [ours('vdens'), vnl])
  await inside.must('socat TCP-LISTEN:80,reuseaddr,fork SYSTEM:"echo from-the-guest" >/dev/null 2>&1 &')
  await heard(host.root, '127.0.0.1:7004', 'from-the-guest')
  await heard(inside, '10.0.2.5:99', 'from-the-socket')
  await heard(inside, '10.0.2.4:98', 'from-a-command')
  const say = async (line: string): Promise<string> => await host.root.must(`${ours('unixcmd')} -s ${dir}/mgmt ${line}`)
  await say('forward/remove tcp 7004')
  await say('forward/add tcp 127.0.0.1:7005:10.0.2.15:80')
  assert.match(await say('forward/print'), /^unix 10\.0\.2\.5:99:.*\ncmd 10\.0\.2\.4:98:echo from-a-command\ntcp 127\.0\.0\.1:7005:10\.0\.2\.15:80\n/)
  await heard(host.root, '127.0.0.1:7005', 'from-the-guest')
  assert.equal((await host.root.run('socat -u TCP:127.0.0.1:7004 -')).code, 1)
  await inside.must('kill $!')
  await inside.end()
  assert.equal(existsSync(`${dir}/mgmt`), false)
})

/** Waits until whoever serves at the address (`TCP:...`, `UDP:...`) answers a word with `text`. */
const answered = async (from: Shell, address: string, text: string): Promise<void> => {
  await from.must(`until echo hello | socat -t 0.5 - ${address} 2>/dev/null | grep -qx '${text}'; do sleep 0.05; done`, 10_000)
}

/** Servers of the guest: TCP port 80, UDP port 81. `kill $servers` ends them. */
const serveInside = async (inside: Shell): Promise<void> => {
  for (const place of ['TCP-LISTEN:80', 'UDP-LISTEN:81']) {
    await inside.must(`socat ${place},reuseaddr,fork SYSTEM:"echo from-the-guest" >/dev/null 2>&1 & servers="$servers $!"`)
  }
}

test('UDP leads in, and TFTP serves a directory, read-only', { needs: [...NEEDS, 'busybox'], ours: OURS }, async (scene) => {
  const host = await Host.open(scene)
  const dir = scene.shared('files')
  const boot = scene.shared('boot')
  await host.root.must(`head -c 100000 /dev/urandom >${boot}/image`)
  const inside = await guest(host, [ours('vdens'), `slirp:///udpfwd=127.0.0.1:7007:10.0.2.15:81/tftp_path='${boot}'`])
  await serveInside(inside)
  await answered(host.root, 'UDP:127.0.0.1:7007', 'from-the-guest')
  await inside.must(`busybox tftp -g -r image -l ${dir}/got 10.0.2.2 && cmp ${boot}/image ${dir}/got`, 15_000)
  assert.notEqual((await inside.run(`timeout 0.5 busybox tftp -p -l ${dir}/got -r other 10.0.2.2`)).code, 0)
  assert.deepEqual(readdirSync(boot), ['image'])
  await inside.must('kill $servers')
  await inside.end()
})

/** Processes of the engine below the one that opened it. */
const enginesOf = (scene: Scene, parent: number): number[] => {
  const found: number[] = []
  for (const name of readdirSync('/proc')) {
    try {
      const status = readFileSync(`/proc/${name}/status`, 'latin1')
      if (/^Name:\tvde_slirp$/m.test(status) && status.includes(`\nPPid:\t${parent}\n`)) found.push(Number(name))
    } catch { /* ended meanwhile, or no process */ }
  }
  assert.ok(found.length > 0, `${scene.dir}: no engine below ${parent}`)
  return found
}

test('an engine that dies costs its link: the plug ends, others go on', { needs: NEEDS, ours: OURS }, async (scene) => {
  const host = await Host.open(scene)
  const dir = scene.shared('files')
  host.start([ours('vde_switch'), '-s', `${dir}/sw`, '--nostdin'])
  await scene.exists(`${dir}/sw/ctl`)
  const plug = host.start([ours('vde_plug'), `${dir}/sw`, 'slirp://'])
  const inside = await guest(host, [ours('vdens'), `${dir}/sw`])
  const other = host.shell([ours('vdens'), `${dir}/sw`])
  await other.address('10.0.2.16/24')
  await inside.ping('10.0.2.2')
  const [engine] = enginesOf(scene, plug.pid)
  process.kill(engine!, 'SIGABRT')
  assert.deepEqual(await plug.ends(5000), { code: 1, signal: null })
  assert.match(plug.err, /Cannot go on with slirp:\/\/: the engine ended: signal SIGABRT/)
  await inside.ping('10.0.2.16')
  await inside.end()
  await other.end()
})

test('without the library the error names the package', { needs: NEEDS, ours: OURS }, async (scene) => {
  const host = await Host.open(scene)
  await host.root.must('mount --bind /dev/null $(find /usr/lib /lib -name libslirp.so.0 | head -1)')
  const plug = host.start([ours('vde_plug'), 'null://', 'slirp://'])
  assert.equal((await plug.ends(10_000)).code, 1)
  assert.match(plug.err, /Cannot open slirp:\/\/: .*apt install libslirp0/)
})

for (const [text, message] of [
  ['slirp:///engine=tcp', /there is no engine "tcp"/], ['slirp:///engine=passt/unixfwd=1:x', /passt has no unixfwd/],
  ['slirp:///tcpfwd=80', /Cannot read tcpfwd: found "80"/], ['slirp:///host=10.0.2.2/24', /unknown key|key "24"/]
] as const) {
  test(`${text} is refused`, { needs: NEEDS, ours: OURS }, async (scene) => {
    const plug = scene.start([ours('vde_plug'), 'null://', text])
    assert.equal((await plug.ends(10_000)).code, 1)
    assert.match(plug.err, message)
  })
}

/** Who plays the switch, the plug with the slirp network, and the guest. */
const CASTS = [
  ['all ours', ours('vde_switch'), ours('vde_plug'), ours('vdens')],
  ["Debian's plug with its plugin", ours('vde_switch'), peer('vde_plug'), ours('vdens')],
  ["Debian's switch and guest", peer('vde_switch'), ours('vde_plug'), peer('vdens')],
  ["Debian's guest", ours('vde_switch'), ours('vde_plug'), peer('vdens')]
] as const
for (const [who, bridge, plug, vdens] of CASTS) {
  test(`machines of a switch: ${who}`, { needs: [...NEEDS, 'busybox', 'vde_switch', 'vdens', 'vde_plug'], ours: OURS }, async (scene) => {
    const host = await Host.open(scene)
    const dir = scene.shared('files')
    serve(host, 7001, 'from-the-host')
    host.start([bridge, '-s', `${dir}/sw`, ...(bridge === ours('vde_switch') ? ['--nostdin'] : [])], { stdin: 'pipe' })
    await scene.exists(`${dir}/sw/ctl`)
    host.start([plug, 'slirp://', `${dir}/sw`], { stdin: 'pipe' })
    const inside = host.shell([vdens, `${dir}/sw`])
    assert.match(await dhcp(inside, dir), /^10\.0\.2\.15\/24 router=10\.0\.2\.2 dns=10\.0\.2\.3 /)
    await inside.ping('10.0.2.2')
    await heard(inside, '10.0.2.2:7001', 'from-the-host')
    await inside.end()
  })
}

for (const [who, bridge, slirpvde, vdens] of [
  ['all ours', ours('vde_switch'), ours('slirpvde'), ours('vdens')],
  ["Debian's slirpvde", ours('vde_switch'), peer('slirpvde'), ours('vdens')],
  ["Debian's switch and guest", peer('vde_switch'), ours('slirpvde'), peer('vdens')]
] as const) {
  test(`slirpvde: ${who}`, { needs: [...NEEDS, 'busybox', 'vde_switch', 'vdens', 'slirpvde'], ours: [...OURS, 'slirpvde'] }, async (scene) => {
    const host = await Host.open(scene)
    const dir = scene.shared('files')
    host.start([bridge, '-s', `${dir}/sw`, ...(bridge === ours('vde_switch') ? ['--nostdin'] : [])], { stdin: 'pipe' })
    await scene.exists(`${dir}/sw/ctl`)
    const router = host.start([slirpvde, '-s', `${dir}/sw`, '-D', '-L', '7006:10.0.2.15:80'])
    const text = /Starting slirpvde: virtual_host=10\.0\.2\.2\/24\n {19}DNS {9}=10\.0\.2\.3\n[^]*redir TCP {3}=7006:10\.0\.2\.15:80\n/
    await waitFor(() => text.test(router.err), 5000, 'what it says when it starts')
    const inside = host.shell([vdens, `${dir}/sw`])
    assert.match(await dhcp(inside, dir), /^10\.0\.2\.15\/24 router=10\.0\.2\.2 dns=10\.0\.2\.3 /)
    await inside.must('ip link set lo up; socat TCP-LISTEN:80,reuseaddr,fork SYSTEM:"echo from-the-guest" & echo $! >/dev/null')
    await heard(host.root, '127.0.0.1:7006', 'from-the-guest')
    await inside.must('kill $!') // the scene ends the shell: Debian's vdens may wait for what it started
  })
}

test('slirpvde at the end of a stream, its console, and its own end', { needs: NEEDS, ours: [...OURS, 'slirpvde', 'dpipe'] }, async (scene) => {
  const host = await Host.open(scene)
  const dir = scene.shared('files')
  host.start([ours('vde_switch'), '-s', `${dir}/sw`, '--nostdin'])
  await scene.exists(`${dir}/sw/ctl`)
  const pipe = host.start([ours('dpipe'), ours('vde_plug'), `${dir}/sw`, '=', ours('slirpvde'), '-q', '-M', `${dir}/mgmt`, '-'])
  await scene.exists(`${dir}/mgmt`)
  const inside = await guest(host, [ours('vdens'), `${dir}/sw`])
  await inside.ping('10.0.2.2')
  assert.match(await host.root.must(`${ours('unixcmd')} -s ${dir}/mgmt showinfo`), /^dhcp-start {4}\(null\)$/m)
  await host.root.must(`${ours('unixcmd')} -s ${dir}/mgmt shutdown`)
  assert.deepEqual(await pipe.ends(5000), { code: 0, signal: null })
  await inside.end()
})

/** An interface with a route to nowhere, which passt wants to see. */
const outside = async (host: Host): Promise<void> => {
  await host.root.must('ip link add out0 type veth peer name out1 && ip link set out1 up && ip link set out0 up')
  await host.root.must('ip addr add 192.0.2.1/24 dev out0 && ip route add default via 192.0.2.2')
}

test('engine=passt: DHCP, and what listens on the loopback', { needs: [...NEEDS, 'busybox', 'passt'], ours: OURS }, async (scene) => {
  const host = await Host.open(scene)
  const dir = scene.shared('files')
  await outside(host)
  serve(host, 7001, 'from-the-host')
  const inside = host.shell([ours('vdens'), 'slirp:///engine=passt/v4'])
  assert.match(await inside.must('ip link show vde0'), / mtu 65520 /)
  assert.match(await dhcp(inside, dir), /^10\.0\.2\.15\/24 router=10\.0\.2\.2 /)
  await heard(inside, '10.0.2.2:7001', 'from-the-host')
  await inside.end()
})

test('engine=passt: TCP and UDP lead in', { needs: [...NEEDS, 'passt'], ours: OURS }, async (scene) => {
  const host = await Host.open(scene)
  await outside(host)
  const ports = 'tcpfwd=127.0.0.1:7008:10.0.2.15:80,0.0.0.0:7009:10.0.2.15:80/udpfwd=127.0.0.1:7010:10.0.2.15:81'
  const inside = await guest(host, [ours('vdens'), `slirp:///engine=passt/v4/${ports}`])
  await serveInside(inside)
  // Who calls speaks first: a passt of 2023 (Debian 12) does not let a guest speak before.
  for (const address of ['TCP:127.0.0.1:7008', 'TCP:192.0.2.1:7009', 'UDP:127.0.0.1:7010']) await answered(host.root, address, 'from-the-guest')
  await inside.must('kill $servers')
  await inside.end()
})

for (const [how, argv] of [
  ['stream:// to a passt that listens', (dir: string) => ['passt', '--foreground', '--ipv4-only', '--socket', `${dir}/passt`]],
  ['stream-listen:// and a passt that is given the connection',
    (dir: string) => ['socat', `UNIX-CONNECT:${dir}/passt,retry=100,interval=0.05`, 'EXEC:passt --foreground --ipv4-only --fd 0,nofork']]
] as const) {
  test(how, { needs: [...NEEDS, 'busybox', 'passt'], ours: OURS }, async (scene) => {
    const host = await Host.open(scene)
    const dir = scene.shared('files')
    chmodSync(dir, 0o777)
    await outside(host)
    serve(host, 7001, 'from-the-host')
    host.start(argv(dir))
    const isListening = how.startsWith('stream-listen')
    if (!isListening) await scene.exists(`${dir}/passt`)
    const inside = host.shell([ours('vdens'), `${isListening ? 'stream-listen' : 'stream'}://${dir}/passt`])
    assert.match(await dhcp(inside, dir), /^192\.0\.2\.1\/24 router=192\.0\.2\.2 /)
    await heard(inside, '192.0.2.2:7001', 'from-the-host')
    await inside.end()
    // passt leaves its socket behind.
    rmSync(`${dir}/passt`, { force: true })
  })
}

run()
