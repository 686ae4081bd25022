/**
 * geneve:// - a network over UDP, as RFC 8926 has it; the addresses of its hosts are given as for vxlan://.
 *
 * Options are skipped, since none is known here; a datagram with one that must not be ignored is dropped and counted
 * [RFC 8926 3.5]. Everything else is that of vxlan: a port for each flow, one port to be heard at, stations that are learnt.
 */
import { GENEVE_HEADER, geneveHeaderLen, hasCriticalOption, readGeneveVni, writeGeneve } from '@vde-ts/frame/geneve.js'
import { CRITICAL, FOREIGN, MALFORMED, type Encapsulation } from './overlay/encapsulation.ts'
import { checkTunnel, openTunnel, tunnelOverhead, tunnelParams, type TunnelProtocol } from './overlay/tunnel.ts'
import type { Scheme } from './scheme.ts'

const PORT = 6081

/** The header of one network. */
export const geneveCodec = (vni: number): Encapsulation => ({
  header: GENEVE_HEADER,
  write (buf, at) { writeGeneve(buf, at, vni) },
  read (buf, at, len) {
    if (len < GENEVE_HEADER) return MALFORMED
    if (readGeneveVni(buf, at) !== vni) return FOREIGN
    const header = geneveHeaderLen(buf, at, len)
    if (header < 0) return MALFORMED
    return hasCriticalOption(buf, at) ? CRITICAL : header
  }
})

/** See above. */
export const geneveProtocol: TunnelProtocol = {
  name: 'geneve',
  port: PORT,
  networkOf: (buf, at, len) => len < GENEVE_HEADER ? -1 : readGeneveVni(buf, at),
  codec: geneveCodec
}

/** See above. */
export const geneveScheme: Scheme = {
  name: 'geneve',
  summary: 'hosts as one Ethernet over UDP, Geneve (RFC 8926): a list of hosts or a multicast group',
  form: '[GROUP]',
  overhead: tunnelOverhead('Geneve'),
  style: 'address',
  params: tunnelParams(PORT),
  check (tail) { checkTunnel(geneveProtocol, tail) },
  open: (tail, sink, context) => openTunnel(geneveProtocol, tail, sink, context)
}
