/**
 * A radio of a lab: stations are the TAPs of nodes on one medium, distances say who hears whom.
 *
 *     positions --StepEngine--> changes --> Medium <--> TapLinks
 *
 * Whatever changes (a node moves, a pair is cut, the file is applied) is a step: in effect at once, between two frames.
 */
import { formatWords } from '@vde-ts/impair/format-words.js'
import { loop, VdeError } from '@vde-ts/link'
import type { Radio, RadioStation } from '@vde-ts/model'
import {
  Distances, Medium, Positions, StepEngine, makeModel, qualityOf,
  type Change, type Hearing, type ModelSpec, type Point, type Quality
} from '@vde-ts/radio'
import { engineOf } from '@vde-ts/schemes/impairment.js'
import type { TapLink } from '@vde-ts/schemes/tap-link.js'
import { openTap, type TapSource } from './plug.ts'

/** Finds the TAP of a station. @throws {VdeError} it is not there */
export type SourceOf = (station: RadioStation) => TapSource

/** One direction, for people and programs. */
export interface HearingStatus {
  readonly mark: number
  readonly from: string
  readonly to: string
  readonly isOpen: boolean
  /** Impairments in words. */
  readonly quality: string
  /** Handed on, and lost for any reason. */
  readonly frames: number
  readonly lost: number
}

/** A radio as it is now. */
export interface RadioStatus {
  readonly name: string
  /** Null: a hub. */
  readonly model: string | null
  readonly stations: ReadonlyArray<Pick<RadioStation, 'node' | 'iface' | 'at' | 'impair'>>
  /** Directions that were ever open. */
  readonly hearings: readonly HearingStatus[]
}

const FLAGS = { fifo: true, down: false }

/** A quality in words; of both directions alike no word has a side. */
const wordsOf = (quality: Quality): string => formatWords(quality, quality, { in: FLAGS, out: FLAGS })

/** See above. */
export class LabRadio {
  #object: Radio
  #medium: Medium
  #steps: StepEngine | null = null
  readonly #taps = new Map<string, { readonly tap: TapLink, readonly iface: string }>()
  /** Pairs that are cut for now, as `a b` in the order of names. */
  readonly #cuts = new Set<string>()

  private constructor (object: Radio) {
    this.#object = { ...object, stations: [] }
    this.#medium = mediumOf(object)
  }

  /** @throws {VdeError} nothing is left behind */
  static async open (object: Radio, sourceOf: SourceOf): Promise<LabRadio> {
    const radio = new LabRadio(object)
    try {
      await radio.change(object, sourceOf)
      return radio
    } catch (error) {
      radio.close()
      throw error
    }
  }

  /** Becomes what `now` says; stations that stay are not interrupted, unless the seed is another. @throws {VdeError} */
  async change (now: Radio, sourceOf: SourceOf): Promise<void> {
    if (now.seed !== this.#object.seed || (now.model === null) !== this.#medium.isHub) {
      this.close()
      this.#medium = mediumOf(now)
    }
    for (const [node, { iface }] of [...this.#taps]) {
      if (!now.stations.some((one) => one.node === node && one.iface === iface)) this.lose(node)
    }
    for (const station of now.stations) if (!this.#taps.has(station.node)) await this.#join(station, sourceOf(station))
    this.#object = now
    this.#settle()
  }

  async #join ({ node, iface }: RadioStation, source: TapSource): Promise<void> {
    const station = this.#medium.add(node)
    try {
      const tap = await openTap(source, station)
      this.#taps.set(node, { tap, iface })
      station.connect(tap)
      tap.setCarrier(true)
    } catch (error) {
      this.#medium.remove(node)
      throw error
    }
  }

  /** A node has gone, or leaves. */
  lose (node: string): void {
    const found = this.#taps.get(node)
    if (found === undefined) return
    this.#taps.delete(node)
    this.#medium.remove(node)
    found.tap.setCarrier(false)
    found.tap.close()
    this.#object = { ...this.#object, stations: this.#object.stations.filter((one) => one.node !== node) }
    this.#settle()
  }

  /** Brings the medium to what the object says, whatever it was. */
  #settle (): void {
    const { model, seed, stations } = this.#object
    if (model === null) {
      for (const { node, impair } of stations) this.#medium.impair(node, qualityOf(impair))
      return
    }
    this.#steps = new StepEngine(stations.map(({ node }) => node), makeModel(model as unknown as ModelSpec, seed))
    for (const pair of this.#cuts) this.#cut(pair.split(' ') as [string, string], true)
    this.#medium.apply(this.#step(), true)
  }

  #step (): Change[] {
    const { stations } = this.#object
    const positions = new Positions(stations.length)
    stations.forEach(({ at }, i) => { positions.set(i, at as unknown as Point) })
    const distances = new Distances(stations.length)
    positions.measure(distances)
    return this.#steps!.step(distances)
  }

  /** Whether the node is on it. */
  has (node: string): boolean { return this.#taps.has(node) }

  /** @returns false: there is no such station, or it is a hub. @throws {VdeError} EINVAL no position */
  move (node: string, at: readonly number[]): boolean {
    if (this.#steps === null || !this.has(node)) return false
    const before = this.#object
    this.#object = { ...before, stations: before.stations.map((one) => one.node === node ? { ...one, at } : one) }
    try {
      this.#medium.apply(this.#step())
    } catch (error) {
      this.#object = before
      throw new VdeError('EINVAL', `move ${node}`, (error as Error).message.replace(/^[^:]*: /, ''), { cause: error })
    }
    return true
  }

  /** Cuts or mends a pair, both directions. @returns false: they are not both on it, or it is a hub */
  setUp (a: string, b: string, isUp: boolean): boolean {
    if (this.#steps === null || !this.has(a) || !this.has(b)) return false
    const pair: [string, string] = a < b ? [a, b] : [b, a]
    if (isUp) this.#cuts.delete(pair.join(' '))
    else this.#cuts.add(pair.join(' '))
    this.#cut(pair, !isUp)
    this.#medium.apply(this.#step())
    return true
  }

  #cut ([a, b]: readonly [string, string], isCut: boolean): void {
    if (!this.has(a) || !this.has(b)) return
    this.#steps?.cut(a, b, isCut)
    this.#steps?.cut(b, a, isCut)
  }

  /** As it is now, moves included. */
  get object (): Radio { return this.#object }

  status (): RadioStatus {
    const { name, model, stations } = this.#object
    const hearings = this.#medium.hearings().map(statusOf)
    return { name, model: model === null ? null : String(model['model']), stations, hearings }
  }

  /** Idempotent. The interfaces lose their carrier. */
  close (): void {
    for (const { tap } of this.#taps.values()) {
      tap.setCarrier(false)
      tap.close()
    }
    this.#taps.clear()
    this.#medium.close()
    this.#steps = null
  }
}

const statusOf = ({ quality, counters: { outFrames, drops }, ...one }: Hearing): HearingStatus => ({
  ...one, quality: wordsOf(quality), frames: outFrames, lost: Object.values(drops).reduce((sum: number, count) => sum + count, 0)
})

const mediumOf = ({ seed, model }: Radio): Medium => new Medium(engineOf(loop), { seed, isHub: model === null })
