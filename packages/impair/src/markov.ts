/**
 * States of a link: each has its own settings for both directions, and at every step of a clock the link goes to another
 * one by chance.
 *
 *     setEdge(0, 1, 30): in state 0, the next step leads to 1 with 30 %; what is left of 100 stays
 *
 * A link has one state, 0, until it is given more, and then no clock runs. The steps depend on time, so they are not part
 * of what a seed repeats frame by frame; in virtual time they repeat.
 */
import type { Due, Engine } from './engine.ts'
import type { ImpairedLink } from './impaired-link.ts'
import { MS } from './limits.ts'
import { STREAMS, Stream, asUnit } from './random.ts'
import { NOTHING, type Settings } from './settings.ts'

/** Most states of one link. */
export const MAX_STATES = 1024

/** One state. */
export interface State {
  name: string
  out: Settings
  in: Settings
  /** Percent, by the state they lead to; its own is what is left. */
  readonly edges: Map<number, number>
}

const DEFAULT_PERIOD: number = 100 * MS
const EVERYTHING = 100

const newState = (out: Settings = NOTHING, inward: Settings = NOTHING): State => ({ name: '', out, in: inward, edges: new Map() })

/** The states of one link, see above. It sets the link's settings from then on. */
export class Markov implements Due {
  readonly states: State[]
  /** Told of every change of state. */
  onChange: ((from: number, to: number) => void) | null = null
  #current = 0
  #period: number = DEFAULT_PERIOD
  #steps = 0
  #timer = -1
  readonly #engine: Engine
  readonly #link: ImpairedLink
  readonly #stream: Stream

  constructor (engine: Engine, link: ImpairedLink) {
    this.#engine = engine
    this.#link = link
    this.#stream = new Stream(link.seed, 0, STREAMS.markov)
    this.states = [newState(link.out.settings, link.in.settings)]
  }

  get current (): number { return this.#current }
  get count (): number { return this.states.length }
  /** Nanoseconds from step to step. */
  get period (): number { return this.#period }
  set period (period: number) {
    this.#period = period
    if (this.#timer >= 0) this.#wait(this.#engine.now())
  }

  /** The state `index`. @throws {RangeError} there is none */
  state (index: number): State {
    const state = this.states[index]
    if (state === undefined) throw new RangeError(`Cannot find state ${index}: want 0 to ${this.count - 1}`)
    return state
  }

  /**
   * Changes the settings of one or both directions in a state, at once if the link is in it.
   * @throws {RangeError} no such state
   */
  change (index: number, direction: 'in' | 'out' | 'both', how: (settings: Settings) => Settings): void {
    const state = this.state(index)
    if (direction !== 'in') state.out = how(state.out)
    if (direction !== 'out') state.in = how(state.in)
    if (index === this.#current) this.#apply()
  }

  /** More states, which lead nowhere yet, or fewer: what led to those stays at home. @throws {RangeError} */
  setCount (count: number): void {
    if (!Number.isInteger(count) || count < 1 || count > MAX_STATES) {
      throw new RangeError(`Cannot make ${count} states: want 1 to ${MAX_STATES}`)
    }
    while (this.count < count) this.states.push(newState())
    this.states.length = count
    for (const { edges } of this.states) for (const to of edges.keys()) if (to >= count) edges.delete(to)
    if (this.#current >= count) this.goTo(0)
    if (count === 1) this.#stop()
    else if (this.#timer < 0) this.#wait(this.#engine.now())
  }

  /** Percent that a step leads from one state to another. @throws {RangeError} no such state, or over 100 together */
  setEdge (from: number, to: number, percent: number): void {
    const { edges } = this.state(from)
    this.state(to)
    if (from === to) return // follows from the others
    if (!(percent >= 0) || this.weight(from, from) + this.weight(from, to) - percent < 0) {
      throw new RangeError(`Cannot set the weight ${percent}: all that leave a state are 0 to ${EVERYTHING} together`)
    }
    if (percent === 0) edges.delete(to)
    else edges.set(to, percent)
  }

  weight (from: number, to: number): number {
    const { edges } = this.state(from)
    if (from !== to) return edges.get(to) ?? 0
    let rest = EVERYTHING
    for (const percent of edges.values()) rest -= percent
    return rest
  }

  /** Enters a state now. @throws {RangeError} there is none */
  goTo (index: number): void {
    this.state(index)
    const from = this.#current
    this.#current = index
    this.#apply()
    if (from !== index) this.onChange?.(from, index)
  }

  onDue (): void {
    this.#wait(this.#engine.due[this.#timer])
    let left = asUnit(this.#stream.bits(this.#steps++, 0)) * EVERYTHING
    for (const [to, percent] of this.state(this.#current).edges) {
      left -= percent
      if (left < 0) return this.goTo(to)
    }
  }

  /** Stops the clock; the link keeps the settings it has. */
  close (): void { this.#stop() }

  #apply (): void {
    const state = this.state(this.#current)
    if (this.#link.out.settings !== state.out) this.#link.out.settings = state.out
    if (this.#link.in.settings !== state.in) this.#link.in.settings = state.in
  }

  #wait (from: number): void {
    if (this.#timer < 0) this.#timer = this.#engine.newTimer(this)
    this.#engine.due[this.#timer] = from + this.#period
    this.#engine.setTimer(this.#timer)
  }

  #stop (): void {
    if (this.#timer < 0) return
    this.#engine.release(this.#timer)
    this.#timer = -1
  }
}
