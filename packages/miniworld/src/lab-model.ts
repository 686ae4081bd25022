/**
 * A scenario at a step as a declared network: what vdenet's daemon can carry out, and change in place from step to step.
 *
 *     node i        a node called `i`, its interfaces as MiniWorld counts them
 *     br_X_Y        a cable, down while it is not linked; its impairments are those of both directions
 *     wifi1         a radio for the interfaces of a class and number: mesh 1 is on wifi1, ap 1 on wifi1-ap; a table says which
 *                   directions are open, all others are closed. br_cn_1 is a hub
 *     mgmt          a net, which nothing impairs
 *
 * An interface that waits for a neighbour that is not there leads to null://.
 */
import { formatWords, type DirectionFlags } from '@vde-ts/impair/format-words.js'
import { change } from '@vde-ts/impair/settings.js'
import { INITIAL } from '@vde-ts/impair/words.js'
import { OPEN } from '@vde-ts/model/firewall.js'
import { emptyModel, type Cable, type Interface, type Model, type Node, type Radio } from '@vde-ts/model/model.js'
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
    links: cables.map((link) => cableOf(link, nodes, emulation)),
    radios: radiosOf(emulation)
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

/** The interfaces of a class and number that share a medium. Wi-Fi direct is accepted and never linked, as in the original. */
const radiosOf = (emulation: Emulation): Radio[] => {
  const stations = new Map<string, Radio['stations'][number][]>()
  for (const { id, nics } of emulation.network.nodes) {
    for (const { plug, kind, iface } of nics) {
      if (plug?.kind !== 'hub') continue
      const name = kind === 'mesh' || kind === 'hubwifi' ? plug.hub : `${plug.hub}-${kind}`
      const at = kind === 'hubwifi' ? [] : [0, 0]
      stations.set(name, [...stations.get(name) ?? [], { node: String(id), iface, at, impair: '' }])
    }
  }
  const table = { model: 'table', table: rowsOf(emulation) }
  const closed = { model: 'table', table: [{ impair: null }] }
  return [...stations].map(([name, list]) => {
    const model = name.startsWith('br_cn_') ? null : name.endsWith('-wifidirect') ? closed : table
    return { name, model, seed: emulation.scenario.look<number>('walk_model.seed') ?? 1, stations: list }
  })
}

/** A row for each direction that is open. */
const rowsOf = (emulation: Emulation): Array<Record<string, unknown>> => {
  const rows = emulation.up().flatMap(([a, b]) => [[a, b], [b, a]] as const).flatMap(([from, to]) => {
    const quality = emulation.quality(from, to)
    return quality === null ? [] : [{ from: String(from), to: String(to), impair: qualityText(quality) }]
  })
  return rows.length > 0 ? rows : [{ impair: null }]
}

const cableOf = ({ name, a, b, aIndex, bIndex }: WiredLink, nodes: readonly MiniNode[], emulation: Emulation): Cable => {
  const end = (id: number, index: number): Cable['a'] => ({ node: String(id), iface: nodes[id - 1]!.nics[index - 1]!.iface })
  return { name, a: end(a, aIndex), b: end(b, bIndex), impair: wordsOf(emulation.quality(a, b), emulation.quality(b, a)) }
}

/** Words for a cable from a to b. */
export const wordsOf = (there: Quality | null, back: Quality | null): string => {
  const flags = (quality: Quality | null): DirectionFlags => ({ fifo: true, down: quality === null })
  return formatWords(told(back), told(there), { in: flags(back), out: flags(there) })
}

/** As words can have it: whole bits a second and nanoseconds. A model divides as it likes. */
const told = (quality: Quality | null): Quality => {
  if (quality === null) return INITIAL
  const { rate, delay } = quality
  const spread = Math.round(delay.spread)
  return change(quality, {
    rate: { ...rate, base: Math.round(rate.base * 8) / 8 },
    delay: { ...delay, base: Math.round(delay.base), spread, scale: spread }
  })
}

/** A direction in words, empty where nothing is set. */
export const qualityText = (quality: Quality): string => wordsOf(quality, quality)
