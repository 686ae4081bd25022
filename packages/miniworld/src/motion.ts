/**
 * How the nodes of a scenario move: its walk_model and its topologies as a motion of `radio`.
 *
 * Files come in through {@link Files}, read as they are named, from the directory of the scenario.
 */
import { Positions } from '@vde-ts/radio/positions.js'
import { readCsvTrace } from '@vde-ts/radio/motion/csv.js'
import { still, type Motion } from '@vde-ts/radio/motion/motion.js'
import { nothing, schedule, sequence, type Schedule } from '@vde-ts/radio/motion/sequence.js'
import { traceMotion } from '@vde-ts/radio/motion/trace.js'
import { randomMotion } from '@vde-ts/radio/motion/walks.js'
import { readCore, type CoreTopology } from '@vde-ts/radio-files/core.js'
import { readGpxTrace } from '@vde-ts/radio-files/gpx.js'
import type { Scenario } from './scenario.ts'

/** Reads a file that a scenario names. @throws what the caller's callers understand */
export type Files = (path: string) => string

/** A topology of a scenario, and how long it stays. */
export interface Topology extends CoreTopology {
  readonly durationSec: number
  readonly file: string
}

/** The topologies, in their order. @throws {SyntaxError} a file that cannot be read */
export const topologiesOf = (scenario: Scenario, files: Files): Topology[] =>
  (scenario.look<Array<[number, string]>>('network.core.topologies') ?? [])
    .map(([durationSec, file]) => ({ ...readCore(files(file), file), durationSec, file }))

/** Names of nodes: their ids. */
export const nodeNames = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i + 1))

const NAME = 'walk_model.name'
const ROADS = 'a road map, which is not read here'

/** @throws {SyntaxError} a movement that is not offered, files that do not fit the nodes */
export const motionOf = (scenario: Scenario, topologies: readonly Topology[], timeStep: number, files: Files): Motion => {
  const name = scenario.look<string>(NAME)
  if (name === null) return nothing
  if (name === 'RandomWalk' || name === 'MoveOnBigStreets') {
    throw scenario.wrong(NAME, `${name} on ${ROADS}`, '"random-walk" or "random-waypoint", in a plane')
  }
  return WALKS[name]!(scenario, topologies, timeStep, files)
}

type Walk = (scenario: Scenario, topologies: readonly Topology[], timeStep: number, files: Files) => Motion

const WALKS: Readonly<Record<string, Walk>> = {
  core: (scenario, topologies, timeStep) => coreMotion(scenario, topologies, timeStep),
  arma: (scenario, _topologies, timeStep, files) => {
    const path = scenario.look<string>('walk_model.filepath')
    if (path === null) throw scenario.wrong('walk_model.filepath', 'no file', 'a trace in CSV or GPX')
    const text = files(path)
    const trace = path.toLowerCase().endsWith('.gpx') ? readGpxTrace(text, path) : readCsvTrace(text, path)
    return placed(scenario, () => traceMotion(trace, nodeNames(scenario.nodes), positionsOf(scenario, trace.space), timeStep))
  },
  static: (scenario) => still(positionsOf(scenario, 'plane')),
  'random-walk': (scenario, _topologies, timeStep) => walk(scenario, 'walk', timeStep),
  'random-waypoint': (scenario, _topologies, timeStep) => walk(scenario, 'waypoint', timeStep)
}

const walk = (scenario: Scenario, kind: 'walk' | 'waypoint', timeStep: number): Motion => {
  const of = (key: string): number => scenario.look<number>(`walk_model.${key}`) ?? 0
  const area = { width: of('width'), height: of('height'), pause: of('pause'), leg: of('leg'), seed: of('seed') }
  const speed = scenario.look<[number, number]>('walk_model.speed') ?? [1, 5]
  return placed(scenario, () => randomMotion(new Positions(scenario.nodes), { kind, speed, ...area }, timeStep))
}

/** What a motion refuses is said of the walk model. */
const placed = (scenario: Scenario, make: () => Motion): Motion => {
  try { return make() } catch (error) {
    const [, what, wanted] = /found (.*), want (.*)$/.exec((error as Error).message) ?? []
    throw what === undefined ? error : scenario.wrong('walk_model', what, wanted!)
  }
}

const positionsOf = (scenario: Scenario, space: 'plane' | 'globe'): Positions => {
  const positions = new Positions(scenario.nodes, space)
  const given = scenario.look<Record<string, [number, number]>>('walk_model.positions') ?? {}
  for (const [id, point] of Object.entries(given)) {
    const path = `walk_model.positions.${id}`
    if (!/^[1-9]\d{0,4}$/.test(id) || Number(id) > scenario.nodes) throw scenario.wrong(path, `node "${id.slice(0, 40)}"`, `a node of 1 to ${scenario.nodes}`)
    try { positions.set(Number(id) - 1, point) } catch (error) {
      throw scenario.wrong(path, point.join(','), (error as Error).message.replace(/^.*, want /, ''))
    }
  }
  return positions
}

const coreMotion = (scenario: Scenario, topologies: readonly Topology[], timeStep: number): Motion => {
  const path = 'network.core.topologies'
  if (topologies.length === 0) throw scenario.wrong(path, 'no topologies', 'a list of [seconds, file]')
  const hasPlaces = scenario.look<string>('network.core.mode') === 'wifi'
  const pictures = topologies.map((topology) => ({
    durationSec: topology.durationSec,
    show: hasPlaces ? { positions: placesOf(scenario, topology) } : { links: linksOf(scenario, topology) }
  }))
  return sequence(pictures, timeStep, scenario.look<boolean>('network.core.loop') === true)
}

/** Which topology is shown at a step. Without topologies, none. */
export const scheduleOf = (scenario: Scenario, topologies: readonly Topology[], timeStep: number): Schedule => {
  if (topologies.length === 0) return () => null
  return schedule(topologies.map(({ durationSec }) => durationSec), timeStep, scenario.look<boolean>('network.core.loop') === true)
}

const linksOf = ({ nodes }: Scenario, { links }: Topology): Array<readonly [number, number]> =>
  links.filter(({ b }) => b <= nodes).map(({ a, b }) => [a - 1, b - 1])

const placesOf = (scenario: Scenario, { points, file }: Topology): Positions => {
  const positions = new Positions(scenario.nodes, 'globe')
  for (let i = 0; i < scenario.nodes; i++) {
    const point = points[i]
    if (point === null || point === undefined) {
      throw scenario.wrong('network.core.topologies', `no position of node ${i + 1} in ${file}`, 'one for each, or network.core.mode lan')
    }
    positions.set(i, point)
  }
  return positions
}
