/** How large frames may be so that their datagrams pass the path whole. */
import { familyOf, headersOf, setPort } from '../internet/address.ts'
import { pathMtu } from '../internet/udp-socket.ts'
import type { Encapsulation } from './encapsulation.ts'

const ETHERNET_HEADER = 14
const ETHERNET_MTU = 1500
/** IPv6 wants no less of a link. */
const LEAST_MTU = 1280
/** Any port: a route is looked up, nothing is sent. */
const SOME_PORT = 9

/**
 * MTU of an interface whose frames go to all of these addresses; at most that of an Ethernet.
 * @param device interface that they leave by, when it is known
 */
export const innerMtu = (addresses: readonly Uint8Array[], codec: Encapsulation, device: string): number => {
  let least = ETHERNET_MTU
  for (const address of addresses) {
    const target = Uint8Array.from(address)
    setPort(target, SOME_PORT)
    least = Math.min(least, pathMtu(target, device) - headersOf(familyOf(target)) - codec.header - ETHERNET_HEADER)
  }
  return Math.max(least, LEAST_MTU)
}
