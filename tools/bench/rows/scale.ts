/** Rows of many: ports that one frame goes to, addresses to remember, memory it takes. */
import { readFileSync } from 'node:fs'
import { Clients, type Outcome } from '../lib/clients.ts'
import { startSwitch, type RunningSwitch, type Suite } from '../lib/networks.ts'
import type { Row, Sample, Side } from '../lib/row.ts'
import type { Site } from '../lib/site.ts'

const STATIONS = 512
const CROWD = 1024
/** How many times longer than other runs the frames of the memory row go on. */
const LONGER = 5

const joined = async (site: Site, suite: Suite, count: number): Promise<{ network: RunningSwitch, clients: Clients }> => {
  const network = await startSwitch(site, suite, 'sw', ['--numports', '1100'])
  return { network, clients: await Clients.join(site, network.dir, count) }
}

const sample = ({ perSecond, sent, lost }: Outcome): Sample =>
  ({ value: perSecond / 1000, extra: { 'loss %': lost / Math.max(sent, 1) * 100 } })

const broadcast = (suite: Suite): Side => ({
  name: suite === 'ours' ? 'our vde_switch' : 'C vde_switch',
  needs: suite === 'ours' ? [] : ['c:vde_switch'],
  open: async (site) => {
    const { clients } = await joined(site, suite, STATIONS)
    return async (seconds) => sample(await clients.broadcast(seconds))
  }
})

const learning = (suite: Suite, addresses: number): Side => ({
  name: `${suite === 'ours' ? 'our' : 'C'} vde_switch, ${addresses} addresses`,
  needs: suite === 'ours' ? [] : ['c:vde_switch'],
  open: async (site) => {
    const { clients } = await joined(site, suite, 2)
    return async (seconds) => sample(await clients.converse(seconds, addresses))
  }
})

/** Resident memory of a process, in MiB. */
const residentMiB = (pid: number): number => {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (match === null) throw new Error(`Cannot measure: process ${pid} has no resident memory`)
  return Number(match[1]) / 1024
}

/** Resident memory with a port for each of the crowd, after traffic to all of them; what it grew while that went on. */
const memory = (suite: Suite): Side => ({
  name: suite === 'ours' ? 'our vde_switch' : 'C vde_switch',
  needs: suite === 'ours' ? [] : ['c:vde_switch'],
  open: async (site) => {
    const { network, clients } = await joined(site, suite, CROWD)
    return async (seconds) => {
      // The first frames fill queues, pools and compiled code: growth is counted behind them.
      await clients.broadcast(seconds)
      const before = residentMiB(network.program.pid)
      const { perSecond } = await clients.broadcast(seconds * LONGER)
      const after = residentMiB(network.program.pid)
      return { value: after, extra: { 'growth MiB': after - before, 'million frames': perSecond * seconds * LONGER / 1e6 } }
    }
  }
})

export const scaleRows: readonly Row[] = [
  {
    name: 'broadcast-512',
    work: `broadcast to ${STATIONS} ports, frames delivered`,
    against: 'C vde_switch',
    unit: 'kpps',
    target: { op: '>=', value: 1.15, of: 'ratio' },
    also: [{ extra: 'loss %', unit: '%' }],
    ours: broadcast('ours'),
    peer: broadcast('c')
  },
  {
    name: 'learning',
    work: 'learning and forwarding with 100 000 addresses',
    against: 'the same switch with 10',
    unit: 'kpps',
    target: { op: '>=', value: 0.95, of: 'ratio' },
    also: [{ extra: 'loss %', unit: '%' }],
    ours: learning('ours', 100_000),
    peer: learning('ours', 10)
  },
  {
    name: 'learning-c',
    work: 'the same of the C switch, to compare',
    against: 'the C switch with 10 addresses',
    unit: 'kpps',
    ours: learning('c', 100_000),
    peer: learning('c', 10),
    runs: 3
  },
  {
    name: 'memory',
    work: `resident memory with ${CROWD} datagram ports`,
    against: 'C vde_switch',
    unit: 'MiB',
    target: { op: '<=', value: 90, of: 'value', unit: 'MiB' },
    also: [
      { extra: 'growth MiB', unit: 'MiB', target: { op: '<=', value: 2, of: 'value', unit: 'MiB' } },
      { extra: 'million frames', unit: 'frames * 10^6' }
    ],
    ours: memory('ours'),
    peer: memory('c'),
    runs: 3
  }
]
