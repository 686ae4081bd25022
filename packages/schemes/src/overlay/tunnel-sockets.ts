/**
 * What tunnels send by: sockets of LANES ports, over which flows are spread, and one sender that collects for all of them.
 * Tunnels with the same source share them, so that a host needs no more sockets for a thousand networks than for one.
 */
import { native } from '@vde-ts/native'
import type { Loop } from '@vde-ts/link'
import { emptyAddress, type Family } from '../internet/address.ts'
import { DatagramSender } from '../internet/datagram-sender.ts'
import { boundPort, setMulticast, udpSocket } from '../internet/udp-socket.ts'
import type { OverlayLink } from './overlay-link.ts'

/** Ports that flows are spread over. */
const LANES = 16
const SEND_OCTETS = 1024 * 1024

/** What datagrams leave with. */
export interface TunnelSource {
  readonly family: Family
  /** Address they come from, port 0; null: as routed. */
  readonly address: Uint8Array | null
  /** Hops that a multicast lives. */
  readonly ttl: number
  /** Interface that multicasts leave by; 0: as routed. */
  readonly interfaceIndex: number
}

/** See above. Closed with its last tunnel. */
export class TunnelSockets {
  readonly sender: DatagramSender
  /** Of the lanes, in their order. */
  readonly ports: readonly number[]
  readonly #fds: readonly number[]
  readonly #links = new Set<OverlayLink>()
  readonly #onClose: () => void

  /** @throws {VdeError} EADDRNOTAVAIL, ENODEV, EMFILE; nothing is left open then */
  constructor (source: TunnelSource, action: string, loop: Loop, onClose: () => void = () => {}) {
    this.#fds = openLanes(source, action)
    this.ports = this.#fds.map((fd) => boundPort(fd))
    this.sender = new DatagramSender(this.#fds, loop, () => { for (const link of this.#links) link.onRoom() })
    this.#onClose = onClose
  }

  /** A tunnel sends by them from now on. */
  enter (link: OverlayLink): void { this.#links.add(link) }

  /** A tunnel does no longer, or never came to do. */
  leave (link: OverlayLink | null): void {
    if (link !== null) this.#links.delete(link)
    if (this.#links.size > 0) return
    this.sender.close()
    for (const fd of this.#fds) native.close(fd)
    this.#onClose()
  }
}

const openLanes = ({ family, address, ttl, interfaceIndex }: TunnelSource, action: string): number[] => {
  const lanes: number[] = []
  try {
    for (let i = 0; i < LANES; i++) {
      const fd = udpSocket(address ?? emptyAddress(family, 0), action, { sendOctets: SEND_OCTETS })
      lanes.push(fd)
      setMulticast(fd, family, { ttl, interfaceIndex, loop: true }, action)
    }
    return lanes
  } catch (error) {
    for (const fd of lanes) native.close(fd)
    throw error
  }
}
