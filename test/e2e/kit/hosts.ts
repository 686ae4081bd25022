/**
 * Two hosts on one Ethernet: namespaces of one user namespace, joined by veth. Multicasts leave by eth0.
 *
 *     a  eth0 192.0.2.1, fd00::1  ----  eth0 192.0.2.2, fd00::2  b
 */
import { Host } from './host.ts'
import type { PlugPipe } from './plug-pipe.ts'
import type { Scene } from './scene.ts'
import { within } from './wait.ts'

/** What {@link hosts} needs, beyond what runs on them. */
export const HOST_NEEDS: readonly string[] = ['userns', 'unshare', 'nsenter', 'ip', 'ping']

/** Addresses of the two. */
export const A = { v4: '192.0.2.1', v6: 'fd00::1' } as const
/** See {@link A}. */
export const B = { v4: '192.0.2.2', v6: 'fd00::2' } as const

/** Two hosts, reachable from each other. */
export const hosts = async (scene: Scene): Promise<readonly [Host, Host]> => {
  const a = await Host.open(scene)
  const b = await a.neighbour()
  await a.root.must(`ip link add eth0 type veth peer name eth0 netns ${b.root.proc.pid}`)
  for (const [host, { v4, v6 }] of [[a, A], [b, B]] as const) {
    await host.root.must(`ip addr add ${v4}/24 dev eth0; ip addr add ${v6}/64 dev eth0 nodad; ip link set eth0 up; ip route add 224.0.0.0/4 dev eth0`)
  }
  await a.root.ping(B.v4)
  await a.root.ping(B.v6)
  return [a, b]
}

/** Ends plugs in turn, and waits for it. */
export const endAll = async (...plugs: PlugPipe[]): Promise<void> => {
  for (const plug of plugs) await within(plug.end(), 5000, `end of ${plug.proc.name}`)
}
