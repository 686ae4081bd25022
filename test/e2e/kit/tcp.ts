/** One TCP stream of iperf3 between two namespaces, as Reno sends it. */
import type { Shell } from './namespace.ts'

/** Serves one run of iperf3. It may still wait for last words on a slow link when the client has ended: then it is told. */
const SERVE = 'iperf3 -s -1 >/dev/null 2>&1 & server=$!; for i in $(seq 100); do ss -Hltn sport = 5201 | grep -q . && break; sleep 0.05; done'

/** Mbit/s at the receiver, after a second that does not count. */
export const tcpMbit = async (from: Shell, to: Shell, address: string, seconds: number): Promise<number> => {
  for (const shell of [from, to]) await shell.must('sysctl -qw net.ipv4.tcp_congestion_control=reno')
  await to.must(SERVE)
  const text = await from.must(`iperf3 -c ${address} -t ${seconds} -O 1 -J`, seconds * 1000 + 20_000)
  await to.run('kill $server; wait $server')
  const report = JSON.parse(text.slice(text.indexOf('{'))) as { end: { sum_received: { bits_per_second: number } } }
  return report.end.sum_received.bits_per_second / 1e6
}
