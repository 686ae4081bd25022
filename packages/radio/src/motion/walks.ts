/**
 * Nodes that move by chance in a rectangle from (0, 0) to (width, height), metres.
 *
 *     waypoint  goes straight to a point of the rectangle at a speed, both drawn, waits there, and so on
 *     walk      goes in a direction at a speed, both drawn, for `leg` seconds, and so on; the walls reflect
 *
 * Leg k of node i is a pure function of the seed, i and k. A node remembers on which leg it was asked for last, which only
 * saves counting again: going back in time begins anew and finds the same.
 */
import type { Stream } from '@vde-ts/impair/random.js'
import { radioStream, uniform } from '../chance.ts'
import { MOST_METRES, type Positions } from '../positions.ts'
import { moving, type Motion } from './motion.ts'

/** See above. Metres, seconds, metres per second. */
export interface WalkOptions {
  readonly kind: 'waypoint' | 'walk'
  readonly width: number
  readonly height: number
  /** Least and most, above 0. */
  readonly speed: readonly [number, number]
  /** `waypoint`: seconds at each point. */
  readonly pause?: number
  /** `walk`: seconds in one direction. */
  readonly leg?: number
  readonly seed: number
}

/** Where a node is on its way. */
interface Leg {
  index: number
  startSec: number
  endSec: number
  x: number
  y: number
  toX: number
  toY: number
  /** When it has arrived; from then on it waits. */
  arriveSec: number
}

type Draw = (node: number, leg: number, lane: number) => number
type NextLeg = (leg: Leg, node: number, draw: Draw) => void

/** A node makes so many legs at most: the index of a draw stays exact. */
const MOST_LEGS = 2 ** 20

/**
 * @param stepSec time of a step
 * @throws {RangeError} an option out of range, more than 2^32 nodes
 */
export const randomMotion = (positions: Positions, options: WalkOptions, stepSec: number): Motion => {
  check(options, stepSec)
  const stream: Stream = radioStream(options.seed, options.kind === 'walk' ? 'walk' : 'waypoint')
  const draw: Draw = (node, leg, lane) => uniform(stream, node * MOST_LEGS + leg, lane)
  const next = options.kind === 'walk' ? walkLeg(options) : waypointLeg(options)
  const legs = Array.from({ length: positions.count }, (_, node) => start(emptyLeg(), node, options, draw, next))
  return moving(positions, (step) => {
    const now = step * stepSec
    for (let i = 0; i < legs.length; i++) {
      const leg = legs[i]!
      if (now < leg.startSec) start(leg, i, options, draw, next)
      while (now >= leg.endSec) next(leg, i, draw)
      place(positions, i, leg, now, options)
    }
  })
}

const emptyLeg = (): Leg => ({ index: 0, startSec: 0, endSec: 0, x: 0, y: 0, toX: 0, toY: 0, arriveSec: 0 })

/** Puts a node where its first leg begins. */
const start = (leg: Leg, node: number, { width, height }: WalkOptions, draw: Draw, next: NextLeg): Leg => {
  leg.index = 0
  leg.endSec = 0
  leg.toX = draw(node, 0, 0) * width
  leg.toY = draw(node, 0, 1) * height
  next(leg, node, draw)
  return leg
}

const between = ([least, most]: readonly [number, number], share: number): number => least + (most - least) * share

/** Begins the next leg where the last one ended. */
const begin = (leg: Leg): void => {
  leg.index = (leg.index + 1) % MOST_LEGS
  leg.startSec = leg.endSec
  leg.x = leg.toX
  leg.y = leg.toY
}

const waypointLeg = ({ width, height, speed, pause = 0 }: WalkOptions): NextLeg => (leg, node, draw) => {
  begin(leg)
  leg.toX = draw(node, leg.index, 0) * width
  leg.toY = draw(node, leg.index, 1) * height
  // At least a microsecond, so that time goes on in a rectangle without an extent.
  const travelSec = Math.max(1e-6, Math.hypot(leg.toX - leg.x, leg.toY - leg.y) / between(speed, draw(node, leg.index, 2)))
  leg.arriveSec = leg.startSec + travelSec
  leg.endSec = leg.arriveSec + pause
}

/** Ends are outside of the rectangle: reflection is folding of the straight way, done where a node is shown. */
const walkLeg = ({ width, height, speed, leg: legSec = 10 }: WalkOptions): NextLeg => (leg, node, draw) => {
  begin(leg)
  const angle = 2 * Math.PI * draw(node, leg.index, 0)
  const way = legSec * between(speed, draw(node, leg.index, 1))
  // Folded here so that a long walk keeps its precision: the direction of a leg is drawn anew, so nothing else changes.
  leg.x = fold(leg.x, width)
  leg.y = fold(leg.y, height)
  leg.toX = leg.x + way * Math.cos(angle)
  leg.toY = leg.y + way * Math.sin(angle)
  leg.arriveSec = leg.endSec = leg.startSec + legSec
}

const place = (positions: Positions, i: number, leg: Leg, now: number, { width, height }: WalkOptions): void => {
  const share = now >= leg.arriveSec ? 1 : (now - leg.startSec) / (leg.arriveSec - leg.startSec)
  positions.first[i] = fold(leg.x + (leg.toX - leg.x) * share, width)
  positions.second[i] = fold(leg.y + (leg.toY - leg.y) * share, height)
}

/** Where a straight way ends when walls at 0 and `length` reflect it. */
const fold = (x: number, length: number): number => {
  if (x >= 0 && x <= length) return x
  if (length === 0) return 0
  const there = Math.abs(x) % (2 * length)
  return there <= length ? there : 2 * length - there
}

const check = ({ width, height, speed: [least, most], pause = 0, leg = 10 }: WalkOptions, stepSec: number): void => {
  const wrong = (found: string, wanted: string): RangeError => new RangeError(`Cannot move nodes: found ${found}, want ${wanted}`)
  if (!(width >= 0 && width <= MOST_METRES && height >= 0 && height <= MOST_METRES)) throw wrong(`an area of ${width} x ${height} m`, `0 to ${MOST_METRES} m`)
  if (!(least > 0 && least <= most && most <= 1e6)) throw wrong(`speeds of ${least} to ${most} m/s`, 'the least above 0 and at most the other, that at most 10^6')
  if (!(pause >= 0 && pause <= 1e9)) throw wrong(`a pause of ${pause} s`, '0 to 10^9')
  if (!(leg > 0 && leg <= 1e9)) throw wrong(`legs of ${leg} s`, 'above 0, to 10^9')
  if (!(stepSec > 0 && stepSec <= 1e9)) throw wrong(`steps of ${stepSec} s`, 'above 0, to 10^9')
}
