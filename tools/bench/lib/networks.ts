/**
 * Networks to measure: switches of either suite, namespaces joined to them by either vdens, and the kernel's own bridge
 * with veth pairs inside one user namespace. Every namespace has reno and no IPv6, so that nothing but the measurement
 * sends, and TCP behaves alike in all of them.
 */
import { lstatSync } from 'node:fs'
import { find, manyFiles, ours, peer } from './programs.ts'
import { Shell } from './shell.ts'
import type { Program, Site } from './site.ts'
import { waitFor } from './wait.ts'

/** Whose programs. */
export type Suite = 'ours' | 'c'

export interface RunningSwitch {
  /** Its control directory: also the VNL. */
  readonly dir: string
  /** Console socket; empty when it has none. */
  readonly mgmt: string
  readonly program: Program
}

/** Two namespaces that reach each other: `a` is 10.99.0.1, `b` is 10.99.0.2. */
export interface Pair {
  readonly a: Shell
  readonly b: Shell
}

export const ADDRESS_A = '10.99.0.1'
export const ADDRESS_B = '10.99.0.2'

const READY_MS = 10_000

/** A vde_switch in the foreground, its console on the pipe of its input, ready to be joined. */
export const startSwitch = async (
  site: Site, suite: Suite, name: string, args: readonly string[] = []
): Promise<RunningSwitch> => {
  const dir = site.path(name)
  const mgmt = site.path(`${name}.mgmt`)
  const command = suite === 'ours' ? ours('vde_switch') : [peer('vde_switch')]
  const program = site.start(manyFiles([...command, '-s', dir, '-M', mgmt, ...args]))
  await exists(program, `${dir}/ctl`)
  await exists(program, mgmt)
  return { dir, mgmt, program }
}

/** The in-process switch, or hub, of a VNL, held by a vde_plug whose other end is null. */
export const startNode = async (site: Site, suite: Suite, name: string, kind: 'switch' | 'hub' = 'switch'): Promise<RunningSwitch> => {
  const dir = site.path(name)
  const command = suite === 'ours' ? ours('vde_plug') : [peer('vde_plug')]
  const program = site.start([...command, 'null://', `${kind}://${dir}`])
  await exists(program, `${dir}/ctl`)
  return { dir, mgmt: '', program }
}

/** A vde_plug between two switches. It says nothing when it is up: the first ping through it waits for that. */
export const startPlug = (site: Site, suite: Suite, left: RunningSwitch, right: RunningSwitch): Program => {
  const command = suite === 'ours' ? ours('vde_plug') : [peer('vde_plug')]
  return site.start([...command, `vde://${left.dir}`, `vde://${right.dir}`])
}

const exists = async (program: Program, path: string): Promise<void> => {
  await waitFor(() => {
    if (program.isEnded) throw new Error(`Cannot start: ended early, ${program.story}`)
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  }, READY_MS, `socket of ${program.label}`)
}

/** A namespace with the interface vde0 on `network`, without an address yet. `options` are those of our vdens. */
export const joinNamespace = async (
  site: Site, suite: Suite, network: string, options: readonly string[] = []
): Promise<Shell> => await joinNetwork(site, suite, `vde://${network}`, options)

/** The same on any network. */
export const joinNetwork = async (site: Site, suite: Suite, vnl: string, options: readonly string[] = []): Promise<Shell> => {
  const command = suite === 'ours' ? [...ours('vdens'), ...options] : [peer('vdens')]
  const shell = new Shell(site, [...command, vnl])
  await quieten(shell)
  return shell
}

/** A namespace with `count` interfaces vde0, vde1, ... on `network`: idle company for a switch. All are up. */
export const joinMany = async (site: Site, suite: Suite, network: string, count: number): Promise<Shell> => {
  const command = suite === 'ours' ? ours('vdens') : [peer('vdens')]
  const shell = new Shell(site, manyFiles([...command, '--multi', ...new Array<string>(count).fill(`vde://${network}`), '--']))
  await shell.run('sysctl -qw net.ipv6.conf.all.disable_ipv6=1', 120_000)
  await shell.run(`i=0; while [ $i -lt ${count} ]; do echo link set vde$i up; i=$((i+1)); done | ip -batch -`, 60_000)
  return shell
}

const quieten = async (shell: Shell): Promise<void> => {
  await shell.run('sysctl -qw net.ipv4.tcp_congestion_control=reno net.ipv6.conf.all.disable_ipv6=1 ' +
    'net.ipv6.conf.default.disable_ipv6=1; ip link set lo up')
}

const setAddress = async (shell: Shell, device: string, address: string): Promise<void> => {
  await shell.run(`ip addr add ${address}/24 dev ${device} && ip link set ${device} up`)
}

/** Gives both their addresses and waits until one has pinged the other. */
export const introduce = async ({ a, b }: Pair, device: string = 'vde0'): Promise<void> => {
  await setAddress(a, device, ADDRESS_A)
  await setAddress(b, device, ADDRESS_B)
  await a.run(`for i in 1 2 3 4 5 6 7 8 9 10; do ping -c1 -W1 ${ADDRESS_B} >/dev/null && exit_ok=1 && break; done; [ "$exit_ok" = 1 ]`, 15_000)
}

/** Two namespaces on one switch. */
export const pairOn = async (
  site: Site, network: string, suites: readonly [Suite, Suite], options: readonly string[] = []
): Promise<Pair> => {
  const [a, b] = await Promise.all(suites.map((suite) => joinNamespace(site, suite, network, options)))
  const pair = { a: a!, b: b! }
  await introduce(pair)
  return pair
}

/**
 * Two network namespaces on a kernel bridge, inside one user namespace. Without offload the stacks send single segments:
 * by ethtool where it is installed, else by a limit of one segment per super-frame, which leaves the checksum untouched.
 */
export const bridgePair = async (site: Site, offload: boolean): Promise<Pair> => {
  const host = new Shell(site, ['unshare', '-Urn'])
  await host.run('ip link add br0 type bridge && ip link set br0 up')
  const shells: Shell[] = []
  for (const name of ['port1', 'port2']) {
    const shell = await neighbour(site, host)
    await host.run(`ip link add ${name} type veth peer name veth0 netns ${await shell.pid()}`)
    await host.run(`ip link set ${name} master br0 up`)
    if (!offload) await shell.run(withoutOffload('veth0'))
    shells.push(shell)
  }
  const pair = { a: shells[0]!, b: shells[1]! }
  await introduce(pair, 'veth0')
  return pair
}

/** A shell in another network namespace of the same user namespace. */
const neighbour = async (site: Site, host: Shell): Promise<Shell> => {
  const shell = new Shell(site, ['nsenter', '--preserve-credentials', '-t', String(await host.pid()), '-U', '-n', 'unshare', '-n'])
  await quieten(shell)
  return shell
}

/** Addresses of two hosts, and the device that joins them. */
const UNDERLAY = ['192.0.2.1', '192.0.2.2'] as const
const WIRE = 'veth0'

/**
 * Two hosts with a wire between them, and on top of it an overlay: the kernel's own vxlan device, or a namespace on each host
 * that our vdens opens.
 */
export const vxlanPair = async (site: Site, suite: Suite): Promise<Pair> => {
  const a = new Shell(site, ['unshare', '-Urn'])
  await quieten(a)
  const b = await neighbour(site, a)
  await a.run(`ip link add ${WIRE} type veth peer name ${WIRE} netns ${await b.pid()}`)
  const ends: Shell[] = []
  for (const [i, host] of [a, b].entries()) {
    await setAddress(host, WIRE, UNDERLAY[i]!)
    const remote = UNDERLAY[1 - i]!
    if (suite === 'c') await host.run(`ip link add vde0 type vxlan id 5 remote ${remote} dstport 4789 dev ${WIRE}`)
    ends.push(suite === 'c' ? host : await onHost(site, host, `vxlan:///vni=5/remote=${remote}`))
  }
  const pair = { a: ends[0]!, b: ends[1]! }
  await introduce(pair)
  return pair
}

/** Our vdens on a host. */
const onHost = async (site: Site, host: Shell, vnl: string): Promise<Shell> => {
  const argv = ['nsenter', '--preserve-credentials', '-t', String(await host.pid()), '-U', '-n', ...ours('vdens'), vnl]
  const shell = new Shell(site, argv)
  await quieten(shell)
  return shell
}

const withoutOffload = (device: string): string => find('ethtool') !== undefined
  ? `ethtool -K ${device} tx off tso off gso off`
  : `ip link set dev ${device} gso_max_segs 1`

/**
 * Makes sure that our namespaces are on the fast path: no port of theirs may show a datagram client. A silent fall-back
 * must not pass for what the row says it measures. @throws {Error} when there is one
 */
export const expectAttached = async (site: Site, network: RunningSwitch): Promise<void> => {
  if (!site.isStrict) return
  const console = site.start([...ours('unixcmd'), '-s', network.mgmt, 'port/print'])
  await console.ended
  const text = console.out
  if (!/endpoint ID/i.test(text)) throw new Error(`Cannot tell the path: the console says ${text.slice(0, 200)}`)
  if (/module unix prog/.test(text)) throw new Error('Cannot measure the fast path: the namespace has joined by datagrams')
}
