/**
 * Hosts on an underlay: namespaces of one user namespace, each with an interface `out` on a switch of the kernel's.
 *
 *     north  out 10.77.0.1, fd77::1 --.
 *     south  out 10.77.0.2, fd77::2 --+-- br0
 *     west   out 10.77.0.3, fd77::3 --'
 *
 * On each an ordinary user runs vdenet. Guests are namespaces of their own, at the other end of an interface of the host.
 */
import { Host } from './host.ts'
import { LabUser } from './labs.ts'
import type { Shell } from './namespace.ts'
import type { Scene } from './scene.ts'

/** What {@link underlay} needs. */
export const UNDERLAY_NEEDS: readonly string[] = ['userns', 'tun', 'unshare', 'nsenter', 'ip', 'ping']

/** One host. */
export interface Site {
  readonly name: string
  readonly ip: string
  readonly ip6: string
  readonly host: Host
  readonly lab: LabUser
}

/** Hosts of these names, in the order of their addresses, each reachable from all. */
export const underlay = async (scene: Scene, ...names: readonly string[]): Promise<Site[]> => {
  const fabric = await Host.open(scene)
  await fabric.root.must('ip link add br0 type bridge mcast_snooping 0 && ip link set br0 up')
  const sites: Site[] = []
  for (const [i, name] of names.entries()) sites.push(await join(scene, fabric, name, i + 1))
  await Promise.all(sites.map(async ({ host }) => { await host.root.ping(sites[0]!.ip) }))
  return sites
}

const join = async (scene: Scene, fabric: Host, name: string, number: number): Promise<Site> => {
  const host = await fabric.neighbour()
  const [ip, ip6] = [`10.77.0.${number}`, `fd77::${number}`]
  await fabric.root.must(`ip link add p${number} type veth peer name out netns ${host.root.proc.pid} && ip link set p${number} master br0 up`)
  await host.root.must(`ip addr add ${ip}/24 dev out; ip addr add ${ip6}/64 dev out nodad; ip link set out up`)
  return { name, ip, ip6, host, lab: new LabUser(scene, (argv) => host.inside(argv), `run-${name}`) }
}

/** A guest behind interface `iface` of a host. Its own is eth0. */
export const guestAt = async (host: Host, iface: string, mac: string, ...cidrs: readonly string[]): Promise<Shell> => {
  const guest = (await host.neighbour()).root
  await host.root.must(`ip link add ${iface} type veth peer name eth0 address ${mac} netns ${guest.proc.pid} && ip link set ${iface} up`)
  await guest.must(`${cidrs.map((cidr) => `ip addr add ${cidr} dev eth0${cidr.includes(':') ? ' nodad' : ''}; `).join('')}ip link set eth0 up`)
  return guest
}
