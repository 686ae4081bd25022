/** Overlays of declared networks with the kernel's VXLAN device as another host. */
import { UNDERLAY_NEEDS, run, test, underlay, waitFor, type Site } from './kit/index.ts'

const MAC = { node: '06:00:00:00:00:01', kernel: '06:00:00:00:00:02' } as const

/** North is ours; on south the kernel's device has the address that the file gives to a guest there. */
const fileOf = (overlay: string, [north, south]: readonly [string, string]): string => `vdenet: 1
name: lab
hosts: { north: { ip: "${north}", if: out }, south: { ip: "${south}", if: vx0 } }
nets: { one: { overlay: ${overlay}, vid: 9, virts: { k: { host: south, if: vx0, mac: "${MAC.kernel}" } } } }
nodes: { a: { host: north, if: { eth0: { net: one, mac: "${MAC.node}", ip: 192.168.99.1/24 } } } }
`

interface Way {
  readonly overlay: string
  /** Words of `ip link add ... type vxlan`, and what is said to its table. */
  readonly device: (north: string, south: string) => string
}

const ALL = '00:00:00:00:00:00'
const WAYS = (group: string): readonly Way[] => [
  {
    overlay: 'vxlan/e2e',
    device: (north, south) => `local ${south} dev out && bridge fdb append ${ALL} dev vx0 dst ${north}`
  },
  {
    overlay: 'vxlan/static',
    device: (north, south) => `local ${south} dev out nolearning && bridge fdb append ${ALL} dev vx0 dst ${north} && bridge fdb append ${MAC.node} dev vx0 dst ${north}`
  },
  { overlay: `vxlan/mcast, group: "${group}"`, device: (_, south) => `local ${south} dev out group ${group}` }
]

test('the kernel as another host: e2e, static, mcast, over IPv4 and IPv6', { needs: [...UNDERLAY_NEEDS, 'bridge'], ours: ['vdenet'], ms: 60_000 }, async (scene) => {
  const [north, south] = await underlay(scene, 'north', 'south') as [Site, Site]
  const families = [[north.ip, south.ip, '239.7.7.7', 1450], [north.ip6, south.ip6, 'ff05::7', 1430]] as const
  for (const [ours, theirs, group, mtu] of families) {
    for (const { overlay, device } of WAYS(group)) {
      await south.host.root.must(`ip link add vx0 address ${MAC.kernel} mtu ${mtu} type vxlan id 9 dstport 4789 ${device(ours, theirs)}`)
      await south.host.root.must('ip addr add 192.168.99.2/24 dev vx0 && ip link set vx0 up')
      await north.lab.must('apply', '--host', 'north', north.lab.file('lab.yaml', fileOf(overlay, [ours, theirs])))
      await waitFor(async () => (await north.lab.run(['exec', 'a', 'ping', '-c1', '-W1', '192.168.99.2'])).exit?.code === 0,
        10_000, `the kernel answers over ${overlay}`)
      await south.host.root.must(`ping -c2 -i0.2 -W2 -M do -s ${mtu - 28} 192.168.99.1`)
      await south.host.root.must('ip link del vx0')
    }
  }
})

run()
