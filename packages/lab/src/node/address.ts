/** Addresses in text, as octets in network order: 4 or 16. */
import { isIP } from 'node:net'
import { parseIp } from '@vde-ts/switch/ip-address.js'
import { VdeError } from '@vde-ts/link'

/** @throws {VdeError} EINVAL no address */
export const octetsOf = (text: string): Uint8Array => {
  const words = parseIp(text)
  if (words === null) throw new VdeError('EINVAL', `read the address "${text}"`, 'neither IPv4 nor IPv6')
  const out = new Uint8Array(16)
  const view = new DataView(out.buffer)
  words.forEach((word, i) => { view.setInt32(i * 4, word) })
  return isIP(text) === 4 ? out.slice(12) : out
}

/** An address and how many of its bits are the network's. */
export interface Cidr {
  readonly address: Uint8Array
  readonly prefix: number
}

/** `10.0.0.1/24`. @throws {VdeError} EINVAL */
export const cidrOf = (text: string): Cidr => {
  const [address = '', prefix] = text.split('/', 2)
  const octets = octetsOf(address)
  const most = octets.length * 8
  const length = prefix === undefined ? most : Number(prefix)
  if (Number.isInteger(length) && length >= 0 && length <= most) return { address: octets, prefix: length }
  throw new VdeError('EINVAL', `read the address "${text}"`, `the prefix is "${prefix}", want 0 to ${most}`)
}

/** `02:00:00:00:00:01`. @throws {VdeError} EINVAL */
export const macOctets = (text: string): Uint8Array => {
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return Uint8Array.from(text.split(':'), (part) => parseInt(part, 16))
  throw new VdeError('EINVAL', `read the address "${text}"`, 'want six pairs of hexadecimal digits')
}
