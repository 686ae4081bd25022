/** How MiniWorld calls things: exact, as users script against it. */
import { formatMac } from '@vde-ts/frame/mac.js'
import { INTERFACE_CLASSES } from './keys.ts'

/** Class of an interface. */
export type InterfaceClass = keyof typeof INTERFACE_CLASSES

/** An interface of a node. */
export interface Nic {
  readonly kind: InterfaceClass
  /** Among those of its class, from 1. */
  readonly number: number
}

const five = (id: number): string => String(id).padStart(5, '0')

/** Of the `index`-th interface of a node, from 1: the port that the network sees. */
export const tapName = (node: number, index: number): string => `tap_${five(node)}_${index.toString(16)}`

/** Of a wired link, in either order. */
export const bridgeName = (a: number, b: number): string => `br_${five(Math.min(a, b))}_${five(Math.max(a, b))}`

/** Of the hub of all interfaces with this number in their class. */
export const hubName = (number: number): string => `wifi${number}`

/** Of the hub in the middle of hub WiFi. */
export const centralHubName = (number: number): string => `br_cn_${number}`

/**
 * Class, number in the class, node id: the address of an interface. Where the class is odd that would be a group address,
 * which no kernel gives to an interface: then the class is the first digit, and the second says "locally administered".
 */
export const macOf = (node: number, { kind, number }: Nic): string => {
  const numeral = INTERFACE_CLASSES[kind]
  const first = numeral % 2 === 0 ? numeral : numeral << 4 | 2
  return formatMac(Uint8Array.of(first, number, node >>> 24, node >>> 16, node >>> 8, node), 0)
}

/** The interfaces of a node in their order: by class number, each with its number in its class. */
export const nicsOf = (classes: readonly InterfaceClass[]): Nic[] => {
  const sorted = [...classes].sort((a, b) => INTERFACE_CLASSES[a] - INTERFACE_CLASSES[b])
  return sorted.map((kind, i) => ({ kind, number: i - sorted.indexOf(kind) + 1 }))
}
