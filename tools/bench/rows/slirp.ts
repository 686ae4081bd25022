/**
 * User-mode networks: a guest and a server on the loopback of its host, which is the gateway's address to the guest. And a
 * router between two networks of an ordinary user, next to the same router between veth pairs.
 *
 * The host is a user and network namespace of its own, with nothing but its loopback (and for passt and pasta an interface
 * with a route, which they want to see).
 */
import { ADDRESS_A, ADDRESS_B, joinNetwork, startSwitch, type Pair, type Suite } from '../lib/networks.ts'
import type { Need } from '../lib/needs.ts'
import { ours, peer } from '../lib/programs.ts'
import type { Row, Side } from '../lib/row.ts'
import { Shell } from '../lib/shell.ts'
import type { Site } from '../lib/site.ts'
import { pings, tcp, tcpDown } from '../lib/traffic.ts'

const NEEDS: readonly Need[] = ['iperf3', 'ping', 'ip', 'tun', 'nsenter']
const VNL = `slirp:///host=${ADDRESS_B}%2F24`
const QUIET = 'sysctl -qw net.ipv4.tcp_congestion_control=reno; ip link set lo up'
const OUTSIDE = 'ip link add out0 type veth peer name out1 && ip link set out1 up && ip link set out0 up && ' +
  'ip addr add 192.0.2.1/24 dev out0 && ip route add default via 192.0.2.2'

/** A machine, and how a program is started on it. */
const machine = async (site: Site): Promise<{ readonly host: Shell, readonly inside: readonly string[] }> => {
  const host = new Shell(site, ['unshare', '-Urn'])
  await host.run(QUIET)
  return { host, inside: ['nsenter', '--preserve-credentials', '-t', String(await host.pid()), '-U', '-n'] }
}

/** Gives the guest its address, unless it has one, and waits for the gateway. */
const settle = async (guest: Shell, device: string): Promise<void> => {
  await guest.run(`${QUIET}; ip addr replace ${ADDRESS_A}/24 dev ${device} && ip link set ${device} up`)
  await guest.run(`for i in $(seq 3); do ping -c1 -W1 ${ADDRESS_B} >/dev/null && break; done; true`, 15_000)
}

const behindVdens = (name: string, suite: Suite, vnl: string): Opener => ({
  name,
  needs: suite === 'c' ? [...NEEDS, 'c:vdens'] : NEEDS,
  async open (site) {
    const { host, inside } = await machine(site)
    if (vnl.includes('passt')) await host.run(OUTSIDE)
    const guest = new Shell(site, [...inside, ...(suite === 'ours' ? ours('vdens') : [peer('vdens')]), vnl])
    await settle(guest, 'vde0')
    return { a: guest, b: host }
  }
})

/** A namespace that a program of the host gives an interface. */
const behindProgram = (need: Need, device: string, argv: (pid: number) => readonly string[], hasOutside: boolean): Opener => ({
  name: need,
  needs: [...NEEDS, need],
  async open (site) {
    const { host, inside } = await machine(site)
    if (hasOutside) await host.run(OUTSIDE)
    const guest = new Shell(site, [...inside, 'unshare', '-n'])
    site.start([...inside, ...argv(await guest.pid())])
    await guest.run(`for i in $(seq 100); do ip link show ${device} >/dev/null 2>&1 && break; sleep 0.05; done`)
    await settle(guest, device)
    return { a: guest, b: host }
  }
})

interface Opener { readonly name: string, readonly needs: readonly Need[], open (site: Site): Promise<Pair> }

const OURS = behindVdens('our vdens on slirp://', 'ours', VNL)
const PLUGIN = behindVdens('C vdens and plug-in', 'c', VNL)
const PASST = behindVdens('our vdens on slirp:///engine=passt', 'ours', `${VNL}/engine=passt/v4`)
const SLIRP4NETNS = behindProgram('slirp4netns', 'tap0', (pid) => ['slirp4netns', '--cidr', '10.99.0.0/24', String(pid), 'tap0'], false)
const PASTA = behindProgram('pasta', 'out0', (pid) => [
  'pasta', '--foreground', '--quiet', '--ipv4-only', '--config-net', '--address', ADDRESS_A, '--netmask', '24', '--gateway', ADDRESS_B, String(pid)
], true)

const side = ({ name, needs, open }: Opener, measure: typeof tcp): Side => ({
  name,
  needs,
  open: async (site) => {
    const pair = await open(site)
    return async (seconds) => await measure(pair, seconds)
  }
})

const WORK = [['up', 'TCP, guest to host', tcp], ['down', 'TCP, host to guest', tcpDown]] as const

const streams = (name: string, mine: Opener, other: Opener, target?: number): Row[] => WORK.map(([way, work, measure]) => ({
  name: `${name}-${way}`,
  work: `${work}, ${mine.name}`,
  against: other.name,
  unit: 'Gbit/s',
  ...(target === undefined ? {} : { target: { op: '>=' as const, value: target, of: 'ratio' as const } }),
  also: [{ extra: 'retransmits', unit: 'segments' }],
  ours: side(mine, measure),
  peer: side(other, measure)
}))

/** A router with address translation between two networks, and a station on each. */
const MASQUERADE = (out: string): string => 'echo 1 >/proc/sys/net/ipv4/ip_forward; nft add table ip nat && ' +
  `nft add chain ip nat out "{ type nat hook postrouting priority 100; }" && nft add rule ip nat out oifname ${out} masquerade`

/** @param devices of `a`, of `b`, and of the router towards each */
const route = async (a: Shell, b: Shell, router: Shell, devices: readonly string[]): Promise<Pair> => {
  const [onA, onB, left = '', right = ''] = devices
  await router.run(`ip addr add 10.98.0.254/24 dev ${left}; ip link set ${left} up`)
  await router.run(`ip addr add 10.99.0.254/24 dev ${right}; ip link set ${right} up`)
  await router.run(MASQUERADE(right))
  await a.run(`${QUIET}; ip addr add 10.98.0.1/24 dev ${onA}; ip link set ${onA} up; ip route add default via 10.98.0.254`)
  await b.run(`${QUIET}; ip addr add ${ADDRESS_B}/24 dev ${onB}; ip link set ${onB} up`)
  await a.run(`for i in $(seq 10); do ping -c1 -W1 ${ADDRESS_B} >/dev/null && break; done; true`, 15_000)
  return { a, b }
}

const ROUTER: Opener = {
  name: 'three vdens, two vde_switch',
  needs: [...NEEDS, 'nft'],
  async open (site) {
    const [left, right] = [await startSwitch(site, 'ours', 'left'), await startSwitch(site, 'ours', 'right')]
    const router = new Shell(site, [...ours('vdens'), '--multi', `vde://${left.dir}`, `vde://${right.dir}`, '--'])
    const [a, b] = [await joinNetwork(site, 'ours', `vde://${left.dir}`), await joinNetwork(site, 'ours', `vde://${right.dir}`)]
    return await route(a, b, router, ['vde0', 'vde0', 'vde0', 'vde1'])
  }
}

const VETH_ROUTER: Opener = {
  name: 'the same with veth pairs',
  needs: [...NEEDS, 'nft'],
  async open (site) {
    const { host, inside } = await machine(site)
    const [a, b, router] = [0, 1, 2].map(() => new Shell(site, [...inside, 'unshare', '-n']))
    const to = await router!.pid()
    for (const [shell, name] of [[a!, 'left'], [b!, 'right']] as const) {
      await host.run(`ip link add ${name} netns ${to} type veth peer name veth0 netns ${await shell.pid()}`)
    }
    return await route(a!, b!, router!, ['veth0', 'veth0', 'left', 'right'])
  }
}

export const slirpRows: readonly Row[] = [
  ...streams('slirp', OURS, PLUGIN, 1.2),
  {
    name: 'slirp-ping',
    work: 'ping to the gateway, median, slirp://',
    against: PLUGIN.name,
    unit: 'ms',
    target: { op: '<=', value: 1, of: 'ratio' },
    also: [{ extra: 'lost', unit: 'pings' }],
    ours: side(OURS, pings),
    peer: side(PLUGIN, pings)
  },
  ...streams('slirp-slirp4netns', OURS, SLIRP4NETNS),
  ...streams('passt', PASST, PLUGIN, 1.2),
  ...streams('passt-pasta', PASST, PASTA),
  {
    name: 'router-tcp',
    work: 'TCP, one stream, through a router that masquerades (nftables)',
    against: VETH_ROUTER.name,
    unit: 'Gbit/s',
    target: { op: '>=', value: 0.5, of: 'ratio' },
    also: [{ extra: 'retransmits', unit: 'segments' }],
    ours: side(ROUTER, tcp),
    peer: side(VETH_ROUTER, tcp)
  }
]
