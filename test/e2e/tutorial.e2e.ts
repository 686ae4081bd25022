/**
 * What the VDE tutorials have their readers type, S1 to S23 of our numbering: each with all programs ours, and again
 * with Debian's in the place of one kind of them. An ordinary user types it, on a machine of his own.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { Host, dhcp, endPeer, heard, meet, ours, peer, run, serve, test, type Scene, type Shell } from './kit/index.ts'

const NEEDS = ['userns', 'tun', 'ip', 'ping']
const OURS = ['vde_switch', 'vde_plug', 'vdens', 'dpipe']

/** Who plays which part. */
interface Cast {
  readonly name: string
  readonly plug: string
  readonly vdens: string
  readonly dpipe: string
}

const ALL_OURS: Cast = { name: 'all ours', plug: ours('vde_plug'), vdens: ours('vdens'), dpipe: ours('dpipe') }
const CASTS: readonly Cast[] = [
  ALL_OURS,
  { ...ALL_OURS, name: "Debian's vdens", vdens: peer('vdens') },
  { ...ALL_OURS, name: "Debian's vde_plug and dpipe", plug: peer('vde_plug'), dpipe: peer('dpipe') }
]

/** One scenario with each cast that differs for it. */
const scenario = (name: string, parts: ReadonlyArray<'plug' | 'vdens'>, body: (host: Host, cast: Cast, dir: string) => Promise<void>, needs: readonly string[] = []): void => {
  for (const cast of CASTS) {
    if (cast !== ALL_OURS && !parts.some((part) => cast[part] !== ALL_OURS[part])) continue
    test(`${name}, ${cast.name}`, { needs: [...NEEDS, ...needs, 'vde_plug', 'vdens'], ours: OURS, ms: 40_000 }, async (scene: Scene) => {
      await body(await Host.open(scene), cast, scene.shared('tmp'))
    })
  }
}

/** `vdens VNL...` with an address. */
const station = async (host: Host, cast: Cast, vnl: readonly string[], address: string): Promise<Shell> => {
  const shell = host.shell([cast.vdens, ...vnl])
  await shell.address(address)
  return shell
}

/** Both ways, and then the ends of both. */
const together = async (a: Shell, aAddress: string, b: Shell, bAddress: string): Promise<void> => {
  await a.ping(bAddress)
  await b.ping(aAddress)
  await endPeer(a, b)
}

scenario('S1: a namespace with a loopback only', ['vdens'], async (host, cast) => {
  const proc = host.start([cast.vdens], { stdin: 'pipe' })
  proc.write('ip link set lo up && ping -c 1 127.0.0.1; ip -o link | wc -l; exit\n')
  await proc.ends(5000)
  assert.match(proc.out, /1 received[\s\S]*\n1\n$/)
})

for (const [what, vnl, join] of [
  ['switch://', 'switch://', 'vde://'],
  ['hub://', 'hub://', 'vde://'],
  ['a plain path', 'switch://', '']
] as const) {
  scenario(`S2: two namespaces and ${what}`, ['plug', 'vdens'], async (host, cast, dir) => {
    host.start([cast.plug, 'null://', `${vnl}${dir}/mysw`])
    await host.scene.exists(`${dir}/mysw/ctl`)
    const a = await station(host, cast, [`${join}${dir}/mysw`], '10.0.0.10/24')
    const b = await station(host, cast, [`${join}${dir}/mysw`], '10.0.0.11/24')
    await together(a, '10.0.0.10', b, '10.0.0.11')
  })
}

scenario('S3: sniffing on a hub', ['plug', 'vdens'], async (host, cast, dir) => {
  host.start([cast.plug, 'null://', `hub://${dir}/hub`])
  await host.scene.exists(`${dir}/hub/ctl`)
  const a = await station(host, cast, [`vde://${dir}/hub`], '10.0.0.10/24')
  const b = await station(host, cast, [`vde://${dir}/hub`], '10.0.0.11/24')
  const sniffer = host.shell([cast.vdens, `vde://${dir}/hub`])
  await sniffer.must('ip link set vde0 up')
  await sniffer.must(`TMPDIR=${dir} tshark -lni vde0 icmp >${dir}/heard 2>${dir}/said & until grep -qs 'Capture started' ${dir}/said; do sleep 0.02; done`)
  await a.ping('10.0.0.11')
  for (const line of ['10.0.0.10 .* 10.0.0.11 .* request', '10.0.0.11 .* 10.0.0.10 .* reply']) {
    await sniffer.must(`until grep -q '${line}' ${dir}/heard; do sleep 0.02; done`)
  }
  await sniffer.must('kill $!')
  await endPeer(a, b, sniffer)
}, ['tshark'])

scenario('S5: a namespace on two networks', ['plug', 'vdens'], async (host, cast, dir) => {
  for (const name of ['one', 'two']) {
    host.start([cast.plug, 'null://', `switch://${dir}/${name}`])
    await host.scene.exists(`${dir}/${name}/ctl`)
  }
  const a = host.shell([cast.vdens, '--multi', `vde://${dir}/one`, `vde://${dir}/two`, '--'])
  await a.address('10.0.1.1/24', 'vde0')
  await a.address('10.0.2.1/24', 'vde1')
  const b = await station(host, cast, [`vde://${dir}/one`], '10.0.1.2/24')
  const c = await station(host, cast, [`vde://${dir}/two`], '10.0.2.2/24')
  await b.ping('10.0.1.1')
  await c.ping('10.0.2.1')
  await a.ping('10.0.1.2')
  await endPeer(a, b, c)
})

scenario('S4: point to point', ['vdens'], async (host, cast, dir) => {
  const a = await station(host, cast, [`ptp://${dir}/myptp`], '10.0.0.15/24')
  await host.scene.exists(`${dir}/myptp`)
  const b = await station(host, cast, [`ptp://${dir}/myptp`], '10.0.0.1/24')
  await together(a, '10.0.0.15', b, '10.0.0.1')
})

scenario('S6: a router with address translation', ['vdens'], async (host, cast, dir) => {
  await host.root.must('ip tuntap add mode tap name tap0 && ip addr add 10.0.0.254/24 dev tap0 && ip link set tap0 up')
  const router = host.shell([cast.vdens, '--multi', `ptp://${dir}/myptp`, 'tap://tap0', '--'])
  await router.address('10.0.1.1/24', 'vde0')
  await router.address('10.0.0.1/24', 'vde1')
  await router.must('echo 1 >/proc/sys/net/ipv4/ip_forward')
  await router.must('nft add table ip nat && nft add chain ip nat out "{ type nat hook postrouting priority 100; }" && ' +
    'nft add rule ip nat out oifname vde1 masquerade')
  const station = host.shell([cast.vdens, `ptp://${dir}/myptp`])
  await station.address('10.0.1.2/24')
  await station.must('ip route add default via 10.0.1.1')
  await station.ping('10.0.0.254')
  // The way back is known for the router's own address only: so it was the router who asked.
  assert.match(await host.root.must('ip neigh show dev tap0'), /^10\.0\.0\.1 /m)
  assert.doesNotMatch(await host.root.must('ip neigh show dev tap0; ip route'), /10\.0\.1\./)
  await endPeer(router, station)
}, ['nft'])

const INTERNET = ['busybox', 'socat', 'plugin:slirp']

scenario('S10: a switch and the network of the host', ['plug', 'vdens'], async (host, cast, dir) => {
  serve(host, 7001, 'from-the-host')
  host.start([cast.plug, `switch://${dir}/mysw`, 'slirp://'])
  await host.scene.exists(`${dir}/mysw/ctl`)
  const machine = host.shell([cast.vdens, `vde://${dir}/mysw`])
  assert.match(await dhcp(machine, dir), /^10\.0\.2\.15\/24 router=10\.0\.2\.2 dns=10\.0\.2\.3 /)
  await heard(machine, '10.0.2.2:7001', 'from-the-host')
  await endPeer(machine)
}, INTERNET)

scenario('S11: a namespace and the network of the host', ['vdens'], async (host, cast, dir) => {
  serve(host, 7001, 'from-the-host')
  const inside = host.shell([cast.vdens, '-R', '10.0.2.3', 'slirp://'])
  assert.match(await dhcp(inside, dir), /^10\.0\.2\.15\/24 router=10\.0\.2\.2 dns=10\.0\.2\.3 /)
  assert.equal(await inside.must('cat /etc/resolv.conf'), 'nameserver 10.0.2.3\n')
  await heard(inside, '10.0.2.2:7001', 'from-the-host')
  await endPeer(inside)
}, INTERNET)

scenario('S12, S13: traffic leaves from where a command says', ['plug', 'vdens'], async (host, cast, dir) => {
  const remote = await host.neighbour()
  serve(remote, 7001, 'from-far-away')
  // In the place of ssh: the same stream, from another machine's network.
  writeFileSync(`${dir}/ssh`, `#!/bin/sh\nexec nsenter --target ${remote.root.proc.pid} --net ${cast.plug} slirp://\n`, { mode: 0o755 })
  const inside = host.shell([cast.vdens, '-R', '10.0.2.3', `cmd://${dir}/ssh`])
  await dhcp(inside, dir)
  await heard(inside, '10.0.2.2:7001', 'from-far-away')
  await endPeer(inside)
}, INTERNET)

scenario('S15: a cloud with a remote router', ['plug', 'vdens'], async (host, cast, dir) => {
  serve(host, 7001, 'from-the-host')
  await host.root.must('ip route add 224.0.0.0/4 dev lo')
  host.start([cast.plug, 'vxvde://234.0.0.1', `cmd://${cast.plug} slirp://`])
  const inside = host.shell([cast.vdens, '-R', '80.80.80.80', 'vxvde://234.0.0.1'])
  await dhcp(inside, dir)
  await heard(inside, '10.0.2.2:7001', 'from-the-host')
  await endPeer(inside)
}, INTERNET)

for (const [around, behind] of [
  ['vlan://4{', '}'], ['agno://KEY{', '}'], ['vlan://4{vlan://5/qinq{', '}}'], ['vlan://4{agno://KEY{', '}}'], ['agno://KEY{vlan://4{', '}}']
] as const) {
  scenario(`S16: nesting, ${around}...${behind}`, ['vdens'], async (host, cast, dir) => {
    host.start([ours('vde_switch'), '-s', `${dir}/mysw`, '--nostdin', '--trunk'])
    await host.scene.exists(`${dir}/mysw/ctl`)
    writeFileSync(`${dir}/key`, 'd41d8cd98f00b204e9800998ecf8427e  -\n')
    const vnl = `${around.replace('KEY', `${dir}/key`)}vde://${dir}/mysw${behind}`
    const a = await station(host, cast, [vnl], '10.0.0.1/24')
    const b = await station(host, ALL_OURS, [vnl], '10.0.0.2/24')
    await together(a, '10.0.0.1', b, '10.0.0.2')
  }, ['plugin:vlan', 'plugin:agno'])
}

for (const [scheme, most] of [['multi', 0], ['bonding', 15]] as const) {
  scenario(`S18: hand-over between two cables, ${scheme}://`, ['plug'], async (host, cast, dir) => {
    const [one, two] = [`${dir}/vm1`, `${dir}/vm2`]
    const [a, b] = [host.shell([ours('vdens'), `${scheme}://${one}`]), host.shell([ours('vdens'), `${scheme}://${two}`])]
    for (const end of [one, two]) await host.scene.exists(`${end}/ctl`)
    await a.address('10.0.0.1/24')
    await b.address('10.0.0.2/24')
    const [first] = [1, 2].map(() => host.start([cast.plug, one, two]))
    await a.ping('10.0.0.2')
    const pings = a.run('ping -q -i 0.01 -c 150 -W 1 10.0.0.2', 30_000)
    await b.must('until [ "$(sed -n "s/^ *vde0: *[0-9]* *\\([0-9]*\\).*/\\1/p" /proc/net/dev)" -gt 50 ]; do sleep 0.01; done')
    first!.kill('SIGKILL')
    const received = Number(/(\d+) received/.exec((await pings).out)?.[1])
    assert.ok(received >= 150 - most, `${received} of 150 pings were answered`)
    await endPeer(a, b)
  })
}

scenario('S17: cables between two switches', ['plug'], async (host, cast, dir) => {
  for (const name of ['sw1', 'sw2', 'sw3']) {
    host.start([ours('vde_switch'), '-s', `${dir}/${name}`, '--nostdin'])
    await host.scene.exists(`${dir}/${name}/ctl`)
  }
  host.start([cast.dpipe, cast.plug, `${dir}/sw1`, '=', cast.plug, `vde://${dir}/sw2`])
  host.start([cast.plug, `${dir}/sw2`, `${dir}/sw3`])
  const a = host.plug([cast.plug, `${dir}/sw1`], 1)
  const b = host.plug([cast.plug, `${dir}/sw3`], 2)
  await meet(a, b)
})

scenario('S23: a rootless container joins', ['plug'], async (host, cast, dir) => {
  host.start([cast.plug, `switch://${dir}/switch`, 'null://'])
  await host.scene.exists(`${dir}/switch/ctl`)
  const [one, two] = await Promise.all([Host.open(host.scene), Host.open(host.scene)])
  for (const [container, address] of [[one, '192.168.42.100'], [two, '192.168.42.101']] as const) {
    container.start([cast.plug, `vde://${dir}/switch`, 'tap://vde'])
    await container.root.must(`until ip link set vde up 2>/dev/null; do sleep 0.02; done; ip addr add ${address}/24 dev vde`)
  }
  await one.root.ping('192.168.42.101')
  await two.root.ping('192.168.42.100')
})

scenario('S14, S24: a cloud of a tap, a namespace, and a station that answers', ['plug', 'vdens'], async (host, cast) => {
  await host.root.must('ip link add eth0 type veth peer name end0; ip link set end0 up; ip link set eth0 up')
  await host.root.must('ip addr add 192.0.2.1/24 dev eth0; ip route add 224.0.0.0/4 dev eth0')
  await host.root.must('ip tuntap add mode tap name tap0; ip addr add 10.0.0.254/24 dev tap0; ip link set tap0 up')
  host.start([cast.plug, 'tap://tap0', 'vxvde://234.0.0.1'])
  const a = await station(host, cast, ['vxvde://234.0.0.1'], '10.0.0.20/24')
  await a.ping('10.0.0.254')
  // In the place of a program with a stack of its own: a namespace that serves port 5000.
  const b = await station(host, ALL_OURS, ['vxvde://234.0.0.1'], '10.0.0.50/24')
  await b.must('socat TCP-LISTEN:5000,fork SYSTEM:"echo served" & until grep -q :1388 /proc/net/tcp; do sleep 0.02; done')
  await a.must('socat - TCP:10.0.0.50:5000 | grep -q served')
  await b.must('kill $!')
  await endPeer(a, b)
}, ['socat'])

scenario('S19: a UDP cable', ['plug'], async (host, cast) => {
  const b = await host.neighbour()
  await host.root.must(`ip link add eth0 type veth peer name eth0 netns ${b.root.proc.pid}`)
  await host.root.must('ip addr add 192.0.2.1/24 dev eth0; ip link set eth0 up')
  await b.root.must('ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up')
  host.start([cast.plug, 'tap://t0', 'udp://2000->192.0.2.2:3000'])
  b.start([cast.plug, 'tap://t0', 'udp://3000->192.0.2.1:2000'])
  for (const [end, address] of [[host, '10.0.0.1'], [b, '10.0.0.2']] as const) {
    await end.root.must(`until ip link set t0 up 2>/dev/null; do sleep 0.02; done; ip addr add ${address}/24 dev t0`)
  }
  await host.root.ping('10.0.0.2')
  await b.root.ping('10.0.0.1')
})

scenario('S20: a serial line', ['vdens'], async (host, cast, dir) => {
  host.start(['/usr/bin/socat', `PTY,raw,echo=0,link=${dir}/one`, `PTY,raw,echo=0,link=${dir}/two`])
  for (const end of ['one', 'two']) await host.scene.exists(`${dir}/${end}`)
  const a = await station(host, cast, [`vdesl://${dir}/one`], '10.0.0.1/24')
  const b = await station(host, ALL_OURS, [`vdesl://${dir}/two[speed=38400]`], '10.0.0.2/24')
  await together(a, '10.0.0.1', b, '10.0.0.2')
}, ['socat', 'plugin:vdesl'])

// In the place of sshlirp: the C suite's slirp, which speaks the same stream.
scenario('S13: a slirp behind a command', ['vdens'], async (host, cast) => {
  const a = host.shell([cast.vdens, 'cmd://slirpvde -D -s -'])
  await a.address('10.0.2.15/24')
  await a.ping('10.0.2.2')
  await endPeer(a)
}, ['slirpvde'])

// In the place of namedhcp, which is not packaged: busybox's server. What counts is that DHCP passes a hub both ways.
scenario('S21: an address by DHCP on a hub', ['plug', 'vdens'], async (host, cast, dir) => {
  host.start([cast.plug, 'null://', `hub://${dir}/hub`])
  await host.scene.exists(`${dir}/hub/ctl`)
  const server = await station(host, cast, [`${dir}/hub`], '192.168.1.25/24')
  writeFileSync(`${dir}/conf`, `start 192.168.1.50\nend 192.168.1.60\ninterface vde0\npidfile ${dir}/pid\nlease_file ${dir}/leases\n`)
  await server.must(`touch ${dir}/leases; busybox udhcpd -f ${dir}/conf & until [ -e ${dir}/pid ]; do sleep 0.02; done`)
  const client = host.shell([cast.vdens, `${dir}/hub`])
  writeFileSync(`${dir}/script`, '#!/bin/sh\n[ "$1" = bound ] && ip addr add $ip/24 dev $interface\nexit 0\n', { mode: 0o755 })
  await client.must('ip link set vde0 up')
  await client.must(`busybox udhcpc -f -q -n -s ${dir}/script -F one.test.local -i vde0`, 15_000)
  await client.ping('192.168.1.25')
  await server.must('kill $!')
  await endPeer(server, client)
}, ['busybox'])

run()
