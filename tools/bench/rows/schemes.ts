/**
 * Rows of the VNL schemes: the same two namespaces on the same network, opened by our vdens and by the C one with its
 * plug-in. One TCP stream and a ping each.
 */
import { introduce, joinNetwork, type Pair, type Suite } from '../lib/networks.ts'
import type { Need } from '../lib/needs.ts'
import type { Row, Side } from '../lib/row.ts'
import type { Site } from '../lib/site.ts'
import { pings, tcp } from '../lib/traffic.ts'

/** VNLs of the two ends, and what else has to be there for them. */
interface Medium {
  readonly name: string
  readonly ends: (site: Site) => readonly [string, string]
}

/** Below the kernel's own range; each side of a pair has its own. */
let port = 25_000 + process.pid % 2000

const MEDIA: readonly Medium[] = [
  { name: 'ptp', ends: (site) => [`ptp://${site.path('wire')}`, `ptp://${site.path('wire')}`] },
  {
    name: 'udp',
    ends: () => {
      const [a, b] = [++port, ++port]
      return [`udp://${a}->127.0.0.1:${b}`, `udp://${b}->127.0.0.1:${a}`]
    }
  }
]

const NEEDS: readonly Need[] = ['iperf3', 'ping', 'ip', 'tun']

const open = async (site: Site, suite: Suite, { ends }: Medium): Promise<Pair> => {
  const [left, right] = ends(site)
  const a = await joinNetwork(site, suite, left)
  const b = await joinNetwork(site, suite, right)
  await introduce({ a, b })
  return { a, b }
}

const side = (suite: Suite, medium: Medium, measure: typeof tcp): Side => ({
  name: `${suite === 'ours' ? 'our' : 'C'} vdens on ${medium.name}://`,
  needs: suite === 'ours' ? NEEDS : [...NEEDS, 'c:vdens'],
  open: async (site) => {
    const pair = await open(site, suite, medium)
    return async (seconds) => await measure(pair, seconds)
  }
})

export const schemeRows: readonly Row[] = MEDIA.flatMap((medium): Row[] => [
  {
    name: `${medium.name}-tcp`,
    work: `TCP, one stream, two namespaces on ${medium.name}://`,
    against: 'C vdens and plug-in',
    unit: 'Gbit/s',
    target: { op: '>=', value: 1.2, of: 'ratio' },
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
])
