/** Overlays of declared networks between hosts, each with its own daemon of an ordinary user. */
import assert from 'node:assert/strict'
import { UNDERLAY_NEEDS, run, test, underlay, waitFor, type Site } from './kit/index.ts'

const OURS = ['vdenet']

/** Words of a net's overlay, and the MTU of its guests over IPv4 and IPv6. */
const OVERLAYS: ReadonlyArray<readonly [words: string, four: number, six: number]> = [
  ['overlay: vlan', 1496, 1496],
  ['overlay: vxlan/mcast, group: GROUP', 1450, 1430],
  ['overlay: vxlan/e2e', 1450, 1430],
  ['overlay: vxlan/static', 1450, 1430],
  ['overlay: geneve', 1450, 1430],
  ['overlay: geneve/e2e', 1450, 1430]
]

/** A net on three hosts, and one on two of them; a2 and b2 are no neighbours of a1. */
const fileOf = (words: string, ip: (site: number) => string): string => `vdenet: 1
name: lab
hosts:
  north: { ip: "${ip(1)}", if: out }
  south: { ip: "${ip(2)}", if: out }
  west: { ip: "${ip(3)}", if: out }
nets:
  one: { ${words}, vid: 1 }
  two: { ${words}, vid: 2, hosts: [ north, south ] }
nodes:
  a1: { host: north, if: { eth0: { net: one, ip: [ 192.168.99.1/24, "fd99::1/64" ] } } }
  a2: { host: north, if: { eth0: { net: two, ip: 192.168.99.2/24 } } }
  b1: { host: south, if: { eth0: { net: one, ip: 192.168.99.3/24 } } }
  b2: { host: south, if: { eth0: { net: two, ip: 192.168.99.4/24 } } }
  c1: { host: west, if: { eth0: { net: one, ip: 192.168.99.5/24 } } }
`

/** Everybody applies the file. */
const applyAll = async (sites: readonly Site[], text: string): Promise<void> => {
  await Promise.all(sites.map(async ({ name, lab }) => await lab.must('apply', '--host', name, lab.file(`${name}.yaml`, text))))
}

const pings = async ({ lab }: Site, node: string, target: string, ...options: string[]): Promise<boolean> =>
  (await lab.run(['exec', node, 'ping', '-c2', '-i0.2', '-W1', ...options, target])).exit?.code === 0

/** Who hears whom, and that full frames pass. */
const judge = async (sites: readonly Site[], mtu: number): Promise<void> => {
  const [north, south, west] = sites as [Site, Site, Site]
  await waitFor(async () => await pings(north, 'a1', '192.168.99.3'), 10_000, 'b1 answers a1')
  const heard = await Promise.all([
    pings(west, 'c1', '192.168.99.1', '-M', 'do', '-s', String(mtu - 28)),
    pings(south, 'b2', '192.168.99.2'),
    // Another net: of the same host, of another host.
    pings(north, 'a1', '192.168.99.2'),
    pings(north, 'a1', '192.168.99.4')
  ])
  assert.deepEqual(heard, [true, true, false, false], 'a full frame passes, the other net is one, both are apart')
  assert.match(await north.lab.must('exec', 'a1', 'cat', '/sys/class/net/eth0/mtu'), new RegExp(`^${mtu}$`, 'm'))
  assert.match(await north.lab.must('status'), new RegExp(`on phys north.*; MTU ${mtu};`))
}

const pids = async ({ lab }: Site): Promise<readonly (number | null)[]> =>
  (JSON.parse(await lab.must('status', '--json')) as { nodes: Array<{ pid: number | null }> }).nodes.map(({ pid }) => pid)

for (const family of [4, 6] as const) {
  test(`overlays over IPv${family}: three hosts, two nets, from one to the next by one line`, { needs: UNDERLAY_NEEDS, ours: OURS, ms: 120_000 }, async (scene) => {
    const sites = await underlay(scene, 'north', 'south', 'west')
    const group = family === 4 ? '239.7.7.7' : '"ff05::7"'
    let former: unknown = null
    // Over IPv6 one of each kind: of those that learn, that know, that have a group.
    const chosen = family === 4 ? OVERLAYS : OVERLAYS.filter(([words]) => /static|e2e|mcast/.test(words) && words !== 'overlay: geneve/e2e')
    for (const [words, four, six] of chosen) {
      await applyAll(sites, fileOf(words.replace('GROUP', group), (site) => family === 4 ? `10.77.0.${site}` : `fd77::${site}`))
      await judge(sites, family === 4 ? four : six)
      const now = await pids(sites[0]!)
      if (former !== null) assert.deepEqual(now, former, 'nodes go on')
      former = now
    }
  })
}

test('hosts and guests come and go, and nobody else notices', { needs: UNDERLAY_NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const sites = await underlay(scene, 'north', 'south', 'west')
  const [north, south] = sites as [Site, Site, Site]
  const text = fileOf('overlay: vxlan/e2e', (site) => `10.77.0.${site}`)
  const without = text.replace(/\n {2}west:.*/, '').replace(/\n {2}c1:.*/, '')
  await applyAll([north, south], without)
  await waitFor(async () => await pings(north, 'a1', '192.168.99.3'), 10_000, 'b1 answers a1')
  const stream = north.lab.start(['exec', 'a1', 'ping', '-i0.05', '-W1', '192.168.99.3'])
  await stream.says(/icmp_seq=3/)
  await applyAll(sites, text)
  await waitFor(async () => await pings(north, 'a1', '192.168.99.5'), 10_000, 'c1 answers a1')
  assert.match(await north.lab.must('status'), /vxlan\/e2e 1 on phys north, to 10\.77\.0\.2, 10\.77\.0\.3;/)
  await applyAll([north, south], without)
  assert.match(await north.lab.must('status'), /vxlan\/e2e 1 on phys north, to 10\.77\.0\.2;/)
  assert.ok(!await pings(north, 'a1', '192.168.99.5'), 'nobody sends to west any more')
  await stream.stop('SIGTERM')
  const numbers = [...stream.out.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number))
  assert.deepEqual(numbers, numbers.map((_, i) => i + 1), 'every echo came back')
})

test('a daemon that is killed: the next one joins the overlays again', { needs: UNDERLAY_NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const sites = await underlay(scene, 'north', 'south')
  const [north] = sites as [Site, Site]
  await applyAll(sites, fileOf('overlay: geneve', (site) => `10.77.0.${site}`))
  await waitFor(async () => await pings(north, 'a1', '192.168.99.3'), 10_000, 'b1 answers a1')
  const daemon = north.lab.daemon()
  process.kill(daemon, 'SIGKILL')
  await waitFor(() => !north.lab.daemonIs(daemon), 2000, 'end of the daemon')
  assert.match(await north.lab.must('list'), /^lab: 2 of 2 nodes, 2 nets, 0 links\n$/)
  await waitFor(async () => await pings(north, 'a1', '192.168.99.3'), 10_000, 'b1 answers a1 again')
})

/** Files that one host cannot do, and what it says. */
const REFUSED: ReadonlyArray<readonly [what: string, from: string, to: string, said: RegExp]> = [
  ['an interface that is not there', 'north: { ip: "10.77.0.1", if: out }', 'north: { ip: "10.77.0.1", if: oout }', /lab\.yaml:\d+:\d+: .*interface "oout" is not there \[PHYS_NOIF\]/],
  ['an address of another host', 'north: { ip: "10.77.0.1"', 'north: { ip: "10.77.0.9"', /join net "one" to vxlan\/e2e: .*; the network is as it was before\n$/],
  ['a cable between hosts', 'expect:', 'links: [ { a: "a1:x", b: "b1:x" } ]\nexpect:', /make link "a1:x--b1:x": its ends are on host "north" and host "south"/]
]
test('what a host cannot do is said, and nothing is left', { needs: UNDERLAY_NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const [north] = await underlay(scene, 'north') as [Site]
  const text = fileOf('overlay: vxlan/e2e', (site) => `10.77.0.${site}`) + 'expect: []\n'
  for (const [what, from, to, said] of REFUSED) {
    assert.match(await north.lab.fails('apply', '--host', 'north', north.lab.file('lab.yaml', text.replace(from, to))), said, what)
    await north.lab.isClean()
  }
  assert.match(await north.lab.fails('apply', '--host', 'noth', north.lab.file('lab.yaml', text)), /Cannot be host "noth": want one of north, south, west \(did you mean "north"\?\)/)
})

run()
