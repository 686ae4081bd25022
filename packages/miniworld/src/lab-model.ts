/**
 * A scenario at a step as a declared network: what vdenet's daemon can carry out, and change in place from step to step.
 *
 *     node i        a node called `i`, its interfaces as MiniWorld counts them
 *     br_X_Y        a cable, down while it is not linked; its impairments are those of both directions
 *     mgmt          a net, which nothing impairs
 *
 * An interface that waits for a neighbour that is not there leads to null://.
 */
import { formatWords, type DirectionFlags } from '@vde-ts/impair/format-words.js'
import { INITIAL } from '@vde-ts/impair/words.js'
import { OPEN } from '@vde-ts/model/firewall.js'
import { emptyModel, type Cable, type Interface, type Model, type Node } from '@vde-ts/model/model.js'
import type { Quality } from '@vde-ts/radio/quality.js'
import type { Emulation } from './emulation.ts'
import type { MiniNode, NodeNic } from './network.ts'
import type { WiredLink } from './wiring.ts'

/** The network of the lab that a scenario runs in; there is one at a time. */
export const LAB_NAME = 'miniworld'

/** What the lab is to be at the step that the emulation has come to. */
export const labModel = (emulation: Emulation): Model => {
  const { nodes, cables, management } = emulation.network
  return {
    ...emptyModel(LAB_NAME),
    nets: management === null ? [] : [{ name: management, settings: null, vid: 0, rateIn: null, rateOut: null }],
    nodes: nodes.map((node) => nodeOf(node, management)),
    links: cables.map((link) => cableOf(link, nodes, emulation))
  }
}

const nodeOf = ({ id, nics }: MiniNode, management: string | null): Node => ({
  name: String(id),
  host: null,
  interfaces: nics.map((nic) => interfaceOf(nic, management)),
  routes: [],
  forward: false,
  nat: null,
  run: [],
  dir: null
})

const interfaceOf = ({ iface, mac, address, plug }: NodeNic, management: string | null): Interface => ({
  name: iface,
  net: plug?.kind === 'management' ? management : null,
  vnl: plug === null ? 'null://' : null,
  mac,
  addresses: address === null ? [] : [address],
  mtu: null,
  impair: '',
  in: OPEN,
  out: OPEN
})

const cableOf = ({ name, a, b, aIndex, bIndex }: WiredLink, nodes: readonly MiniNode[], emulation: Emulation): Cable => {
  const end = (id: number, index: number): Cable['a'] => ({ node: String(id), iface: nodes[id - 1]!.nics[index - 1]!.iface })
  return { name, a: end(a, aIndex), b: end(b, bIndex), impair: wordsOf(emulation.quality(a, b), emulation.quality(b, a)) }
}

/** Words for a cable from a to b. */
export const wordsOf = (there: Quality | null, back: Quality | null): string => {
  const flags = (quality: Quality | null): DirectionFlags => ({ fifo: true, down: quality === null })
  return formatWords(back ?? INITIAL, there ?? INITIAL, { in: flags(back), out: flags(there) })
}

/** A direction in words, empty where nothing is set. */
export const qualityText = (quality: Quality): string => wordsOf(quality, quality)
