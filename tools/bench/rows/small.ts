/** Rows of small packets: how many a second, and how long one takes. */
import { Clients } from '../lib/clients.ts'
import type { Need } from '../lib/needs.ts'
import { expectAttached, joinMany, pairOn, startSwitch, type Pair, type Suite } from '../lib/networks.ts'
import type { Row, Sample, Side } from '../lib/row.ts'
import { pings, smallUdp } from '../lib/traffic.ts'
import { sleep } from '../lib/wait.ts'

const OURS: readonly Need[] = ['iperf3', 'ping', 'ip', 'tun', 'attach']
const ALL_C: readonly Need[] = ['iperf3', 'ping', 'ip', 'tun', 'c:vde_switch', 'c:vdens']

type Work = (pair: Pair, seconds: number) => Promise<Sample>

const side = (suite: Suite, work: Work): Side => ({
  name: suite === 'ours' ? 'vde_switch and vdens, taps handed over' : 'C vde_switch and C vdens',
  needs: suite === 'ours' ? OURS : ALL_C,
  open: async (site) => {
    const network = await startSwitch(site, suite, 'sw')
    const pair = await pairOn(site, network.dir, [suite, suite])
    if (suite === 'ours') await expectAttached(site, network)
    return async (seconds) => await work(pair, seconds)
  }
})

/** Seconds a flood goes on before the first ping and after the last. */
const MARGIN = 0.3

/** Pings between two namespaces while three datagram clients flood a fourth. */
const pingsUnderFlood = (suite: Suite): Side => ({
  ...side(suite, pings),
  open: async (site) => {
    const network = await startSwitch(site, suite, 'sw')
    const pair = await pairOn(site, network.dir, [suite, suite])
    // Before the clients come, which are on the old path on purpose.
    if (suite === 'ours') await expectAttached(site, network)
    const clients = await Clients.join(site, network.dir, 4)
    return async (seconds) => {
      const flooding = clients.flood(seconds + 2 * MARGIN)
      const [sample, flood] = await Promise.all([pings(pair, seconds), flooding])
      return { value: sample.value, extra: { ...sample.extra, 'flood kpps': flood.perSecond / 1000 } }
    }
  }
})

const LEAVERS = 1000

/** The longest ping between two namespaces while a vdens with a thousand more interfaces is killed. */
const pingsDuringLeave: Side = {
  ...side('ours', pings),
  open: async (site) => {
    const network = await startSwitch(site, 'ours', 'sw', ['--numports', '1100'])
    const pair = await pairOn(site, network.dir, ['ours', 'ours'])
    const crowd = await joinMany(site, 'ours', network.dir, LEAVERS)
    await expectAttached(site, network)
    return async (seconds) => {
      const pinging = pings(pair, seconds)
      await sleep(seconds * 1000 * MARGIN)
      crowd.program.kill()
      const { extra } = await pinging
      return { value: extra!['max ms']!, extra: { lost: extra!.lost! } }
    }
  }
}

const WORDS = { unit: 'ms', against: 'C vde_switch and C vdens' }

export const smallRows: readonly Row[] = [
  {
    name: 'udp-small',
    work: '64-octet UDP delivered per second, two namespaces',
    against: 'C vde_switch and C vdens',
    unit: 'kpps',
    target: { op: '>=', value: 2, of: 'ratio' },
    also: [{ extra: 'loss %', unit: '%' }],
    ours: side('ours', smallUdp),
    peer: side('c', smallUdp)
  },
  {
    name: 'ping-idle',
    work: 'ping, median, idle',
    ...WORDS,
    target: { op: '<=', value: 0.8, of: 'ratio' },
    also: [{ extra: 'p95 ms', unit: 'ms' }, { extra: 'lost', unit: 'pings' }],
    ours: side('ours', pings),
    peer: side('c', pings)
  },
  {
    name: 'ping-flood',
    work: 'ping, median, three ports flooding small frames',
    ...WORDS,
    target: { op: '<=', value: 3, of: 'value', unit: 'ms' },
    also: [
      { extra: 'p95 ms', unit: 'ms', target: { op: '<=', value: 10, of: 'value', unit: 'ms' } },
      { extra: 'lost', unit: 'pings', target: { op: '<=', value: 0, of: 'value', unit: 'pings' } },
      { extra: 'flood kpps', unit: 'kpps' }
    ],
    ours: pingsUnderFlood('ours'),
    peer: pingsUnderFlood('c')
  },
  {
    name: 'ping-leave',
    work: `ping, longest, while ${LEAVERS} attached endpoints leave at once`,
    against: 'nobody',
    unit: 'ms',
    target: { op: '<=', value: 20, of: 'value', unit: 'ms' },
    also: [{ extra: 'lost', unit: 'pings', target: { op: '<=', value: 0, of: 'value', unit: 'pings' } }],
    ours: pingsDuringLeave,
    runs: 3
  }
]
