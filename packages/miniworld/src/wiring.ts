/**
 * Wired scenarios (`connection_mode: multi`): which interface of which node each link has, over all topologies.
 *
 * A node has an interface for each neighbour that it has in any of the files, also for those beyond `cnt_nodes`. A link takes
 * the first interface of either end that no link took before, in the order in which links appear: file by file, and within a
 * file by ids. That is known before anything starts, so a link has its interfaces, its subnet and its name for good, and goes
 * down and up as often as it likes.
 */
import { bridgeName } from './names.ts'

/** A file of links. */
export interface WiredTopology {
  readonly links: ReadonlyArray<{ readonly a: number, readonly b: number, readonly out: string, readonly in: string }>
}

/** A link between nodes that are there. */
export interface WiredLink {
  /** `br_00001_00002`. */
  readonly name: string
  /** The smaller id. */
  readonly a: number
  readonly b: number
  /** Index of the interface in its node, from 1. */
  readonly aIndex: number
  readonly bIndex: number
}

/** What all topologies together need. */
export interface Wiring {
  /** In the order in which they appear: the k-th has the k-th subnet. */
  readonly links: readonly WiredLink[]
  /** How many interfaces node i + 1 has, that of the management network not counted. */
  readonly interfaces: readonly number[]
}

/** @param nodes how many are there; links of others count as neighbours only */
export const wire = (topologies: readonly WiredTopology[], nodes: number): Wiring => {
  const neighbours = Array.from({ length: nodes }, () => new Set<number>())
  const taken = new Array<number>(nodes).fill(0)
  const links = new Map<string, WiredLink>()
  for (const topology of topologies) {
    for (const { a, b } of [...topology.links].sort((x, y) => x.a - y.a || x.b - y.b)) {
      neighbours[a - 1]?.add(b)
      neighbours[b - 1]?.add(a)
      const name = bridgeName(a, b)
      if (b > nodes || links.has(name)) continue
      links.set(name, { name, a, b, aIndex: ++taken[a - 1]!, bIndex: ++taken[b - 1]! })
    }
  }
  return { links: [...links.values()], interfaces: neighbours.map(({ size }) => size) }
}
