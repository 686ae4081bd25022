/** The work: TCP streams, floods of small UDP packets, and pings, between the two ends of a pair. */
import { ADDRESS_B, type Pair } from './networks.ts'
import type { Sample } from './row.ts'
import type { Shell } from './shell.ts'
import { median, quantile } from './stats.ts'

/** A frame of 64 octets on the wire: 14 Ethernet, 20 IP, 8 UDP, 18 of payload, 4 FCS (which virtual wires leave out). */
const SMALL = 18
const PORT = 5201

/** Name of the retransmits behind the first second: the losses of a stream that has found its pace. */
export const AFTER_START = 'retransmits after 1 s'

/** What of the report of `iperf3 -J` is used here. */
interface IperfReport {
  readonly error?: string
  /** One for each second. */
  readonly intervals: ReadonlyArray<{ readonly sum: { readonly retransmits?: number } }>
  readonly end: {
    readonly sum_sent?: { readonly retransmits?: number, readonly packets?: number }
    readonly sum_received?: { readonly bits_per_second: number, readonly packets?: number, readonly lost_packets?: number }
    readonly sum?: { readonly packets: number, readonly lost_packets: number, readonly seconds: number }
  }
}

const serve = async (shell: Shell, log: string, seconds: number): Promise<void> => {
  await shell.background(`timeout ${seconds + 30} iperf3 -s -1 -p ${PORT} --forceflush`, log)
  // The listening socket, by its port in hexadecimal and the state LISTEN.
  await shell.run('for i in $(seq 200); do grep -qE ":1451 .* 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null && break; sleep 0.02; done')
}

const iperf = async (pair: Pair, options: string, seconds: number): Promise<IperfReport> => {
  await serve(pair.b, 'iperf.log', seconds)
  const line = `timeout ${seconds + 15} iperf3 -c ${ADDRESS_B} -p ${PORT} -J -t ${seconds} ${options} || true`
  const text = await pair.a.run(line, seconds * 1000 + 20_000)
  const report = JSON.parse(text.slice(text.indexOf('{'))) as IperfReport
  if (report.error !== undefined) throw new Error(`Cannot measure: iperf3 says ${report.error}`)
  return report
}

/** One TCP stream from `a` to `b`: Gbit/s received, and retransmits, in all and without those of the slow start. */
export const tcp = async (pair: Pair, seconds: number): Promise<Sample> => await stream(pair, '', seconds)

/** The same from `b` to `a`. */
export const tcpDown = async (pair: Pair, seconds: number): Promise<Sample> => await stream(pair, '-R', seconds)

const stream = async (pair: Pair, options: string, seconds: number): Promise<Sample> => {
  const { end, intervals } = await iperf(pair, options, seconds)
  const retransmits = end.sum_sent?.retransmits ?? 0
  const later = retransmits - (intervals[0]?.sum.retransmits ?? 0)
  return { value: (end.sum_received?.bits_per_second ?? 0) / 1e9, extra: { retransmits, [AFTER_START]: later } }
}

/** Small UDP packets from `a` to `b`, as many as go: thousands delivered per second, and the part lost. */
export const smallUdp = async (pair: Pair, seconds: number): Promise<Sample> => {
  const { end } = await iperf(pair, `-u -b 0 -l ${SMALL}`, seconds)
  const sum = end.sum
  if (sum === undefined) throw new Error('Cannot measure: iperf3 has no sum of packets')
  const delivered = sum.packets - sum.lost_packets
  return { value: delivered / sum.seconds / 1000, extra: { 'loss %': sum.lost_packets / Math.max(sum.packets, 1) * 100 } }
}

/** Pings from `a` to `b` every 10 ms: median in ms, 95th percentile, longest, lost ones. */
export const pings = async (pair: Pair, seconds: number): Promise<Sample> => {
  const count = Math.max(20, Math.round(seconds * 100))
  const text = await pair.a.run(`ping -i 0.01 -c ${count} -W 1 ${ADDRESS_B} || true`, seconds * 1000 + 20_000)
  const times = [...text.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms))
  if (times.length === 0) throw new Error(`Cannot measure: no ping came back, ${text.slice(-200)}`)
  return { value: median(times), extra: { 'p95 ms': quantile(times, 0.95), 'max ms': Math.max(...times), lost: count - times.length } }
}
