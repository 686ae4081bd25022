/**
 * slirp://[/key=value/...] - user-mode TCP/IP: whoever is on this link reaches what this host reaches, without any
 * privilege. A gateway, a name server, DHCP, IPv6 router advertisements, TFTP; forwards in both directions.
 *
 *     slirp:///host=10.1.1.2%2F16/tcpfwd=8080:10.1.2.15:80     libslirp, in a process of its own (engine-link.ts)
 *     slirp:///engine=passt                                    the program passt: TCP faster, fewer keys (passt.ts)
 */
import { VdeError } from '@vde-ts/link'
import type { Scheme, Tail } from '../scheme.ts'
import { openEngine } from './engine-link.ts'
import { settingLines } from './network-context.ts'
import { openPasst, passtArguments } from './passt.ts'
import { readSettings, slirpParams } from './settings.ts'

/** @throws {VdeError} EINVAL another engine */
const isPasst = ({ params }: Tail): boolean => {
  const engine = params.get('engine') ?? 'slirp'
  if (engine === 'passt' || engine === 'slirp') return engine === 'passt'
  throw new VdeError('EINVAL', 'open slirp://', `there is no engine "${engine}", slirp and passt are known`)
}

/** See above. */
export const slirpScheme: Scheme = {
  name: 'slirp',
  summary: 'the network of this host, in user mode: NAT, DHCP, DNS, forwards',
  style: 'address',
  params: slirpParams,
  check (tail) {
    const settings = readSettings(tail)
    if (isPasst(tail)) passtArguments(tail, settings)
  },
  async open (tail, sink, context) {
    if (isPasst(tail)) return await openPasst(tail, sink, context.loop)
    const settings = readSettings(tail)
    const link = await openEngine(settings, sink, context.loop)
    if (tail.params.has('verbose')) for (const line of settingLines(settings)) context.log(line)
    return link
  }
}
