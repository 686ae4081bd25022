/**
 * packet://IFNAME - the wire behind an interface that exists: frames that come in are delivered, frames sent go out over
 * it. pcap://IFNAME - the same with what libpcap programs see: also frames that others send over the interface, unless with
 * its own address as their source.
 *
 * Super-frames pass with their offload header in both directions: what GRO put together, and what the interface will cut.
 */
import { native } from '@vde-ts/native'
import { VdeError, errnoName } from '@vde-ts/link'
import { isTapFailure, openPacket, packetDevice } from '@vde-ts/tun-tap'
import { checkName } from './tap.ts'
import type { Scheme } from './scheme.ts'
import { tapLink } from './tap-link.ts'

const schemeOf = (name: string, summary: string, hearsOutgoing: boolean): Scheme => ({
  name,
  summary,
  form: 'IFNAME',
  style: 'raw',
  params: {},
  check ({ path }) { checkName(path, `open ${name}://${path}`) },
  open (tail, sink, context) {
    const socket = openPacket({ name: tail.path, hearsOutgoing })
    if (isTapFailure(socket)) {
      throw new VdeError(errnoName(socket.errno), `open ${name}://${tail.path}`, `${socket.detail}: ${native.strerror(socket.errno)}`)
    }
    return tapLink(socket.fd, socket.name, sink, context.loop, { device: packetDevice, label: `${name}://${socket.name}` })
  }
})

/** The scheme `packet`. */
export const packetScheme: Scheme =
  schemeOf('packet', 'the wire of an interface of this host, which stays usable (wants CAP_NET_RAW)', false)

/** The scheme `pcap`. */
export const pcapScheme: Scheme =
  schemeOf('pcap', 'as packet, and frames of others that leave there, unless from the address of the interface', true)
