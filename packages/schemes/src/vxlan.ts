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
import type { FrameSink, Link } from '@vde-ts/link'
import { MAX_VNI, VXLAN_HEADER, readVni, writeVxlan } from '@vde-ts/frame/vxlan.js'
import { FOREIGN, MALFORMED, type Encapsulation } from './overlay/encapsulation.ts'
import { listParams, numberOf, portParam, readMembers, readShared, sharedParams, ttlParam } from './overlay/addressing.ts'
import { openTunnel, type TunnelProtocol } from './overlay/tunnel.ts'
import type { OpenContext, Scheme, Tail } from './scheme.ts'

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

const protocol: TunnelProtocol = {
  name: 'vxlan',
  networkOf: (buf, at, len) => len < VXLAN_HEADER ? -1 : readVni(buf, at)
}

/** See above. */
export const vxlanScheme: Scheme = {
  name: 'vxlan',
  summary: 'hosts as one Ethernet over UDP, VXLAN (RFC 7348): a multicast group or a list of hosts',
  overhead: '50 octets over IPv4, 70 over IPv6 (14 Ethernet, 8 VXLAN, 8 UDP, 20 or 40 IP): MTU 1450 or 1430 on an Ethernet of 1500',
  style: 'address',
  params: {
    port: { help: 'UDP port of every host', value: 'N', fallback: String(PORT) },
    vni: { help: 'number of the network', value: 'N', fallback: '1' },
    ttl: { help: 'hops a multicast lives', value: 'N', fallback: '1' },
    ...sharedParams,
    ...listParams
  },
  open: openVxlan
}

async function openVxlan (tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link> {
  const action = `open vxlan://${tail.path}`
  const port = portParam(tail, PORT)
  const vni = numberOf(tail, 'vni', 1, 0, MAX_VNI)
  const shared = readShared(tail, action)
  const members = await readMembers(tail, port, shared.family, action)
  const options = { ...shared, members, port, network: vni, ttl: ttlParam(tail), codec: vxlanCodec(vni), action }
  return await openTunnel(protocol, options, sink, context)
}
