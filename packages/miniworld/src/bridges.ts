/** Bridges of a scenario that were made so far, each with the taps on it, as `brctl show` would have them. */
import { pairOf, type Emulation } from './emulation.ts'

/** The management network is there from the start, hubs from the first step, and a wired link's bridge from its first time up. */
export const bridgesText = ({ network, progress }: Emulation): Record<string, string[]> => {
  const cables = network.cables.filter(({ a, b }) => Object.hasOwn(progress.marks, pairOf(a, b))).map(({ name }) => name)
  const made = new Set([...cables, ...progress.step > 0 ? network.hubs : []])
  const found: Record<string, string[]> = {}
  for (const { tap, plug } of network.nodes.flatMap(({ nics }) => nics)) {
    const name = plug?.kind === 'cable' ? plug.link : plug?.kind === 'hub' ? plug.hub : null
    if (plug?.kind === 'management') (found[network.management!] ??= []).push(tap)
    else if (name !== null && made.has(name)) (found[name] ??= []).push(tap)
  }
  return found
}
