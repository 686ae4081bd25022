/** What the HOWTO of the VDE README has its readers do, on two hosts with a wire between them. Cables over ssh: ssh.e2e.ts. */
import assert from 'node:assert/strict'
import { B, HOST_NEEDS, endPeer, hosts, ours, peer, run, test, type Host, type Shell } from './kit/index.ts'

const NEEDS = [...HOST_NEEDS, 'tun', 'nft', 'vde_switch', 'vde_plug', 'dpipe', 'socat']
const OURS = ['vde_switch', 'vde_plug', 'vdens', 'dpipe']

/** Who plays the switch and the cables. */
const CASTS = [['all ours', ours, ours], ["Debian's vde_switch", peer, ours], ["Debian's vde_plug and dpipe", ours, peer]] as const

/** A switch with a tap that has an address. */
const switchWithTap = async (host: Host, program: string, dir: string, cidr: string): Promise<void> => {
  // Its standard input stays open: the C switch ends with it.
  host.start([program, '-s', dir, '-t', 'tap0'])
  await host.scene.exists(`${dir}/ctl`)
  await host.root.must('until ip link set tap0 up 2>/dev/null; do sleep 0.02; done')
  await host.root.must(`ip addr add ${cidr} dev tap0`)
}

const station = async (host: Host, dir: string, cidr: string): Promise<Shell> => {
  const shell = host.shell([ours('vdens'), dir])
  await shell.address(cidr)
  return shell
}

for (const [cast, whoseSwitch, whosePlug] of CASTS) {
  const options = { needs: NEEDS, ours: OURS, ms: 40_000 }

  test(`1: a tap with masquerading, ${cast}`, options, async (scene) => {
    const [a] = await hosts(scene)
    const dir = `${scene.shared('tmp')}/sw`
    await switchWithTap(a, whoseSwitch('vde_switch'), dir, '10.8.0.254/24')
    await a.root.must('echo 1 >/proc/sys/net/ipv4/ip_forward; nft add table ip nat; ' +
      'nft add chain ip nat out "{ type nat hook postrouting priority 100; }"; nft add rule ip nat out oifname eth0 masquerade')
    const inside = await station(a, dir, '10.8.0.1/24')
    await inside.must('ip route add default via 10.8.0.254')
    // The other host knows no way back to 10.8.0.1.
    await inside.ping(B.v4)
    await endPeer(inside)
  })

  test(`2 to 4: a cable between the hosts, and a tunnel that some packets take, ${cast}`, options, async (scene) => {
    const [a, b] = await hosts(scene)
    const dir = scene.shared('tmp')
    const [near, far] = [`${dir}/near`, `${dir}/far`]
    await switchWithTap(a, whoseSwitch('vde_switch'), near, '10.9.0.1/24')
    await switchWithTap(b, whoseSwitch('vde_switch'), far, '10.9.0.2/24')
    const [plug, dpipe] = [whosePlug('vde_plug'), whosePlug('dpipe')]
    b.start([dpipe, plug, far, '=', '/usr/bin/socat', '-', 'TCP-LISTEN:7000'])
    await b.root.must('until grep -q :1B58 /proc/net/tcp; do sleep 0.02; done')
    a.start([dpipe, plug, near, '=', '/usr/bin/socat', '-', `TCP:${B.v4}:7000`])
    await a.root.ping('10.9.0.2')
    // What comes from 10.8.0.1 goes through the tunnel; there is no other way to 203.0.113.1.
    await b.root.must('ip addr add 203.0.113.1/32 dev lo; ip route add 10.8.0.1 via 10.9.0.1')
    await a.root.must('ip addr add 10.8.0.1/32 dev lo; ip rule add from 10.8.0.1 table 7; ip route add default via 10.9.0.2 table 7')
    await a.root.must('ping -c 1 -W 5 -I 10.8.0.1 203.0.113.1')
    assert.notEqual((await a.root.run('ping -c 1 -W 1 203.0.113.1')).code, 0)
  })

  // The cables are ours: Debian's udp:// that met a closed port stays deaf for longer than a test waits.
  if (whosePlug !== ours) continue
  test(`5: mobility, a second uplink takes over, ${cast}`, options, async (scene) => {
    const [a, b] = await hosts(scene)
    await a.root.must(`ip link add eth1 type veth peer name eth1 netns ${b.root.proc.pid}`)
    await a.root.must('ip addr add 198.51.100.1/24 dev eth1; ip link set eth1 up')
    await b.root.must('ip addr add 198.51.100.2/24 dev eth1; ip link set eth1 up')
    const dir = scene.shared('tmp')
    const [near, far] = [`${dir}/near`, `${dir}/far`]
    await switchWithTap(a, whoseSwitch('vde_switch'), near, '10.9.0.1/24')
    await switchWithTap(b, whoseSwitch('vde_switch'), far, '10.9.0.2/24')
    const plug = ours('vde_plug')
    /** Both ends of each cable on port 9: what is known to be behind the port stays there. */
    const uplink = (here: string, there: string, port: number): void => {
      b.start([plug, `${far}[9]`, `udp://${port}->${here}:${port}`])
      a.start([plug, `${near}[9]`, `udp://${port}->${there}:${port}`])
    }
    uplink('192.0.2.1', '192.0.2.2', 7001)
    await a.root.ping('10.9.0.2')
    uplink('198.51.100.1', '198.51.100.2', 7002)
    await a.root.must('until ping -c 3 -i 0.1 -W 1 10.9.0.2 | grep -q DUP; do sleep 0.1; done')
    await a.root.must('ip link set eth0 down')
    await a.root.must('ping -q -c 20 -i 0.01 -W 1 10.9.0.2')
  })
}

run()
