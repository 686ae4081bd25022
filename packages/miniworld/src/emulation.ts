/**
 * A scenario that goes on in steps: what is linked now, and what a step changes. Pure: whoever runs it puts changes into effect.
 *
 * It is made anew from the files and a {@link Progress}, a few numbers, so that nothing has to run between two steps. The mark
 * of a link, as the original calls its number, is given when it first comes up and kept for good.
 */
import { Distances } from '@vde-ts/radio/distances.js'
import { readQuality, type QualityModel } from '@vde-ts/radio/quality.js'
import { adjusted, type Adjust } from '@vde-ts/radio/models/around.js'
import { StepEngine } from '@vde-ts/radio/steps.js'
import type { Motion } from '@vde-ts/radio/motion/motion.js'
import type { Schedule } from '@vde-ts/radio/motion/sequence.js'
import type { Change } from '@vde-ts/radio/steps.js'
import type { Quality } from '@vde-ts/radio/quality.js'
import { modelOf, type ModelKind } from './models.ts'
import { motionOf, nodeNames, scheduleOf, topologiesOf, type Files, type Topology } from './motion.ts'
import { networkOf, type MiniNetwork } from './network.ts'
import type { Config, Scenario } from './scenario.ts'

/** How far a scenario has come. Plain JSON. */
export interface Progress {
  /** Steps that were made. */
  readonly step: number
  /** By `1,2`, the smaller id first. */
  readonly marks: Readonly<Record<string, number>>
}

/** Before the first step. */
export const START: Progress = { step: 0, marks: {} }

/** What a step does. */
export interface StepResult {
  readonly progress: Progress
  /** One for each direction, from node to node by id; empty: nothing changed, so nothing is to be done. */
  readonly changes: readonly Change[]
  /** Pairs that were not linked before this step, the smaller id first. */
  readonly opened: ReadonlyArray<readonly [a: number, b: number]>
}

/** See above. */
export class Emulation {
  readonly scenario: Scenario
  readonly config: Config
  readonly network: MiniNetwork
  readonly kind: ModelKind
  readonly #topologies: readonly Topology[]
  readonly #motion: Motion
  readonly #shows: Schedule
  readonly #engine: StepEngine
  readonly #distances: Distances
  #progress: Progress
  /** Words that the topology of this step says of a direction, by `1>2`. */
  #words: ReadonlyMap<string, Adjust> = new Map()

  /**
   * @param files reads what the scenario names
   * @throws {SyntaxError} what is wrong, before anything starts; and what `files` throws
   */
  constructor (scenario: Scenario, config: Config, files: Files, progress: Progress = START) {
    this.scenario = scenario
    this.config = config
    this.#topologies = topologiesOf(scenario, files)
    this.network = networkOf(scenario, this.#topologies, config)
    this.#motion = motionOf(scenario, this.#topologies, config.timeStep, files)
    this.#shows = scheduleOf(scenario, this.#topologies, config.timeStep)
    const { kind, quality } = modelOf(scenario)
    this.kind = kind
    this.#engine = new StepEngine(nodeNames(scenario.nodes), this.#withWords(quality))
    this.#distances = new Distances(scenario.nodes)
    this.#progress = progress
    if (progress.step > 0) this.#go(progress.step)
  }

  get progress (): Progress { return this.#progress }

  /** What the user may not have meant, a line each. */
  get notes (): string[] {
    const { nodes } = this.scenario
    return this.#topologies.filter((one) => one.nodes > nodes)
      .map(({ file, nodes: hosts }) => `${file} has ${hosts} hosts, cnt_nodes is ${nodes}: the others are left out`)
  }

  /** Makes the next step. */
  step (): StepResult {
    const step = this.#progress.step + 1
    const before = new Set(this.up().map(([a, b]) => pairOf(a, b)))
    const changes = this.#go(step)
    const marks = { ...this.#progress.marks }
    let last = Object.keys(marks).length
    for (const { action, from, to } of changes) {
      const key = pairOf(from, to)
      if (action === 'open' && !Object.hasOwn(marks, key)) marks[key] = ++last
    }
    this.#progress = { step, marks }
    const opened = this.up().filter(([a, b]) => !before.has(pairOf(a, b)))
    return { progress: this.#progress, changes, opened }
  }

  /** Pairs of which at least one direction is open, the smaller id first, in order. */
  up (): Array<readonly [a: number, b: number]> {
    const found: Array<readonly [number, number]> = []
    for (let a = 1; a <= this.scenario.nodes; a++) {
      for (let b = a + 1; b <= this.scenario.nodes; b++) {
        if (this.quality(a, b) !== null || this.quality(b, a) !== null) found.push([a, b])
      }
    }
    return found
  }

  /** The direction from node `a` to node `b`, by id; null: closed. */
  quality (a: number, b: number): Quality | null { return this.#engine.quality(String(a), String(b)) }

  /** Metres between all pairs, by index; NaN: not linked. Null before the first step. */
  get distances (): Distances | null { return this.#progress.step === 0 ? null : this.#distances }

  /** Whether the distances are metres, or only say what is linked. */
  get hasPositions (): boolean { return this.#motion.positions(this.#progress.step) !== null }

  #go (step: number): Change[] {
    this.#motion.distances(step, this.#distances)
    const words = wordsOf(this.#topologies[this.#shows(step) ?? -1])
    if (words.size > 0 || this.#words.size > 0) this.#engine.refresh()
    this.#words = words
    return this.#engine.step(this.#distances)
  }

  #withWords (model: QualityModel): QualityModel {
    if (!this.#topologies.some(({ links }) => links.some((link) => link.out !== '' || link.in !== ''))) return model
    return adjusted(model, (from, to) => this.#words.get(`${from}>${to}`) ?? null)
  }
}

const wordsOf = (topology: Topology | undefined): Map<string, Adjust> => {
  const found = new Map<string, Adjust>()
  for (const { a, b, out, in: into } of topology?.links ?? []) {
    if (out !== '') found.set(`${a}>${b}`, readQuality(out))
    if (into !== '') found.set(`${b}>${a}`, readQuality(into))
  }
  return found
}

/** `1,2`: two nodes, the smaller id first. */
export const pairOf = (one: string | number, other: string | number): string =>
  Number(one) < Number(other) ? `${one},${other}` : `${other},${one}`
