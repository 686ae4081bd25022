/**
 * Rows of the VNL schemes: the same two namespaces on the same network, opened by our vdens and by the C one with its
 * plug-in, and nodes held by vde_plug of either suite. One TCP stream and a ping each. The C plug-in of vxlan passes no
 * unicast, so that one stands beside the kernel's device.
 */
import { randomBytes } from 'node:crypto'
import { introduce, joinNetwork, startNode, vxlanPair, type Pair, type Suite } from '../lib/networks.ts'
import type { Need } from '../lib/needs.ts'
import type { Row, Side } from '../lib/row.ts'
import type { Site } from '../lib/site.ts'
import { pings, tcp } from '../lib/traffic.ts'

/** VNLs of the two ends, which are opened in this order. */
interface Medium {
  readonly name: string
  readonly ends: (site: Site, suite: Suite) => readonly [string, string] | Promise<readonly [string, string]>
  /** Times the C suite's throughput; absent: 1.2. */
  readonly target?: number
}

/** Below the kernel's own range; each side of a pair has its own. */
let port = 25_000 + process.pid % 2000

const udp = (): readonly [string, string] => {
  const [a, b] = [++port, ++port]
  return [`udp://${a}->127.0.0.1:${b}`, `udp://${b}->127.0.0.1:${a}`]
}

/** Both ends of a cable that has the same secret at either end. */
const shared = (site: Site, listen: string, call: string, path: string = ''): readonly [string, string] => {
  const psk = `[psk='${site.secret('psk', randomBytes(32).toString('hex'))}']`
  const where = `127.0.0.1:${++port}${path}${psk}`
  return [`${listen}://${where}`, `${call}://${where}`]
}

const both = (vnl: string): readonly [string, string] => [vnl, vnl]

const AGNO: Medium = {
  name: 'agno',
  target: 2,
  ends: (site) => {
    const key = site.secret('agno', randomBytes(16).toString('hex'))
    return udp().map((vnl) => `agno://${key}{${vnl}}`) as [string, string]
  }
}

const MEDIA: readonly Medium[] = [
  { name: 'ptp', ends: (site) => both(`ptp://${site.path('wire')}`) },
  { name: 'switch', ends: async (site, suite) => both(`vde://${(await startNode(site, suite, 'node')).dir}`) },
  { name: 'hub', ends: async (site, suite) => both(`vde://${(await startNode(site, suite, 'node', 'hub')).dir}`) },
  { name: 'vxvde', ends: () => both(`vxvde://239.77.0.1/if=lo/port=${++port}`) },
  { name: 'udp', ends: udp },
  { name: 'vlan', ends: async (site, suite) => both(`vlan://4{vde://${(await startNode(site, suite, 'node')).dir}}`) },
  AGNO
]

const NEEDS: readonly Need[] = ['iperf3', 'ping', 'ip', 'tun']

const open = async (site: Site, suite: Suite, { ends }: Medium): Promise<Pair> => {
  const [left, right] = await ends(site, suite)
  const a = await joinNetwork(site, suite, left)
  const b = await joinNetwork(site, suite, right)
  await introduce({ a, b })
  return { a, b }
}

const side = (suite: Suite, medium: Medium, measure: typeof tcp): Side => ({
  name: `${suite === 'ours' ? 'our' : 'C'} vdens on ${medium.name}://`,
  needs: suite === 'ours' ? NEEDS : [...NEEDS, 'c:vdens', ...medium === AGNO ? ['account'] as const : []],
  open: async (site) => {
    const pair = await open(site, suite, medium)
    return async (seconds) => await measure(pair, seconds)
  }
})

/** Cables that nobody on the way can read, each next to an older one of ours. */
const CABLES: ReadonlyArray<readonly [ours: Medium, peer: Medium]> = [
  [{ name: 'secure', ends: (site) => shared(site, 'secure-listen', 'secure') }, AGNO],
  [{ name: 'wss', ends: (site) => shared(site, 'ws-listen', 'wss', '/lan') }, { name: 'tcp', ends: (site) => shared(site, 'tcp-listen', 'tcp') }]
]

const cableRows: readonly Row[] = CABLES.flatMap(([cable, peer]): Row[] => [['tcp', tcp], ['ping', pings]].map(([what, measure]) => ({
  name: `${cable.name}-${what as string}`,
  work: what === 'tcp' ? `TCP, one stream, two namespaces on ${cable.name}://` : `ping, median, ${cable.name}://`,
  against: peer.name === 'tcp' ? 'our tcp:// with TLS' : 'our agno:// over udp://',
  unit: what === 'tcp' ? 'Gbit/s' : 'ms',
  also: [what === 'tcp' ? { extra: 'retransmits', unit: 'segments' } : { extra: 'lost', unit: 'pings' }],
  ours: side('ours', cable, measure as typeof tcp),
  peer: side('ours', peer, measure as typeof tcp)
})))

const vxlanSide = (suite: Suite, measure: typeof tcp): Side => ({
  name: suite === 'ours' ? 'our vdens on vxlan://' : "the kernel's vxlan device",
  needs: [...NEEDS, 'nsenter'],
  open: async (site) => {
    const pair = await vxlanPair(site, suite)
    return async (seconds) => await measure(pair, seconds)
  }
})

const vxlanRow = (name: string, work: string, unit: string, target: NonNullable<Row['target']>, measure: typeof tcp): Row => ({
  name, work, against: "the kernel's vxlan device", unit, target, ours: vxlanSide('ours', measure), peer: vxlanSide('c', measure)
})

const vxlanRows: readonly Row[] = [
  vxlanRow('vxlan-tcp', 'TCP, one stream, two namespaces on vxlan:// over a veth', 'Gbit/s', { op: '>=', value: 0.3, of: 'ratio' }, tcp),
  vxlanRow('vxlan-ping', 'ping, median, vxlan:// over a veth', 'ms', { op: '<=', value: 4, of: 'ratio' }, pings)
]

/** All of them. */
export const schemeRows: readonly Row[] = [...MEDIA.flatMap((medium): Row[] => [
  {
    name: `${medium.name}-tcp`,
    work: `TCP, one stream, two namespaces on ${medium.name}://`,
    against: 'C vdens and plug-in',
    unit: 'Gbit/s',
    target: { op: '>=', value: medium.target ?? 1.2, of: 'ratio' },
    also: [{ extra: 'retransmits', unit: 'segments' }],
    ours: side('ours', medium, tcp),
    peer: side('c', medium, tcp)
  },
  {
    name: `${medium.name}-ping`,
    work: `ping, median, ${medium.name}://`,
    against: 'C vdens and plug-in',
    unit: 'ms',
    target: { op: '<=', value: 1, of: 'ratio' },
    also: [{ extra: 'lost', unit: 'pings' }],
    ours: side('ours', medium, pings),
    peer: side('c', medium, pings)
  }
]), ...cableRows, ...vxlanRows]
