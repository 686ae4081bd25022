/** Addresses of interfaces that were given none: the same names get the same address, on any machine. */
import { formatMac } from '@vde-ts/frame/mac.js'

const FNV_BASIS = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** FNV-1a over UTF-16 units; spread well enough for a few thousand names, not against an adversary. */
const hash = (text: string, seed: number): number => {
  let value = (FNV_BASIS ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), FNV_PRIME) >>> 0
  return value
}

/** A locally administered, individual address for interface `iface` of `node` in the network `network`. */
export const macOf = (network: string, node: string, iface: string): string => {
  const text = `${network}/${node}:${iface}`
  const [a, b] = [hash(text, 0), hash(text, 0x9e3779b9)]
  return formatMac(Uint8Array.of(0x02, a >>> 24, a >>> 16, a >>> 8, a, b), 0)
}
