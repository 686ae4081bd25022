/**
 * One UDP port for several networks and processes: who is called what, and what is said. See port-owner.ts.
 *
 *     guest -> owner   {"v":1,"network":N}
 *     owner -> guest   {"v":1} or {"errno":N,"text":"..."}
 *     owner -> guest   | sender's address 28 | segment size 4 | datagram, datagram, ... |      from then on, each packet
 */
import type { Family } from './address.ts'

/** A port, as a protocol uses it. */
export interface PortKey {
  /** `vxlan`: also what the kernel calls its own device for it. */
  readonly protocol: string
  readonly family: Family
  readonly port: number
}

/** Octets of what stands in front of the datagrams of a packet; the segment size lies in the last four, little-endian. */
export const LEAD = 32
/** Octets of a packet of the hand-shake. */
export const MAX_HELLO = 512
/** How long either side may take for it, in ms. */
export const HELLO_MS = 1000

/** Abstract name of the owner's socket: like the port itself it is one per network namespace. */
export const ownerName = ({ protocol, family, port }: PortKey): string => `\0vde-ts/${protocol}/${family}/${port}`

const encoder = new TextEncoder()

/** The guest's request. */
export const encodeHello = (network: number): Uint8Array => encoder.encode(JSON.stringify({ v: 1, network }))

/** Network of a request; null: it is none. */
export const decodeHello = (octets: Uint8Array): number | null => {
  const said = parse(octets)
  const network = said?.['v'] === 1 ? said['network'] : null
  return typeof network === 'number' && Number.isInteger(network) && network >= 0 && network <= 0xffffffff ? network : null
}

/** A refusal, for people. */
export interface SeatRefusal { readonly errno: number, readonly text: string }

/** The owner's answer; null: come in. */
export const encodeWelcome = (refusal: SeatRefusal | null): Uint8Array => encoder.encode(JSON.stringify(refusal ?? { v: 1 }))

/** True: we are in. */
export const decodeWelcome = (octets: Uint8Array): true | SeatRefusal | null => {
  const said = parse(octets)
  if (said?.['v'] === 1) return true
  const { errno, text } = said ?? {}
  if (typeof errno !== 'number' || typeof text !== 'string') return null
  return { errno, text: text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200) }
}

const parse = (octets: Uint8Array): Record<string, unknown> | null => {
  try {
    const said: unknown = JSON.parse(Buffer.from(octets).toString('utf8'))
    return typeof said === 'object' && said !== null ? said as Record<string, unknown> : null
  } catch { return null }
}
