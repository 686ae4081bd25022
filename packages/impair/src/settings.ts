/**
 * What is set for one direction of a link. A Settings is never changed: a change makes another one, so that links share
 * what they have in common (an idle link costs none) and frames in flight keep what they were given.
 */
import type { CodelParameters } from './codel.ts'
import type { RedParameters } from './red.ts'
import { ZERO, type Value } from './value.ts'

/** Gilbert and Elliott's channel: two states, each with its own loss. Probabilities, 0..1. */
export interface GilbertElliott {
  readonly toBad: number
  readonly toGood: number
  readonly lossInBad: number
  readonly lossInGood: number
}

/** How a queue in front of the line drops. */
export type Discipline = 'tail' | 'red' | 'codel'

/** All knobs of one direction. An amount of 0 is off, as everything is in NOTHING. */
export interface Settings {
  /** Nanoseconds. */
  readonly delay: Value
  /** Of successive delays, 0..1. */
  readonly delayCorrelation: number
  /** Percent. */
  readonly loss: Value
  readonly lossCorrelation: number
  /** Mean length of a run of lost frames; above 0 loss comes in bursts (Gilbert). */
  readonly burst: Value
  readonly gilbertElliott: GilbertElliott | null
  /** Frames every, 2 every, 3 every... are lost, counted from 1. */
  readonly lossEvery: number
  /** First and last frame, counted from 1, of each run that is lost; in order. */
  readonly lossFrames: Float64Array | null
  /** Percent: a further copy. */
  readonly dup: Value
  /** Copies of one frame at most, itself not counted. */
  readonly dupMost: number
  readonly dupCorrelation: number
  /** Bits in 2^20 octets that are flipped. */
  readonly noise: Value
  /** Percent of frames in which exactly `corruptBits` bits are flipped. */
  readonly corrupt: number
  readonly corruptBits: number
  readonly corruptCorrelation: number
  /** Percent of frames, of every `reorderGap`-th only, that overtake those in the delay line. */
  readonly reorder: number
  readonly reorderGap: number
  readonly reorderCorrelation: number
  /** Of the line, in octets per second. */
  readonly rate: Value
  /** Octets added to each frame on the line. */
  readonly overhead: number
  /** Octets per second that are accepted: the sender waits meanwhile. */
  readonly speed: Value
  /** Octets in the queue and the delay line together. */
  readonly capacity: Value
  /** Of the queue in front of the line. */
  readonly queueFrames: number
  readonly queueOctets: number
  readonly discipline: Discipline
  readonly red: RedParameters
  readonly codel: CodelParameters
  /** Octets; longer frames are lost. */
  readonly mtu: Value
}

/** Everything off. */
export const NOTHING: Settings = {
  delay: ZERO,
  delayCorrelation: 0,
  loss: ZERO,
  lossCorrelation: 0,
  burst: ZERO,
  gilbertElliott: null,
  lossEvery: 0,
  lossFrames: null,
  dup: ZERO,
  dupMost: 63,
  dupCorrelation: 0,
  noise: ZERO,
  corrupt: 0,
  corruptBits: 1,
  corruptCorrelation: 0,
  reorder: 0,
  reorderGap: 1,
  reorderCorrelation: 0,
  rate: ZERO,
  overhead: 0,
  speed: ZERO,
  capacity: ZERO,
  queueFrames: 0,
  queueOctets: 0,
  discipline: 'tail',
  red: { min: 0, max: 0, probability: 0, limit: 0 },
  codel: { target: 5e6, interval: 100e6, mtu: 1514 },
  mtu: ZERO
}

/** `settings` with some of its values exchanged. The others stay the objects they are. */
export const change = (settings: Settings, changes: Partial<Settings>): Settings => ({ ...settings, ...changes })

/** Settings as JSON has them. */
export type PlainSettings = Omit<Settings, 'lossFrames' | 'delay'> & {
  readonly lossFrames: readonly number[] | null
  readonly delay: Omit<Value, 'table'> & { readonly table: readonly number[] | null }
}

const listOf = (numbers: Float64Array | null): number[] | null => numbers === null ? null : [...numbers]
const arrayOf = (list: readonly number[] | null): Float64Array | null => list === null ? null : Float64Array.from(list)

/** For another process, or for people. */
export const toPlain = (s: Settings): PlainSettings =>
  ({ ...s, lossFrames: listOf(s.lossFrames), delay: { ...s.delay, table: listOf(s.delay.table) } })

/** The way back; what a process of an older version did not know of is off. */
export const fromPlain = (plain: PlainSettings): Settings =>
  ({ ...NOTHING, ...plain, lossFrames: arrayOf(plain.lossFrames), delay: { ...plain.delay, table: arrayOf(plain.delay.table) } })

const isOff = (value: Value): boolean => value.base === 0 && value.spread === 0

/** Whether frames pass as if there were no impairment at all. */
export const isNothing = (s: Settings): boolean => isOff(s.delay) && isOnlyDelay(s)

/** Whether all frames meet the same delay and nothing else: then super-frames need not be cut. */
export const isPureDelay = (s: Settings): boolean => s.delay.scale === 0 && isOnlyDelay(s)

const isOnlyDelay = (s: Settings): boolean =>
  [s.loss, s.dup, s.noise, s.rate, s.speed, s.capacity, s.mtu].every(isOff) &&
  s.gilbertElliott === null && s.lossEvery === 0 && s.lossFrames === null && s.corrupt === 0 && s.reorder === 0
