/**
 * vxlan:// - a network over UDP, as RFC 7348 has it: hosts, the kernel's own vxlan device among them, form one Ethernet.
 *
 *     vxlan://239.0.0.1/vni=5        the hosts of a multicast group
 *     vxlan:///vni=5/remote=A,B      hosts that are listed, where there is no multicast
 *     vxlan:///vni=5/fdb=MAC@A       stations that are known; others are not asked for
 *
 * Frames leave from LANES ports, one per flow, so that routers on the way spread flows over their links [RFC 7348 5]; they
 * go to, and are heard on, the one port that every host has. That one may be shared, see port-owner.ts. What a station
 * sent is answered to the host it came from at that port, whatever port it was sent from.
 */
import { VXLAN_HEADER, readVni, writeVxlan } from '@vde-ts/frame/vxlan.js'
import { FOREIGN, MALFORMED, type Encapsulation } from './overlay/encapsulation.ts'
import { checkTunnel, openTunnel, tunnelOverhead, tunnelParams, type TunnelProtocol } from './overlay/tunnel.ts'
import type { Scheme } from './scheme.ts'

const PORT = 4789

/** The header of one network. */
export const vxlanCodec = (vni: number): Encapsulation => ({
  header: VXLAN_HEADER,
  write (buf, at) { writeVxlan(buf, at, vni) },
  read (buf, at, len) {
    if (len < VXLAN_HEADER) return MALFORMED
    return readVni(buf, at) === vni ? VXLAN_HEADER : FOREIGN
  }
})

/** See above. */
export const vxlanProtocol: TunnelProtocol = {
  name: 'vxlan',
  port: PORT,
  networkOf: (buf, at, len) => len < VXLAN_HEADER ? -1 : readVni(buf, at),
  codec: vxlanCodec
}

/** See above. */
export const vxlanScheme: Scheme = {
  name: 'vxlan',
  summary: 'hosts as one Ethernet over UDP, VXLAN (RFC 7348): a multicast group or a list of hosts',
  form: '[GROUP]',
  overhead: tunnelOverhead('VXLAN'),
  style: 'address',
  params: tunnelParams(PORT),
  check (tail) { checkTunnel(vxlanProtocol, tail) },
  open: (tail, sink, context) => openTunnel(vxlanProtocol, tail, sink, context)
}
