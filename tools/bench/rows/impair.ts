/** Rows of impaired links: how exact they are, how many there can be, and what a wirefilter costs. */
import { fileURLToPath } from 'node:url'
import { unbuilt } from '../lib/clients.ts'
import { introduce, joinNamespace, startSwitch, type Pair, type Suite } from '../lib/networks.ts'
import { ours, peer } from '../lib/programs.ts'
import type { Measure, Row, Sample, Side } from '../lib/row.ts'
import type { Site } from '../lib/site.ts'
import { tcp } from '../lib/traffic.ts'

const TIMER_LOOP = fileURLToPath(new URL('../helpers/timerfd-loop.c', import.meta.url))
const FRAMES = 20_000
const CROWD = 5000
const CROWD_FRAMES = 50_000
const KIB4 = 4096
/** Of a wirefilter that does nothing, against the C one. */
const TWICE = { op: '>=', value: 2, of: 'ratio' } as const

interface Lateness { readonly median: number, readonly p99: number, readonly lost?: number, readonly octetsPerLink?: number }

const runHelper = async (site: Site, argv: readonly string[], seconds: number): Promise<Lateness> => {
  const program = site.start(argv)
  const [line] = await program.says(/^\{.*\}\n/, seconds * 1000 + 30_000)
  return JSON.parse(line) as Lateness
}

const sample = ({ median, p99, lost = 0, octetsPerLink = 0 }: Lateness, isMedian: boolean): Sample =>
  ({ value: isMedian ? median : p99, extra: { 'p99 ms': p99, lost, 'octets per link': octetsPerLink } })

/** Frames over impaired links between memory: how late each came out. */
const release = (links: number, rate: number, delayMs: number): Side => ({
  name: `${links} of our links, ${delayMs} ms`,
  needs: [],
  open: async (site) => async (seconds) => {
    const argv = [...unbuilt('impair.ts', ['--expose-gc']), String(links), String(rate), String(delayMs), String(seconds)]
    return sample(await runHelper(site, argv, seconds), links === 1)
  }
})

/** A loop in C that does nothing but wake up as often: what the machine's timers can do. */
const timerLoop = (rate: number, isMedian: boolean): Side => ({
  name: 'a bare timerfd loop in C',
  needs: [],
  open: async (site) => {
    const program = site.path('timerfd-loop')
    await site.start([process.env.CC ?? 'cc', '-O2', '-o', program, TIMER_LOOP]).ended
    return async (seconds) => {
      const argv = [program, String(rate), String(Math.ceil(seconds))]
      return sample(await runHelper(site, argv, seconds), isMedian)
    }
  }
})

const exact = (delayMs: number): Row => ({
  name: `impair-${delayMs}ms`,
  work: `${FRAMES} frames a second delayed by ${delayMs} ms: median error`,
  against: 'the timers themselves',
  unit: 'ms',
  target: { op: '<=', value: 0.2, of: 'value', unit: 'ms' },
  also: [{ extra: 'p99 ms', unit: 'ms', target: { op: '<=', value: 3, of: 'ratio' } }, { extra: 'lost', unit: 'frames' }],
  ours: release(1, FRAMES, delayMs),
  peer: timerLoop(FRAMES, true),
  runs: 5
})

const crowd: Row = {
  name: 'impair-5000',
  work: `${CROWD} impaired links, ${CROWD_FRAMES} frames a second in all: 99th percentile of the error`,
  against: 'the timers themselves',
  unit: 'ms',
  target: { op: '<=', value: 3, of: 'ratio' },
  also: [
    { extra: 'octets per link', unit: 'octets', target: { op: '<=', value: KIB4, of: 'value', unit: 'octets' } },
    { extra: 'lost', unit: 'frames' }
  ],
  ours: release(CROWD, CROWD_FRAMES, 20),
  peer: timerLoop(CROWD_FRAMES, false),
  runs: 5
}

const filterOf = (suite: Suite): string[] => suite === 'ours' ? ours('wirefilter') : [peer('wirefilter')]

/** Frames of this length go through; as many in the file that is sent again and again. */
const CHAIN = { octets: 60, frames: 200_000 } as const
/** As often as $1 says; the arguments behind are the filter. Prints octets, then seconds, user and system time of the filter. */
const TIMED = 'n=$1; shift; { for i in $(seq $n); do cat frames; done; } | ' +
  '{ TIMEFORMAT="%R %U %S"; time "$@" 2>/dev/null; } 2>times | wc -c; cat times'

/** A filter of one direction between pipes that are never empty. */
const chain = (suite: Suite): Side => ({
  name: suite === 'ours' ? 'our wirefilter' : 'C wirefilter',
  needs: suite === 'ours' ? [] : ['c:wirefilter'],
  open: async (site): Promise<Measure> => {
    const header = `\\0\\${CHAIN.octets.toString(8)}`
    const make = `for i in $(seq 1000); do printf '${header}%0${CHAIN.octets}d' 0; done >one; for i in $(seq ${CHAIN.frames / 1000}); do cat one; done >frames`
    await site.start(['bash', '-c', make]).ended
    return async (seconds) => {
      const times = Math.max(1, Math.round(seconds * 2))
      const program = site.start(['bash', '-c', TIMED, 'bash', String(times), ...filterOf(suite)])
      const match = await program.says(/(\d+)\s+([\d.]+) ([\d.]+) ([\d.]+)\n/, seconds * 20_000 + 30_000)
      const [octets = 0, real = 0, user = 0, system = 0] = match.slice(1).map(Number)
      const frames = octets / (CHAIN.octets + 2)
      return { value: frames / real / 1000, extra: { 'CPU us per frame': (user + system) * 1e6 / frames } }
    }
  }
})

/** One TCP stream between namespaces on two switches of ours, with a filter as the cable. */
const between = (suite: Suite): Side => ({
  name: suite === 'ours' ? 'our wirefilter -v' : 'C wirefilter -v',
  needs: ['iperf3', 'ip', 'tun', 'ping', ...(suite === 'ours' ? [] : ['c:wirefilter' as const])],
  open: async (site) => {
    const [left, right] = [await startSwitch(site, 'ours', 'left'), await startSwitch(site, 'ours', 'right')]
    site.start([...filterOf(suite), '-v', `${left.dir}:${right.dir}`])
    const pair: Pair = { a: await joinNamespace(site, 'ours', left.dir), b: await joinNamespace(site, 'ours', right.dir) }
    await introduce(pair)
    return async (seconds) => await tcp(pair, seconds)
  }
})

export const impairRows: readonly Row[] = [
  exact(1), exact(5), exact(100), crowd,
  {
    name: 'wirefilter-chain',
    work: 'frames of 60 octets through a wirefilter between pipes',
    against: 'the C program',
    unit: 'kpps',
    target: TWICE,
    also: [{ extra: 'CPU us per frame', unit: 'us', target: { op: '<=', value: 0.8, of: 'ratio' } }],
    ours: chain('ours'),
    peer: chain('c'),
    runs: 5
  },
  {
    name: 'wirefilter-v',
    work: 'TCP, one stream, two switches joined by a wirefilter',
    against: 'the C program on the same switches',
    unit: 'Gbit/s',
    target: TWICE,
    ours: between('ours'),
    peer: between('c'),
    runs: 5
  }
]
