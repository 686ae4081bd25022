/** mwcli info: what is so at this step, in MiniWorld's formats, or with --json in ours. */
import {
  bridgesText, connectionsText, linksText, pairKey, pairOf, qualityText, type Emulation, type Shown, type ShownLink
} from '@vde-ts/miniworld'
import { UsageError, type Parsed, type Values } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { asLine, emulationOf, needScene } from './scene.ts'

type Show = (emulation: Emulation, values: Values) => unknown

/** mwcli info WHAT */
export const infoCommand = (_program: Program, { values, operands: [what = ''] }: Parsed): number => {
  if (!Object.hasOwn(SHOWS, what)) throw new UsageError(`Cannot show "${what}": want one of ${Object.keys(SHOWS).join(', ')}`)
  const emulation = asLine(() => emulationOf(needScene()))
  const show = (values.has('json') ? OURS[what] : undefined) ?? SHOWS[what]!
  print(`${JSON.stringify(show(emulation, values), null, values.has('json') ? undefined : 4)}\n`)
  return 0
}

const shown = (emulation: Emulation): Shown => ({
  nodes: emulation.scenario.nodes,
  management: emulation.network.management,
  links: emulation.up().map(([a, b]): ShownLink => ({
    a, b, classes: classesOf(emulation, a, b), quality: (emulation.quality(a, b) ?? emulation.quality(b, a))!
  }))
})

/** Of the interfaces by which two nodes hear each other first. */
const classesOf = ({ network: { nodes, mode } }: Emulation, a: number, b: number): readonly [string, string] => {
  if (mode === 'multi') return ['mesh', 'mesh']
  const kind = nodes[a - 1]!.nics.find((nic) => nodes[b - 1]!.nics.some((other) => other.kind === nic.kind))?.kind ?? 'mesh'
  return [kind, kind]
}

/** Every pair with its distance: metres, or 1 and -1 where only links are known. */
const distances = (emulation: Emulation): Record<string, string> => {
  const found: Record<string, string> = {}
  if (emulation.distances === null) return found
  for (let a = 1; a <= emulation.scenario.nodes; a++) {
    for (let b = a + 1; b <= emulation.scenario.nodes; b++) {
      const metres = emulation.distances.get(a - 1, b - 1)
      found[pairKey(a, b)] = Number.isNaN(metres) ? '-1' : String(metres)
    }
  }
  return found
}

const oneNode = (emulation: Emulation, values: Values): number | null => {
  const id = values.text('node-id')
  if (id === undefined) return null
  return checkedNode(emulation, id)
}

/** @throws {UsageError} there is no such node */
export const checkedNode = ({ scenario: { nodes } }: Emulation, id: string): number => {
  if (/^[1-9]\d{0,4}$/.test(id) && Number(id) <= nodes) return Number(id)
  throw new UsageError(`Cannot find node "${id}": want one of 1 to ${nodes}`)
}

/** There is one server: this machine. */
const SHOWS: Readonly<Record<string, Show>> = {
  connections: (emulation) => connectionsText(shown(emulation)),
  links: (emulation, values) => linksText(shown(emulation), emulation.kind, values.has('interfaces')),
  distances,
  bridges: bridgesText,
  scenario: ({ scenario }) => scenario.plain,
  addr: (emulation, values) => { oneNode(emulation, values); return { 1: '127.0.0.1' } },
  server: (emulation, values) => oneNode(emulation, values) === null ? { 1: emulation.network.nodes.map(({ id }) => id) } : 1
}

const OURS: Readonly<Record<string, Show>> = {
  connections: (emulation) => emulation.up(),
  links: (emulation) => emulation.up().map(([a, b]) => {
    const [there, back] = [emulation.quality(a, b), emulation.quality(b, a)]
    const told = (quality: typeof there): string | null => quality === null ? null : qualityText(quality)
    const mark = emulation.progress.marks[pairOf(a, b)]
    return { nodes: [a, b], mark, interfaces: classesOf(emulation, a, b), there: told(there), back: told(back) }
  }),
  distances: (emulation) => Object.entries(distances(emulation)).map(([key, metres]) => ({
    nodes: [...key.matchAll(/\d+/g)].map(Number), metres: metres === '-1' || !emulation.hasPositions ? null : Number(metres), isLinked: metres !== '-1'
  }))
}
