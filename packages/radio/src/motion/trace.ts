/**
 * Recorded ways: samples of (time, node, position), and the motion that follows them.
 *
 * Between two samples a node goes straight and evenly; before its first it is at the first, behind its last at the last. On
 * the globe, straight is straight in degrees, the shorter way around. A node without samples stays where it was put.
 */
import type { Point, Positions, Space } from '../positions.ts'
import { checkPoint } from '../positions.ts'
import { moving, type Motion } from './motion.ts'

/** One sample. */
export interface Sample {
  /** Seconds from the start. */
  readonly timeSec: number
  readonly node: string
  readonly point: Point
  /** Of the file, from 1. */
  readonly line: number
}

/** The way of one node: times that grow, and three numbers for each. */
export interface Way {
  readonly times: Float64Array
  readonly points: Float64Array
}

/** A trace as it is followed. */
export interface Trace {
  readonly space: Space
  readonly ways: ReadonlyMap<string, Way>
}

/**
 * @param source for messages: `trace.csv`
 * @throws {SyntaxError} a node that goes back in time or is at two places at once, with its line; a position out of range
 */
export const traceOf = (samples: readonly Sample[], space: Space, source: string): Trace => {
  const byNode = new Map<string, Sample[]>()
  for (const sample of samples) {
    const wrong = (found: string, wanted: string): SyntaxError =>
      new SyntaxError(`Cannot read ${source}: line ${sample.line}: found ${found}, want ${wanted}`)
    if (!(sample.timeSec >= 0 && sample.timeSec <= 1e12)) throw wrong(`the time ${sample.timeSec}`, 'seconds from 0 on')
    const list = byNode.get(sample.node) ?? []
    const last = list.at(-1)
    if (last !== undefined && sample.timeSec <= last.timeSec) {
      throw wrong(`${sample.node} at ${sample.timeSec} s after ${last.timeSec} s of line ${last.line}`, 'a time that is later')
    }
    try { checkPoint(sample.point, space) } catch (error) {
      throw new SyntaxError(`Cannot read ${source}: line ${sample.line}: ${(error as Error).message.replace(/^Cannot place a node: /, '')}`, { cause: error })
    }
    list.push(sample)
    byNode.set(sample.node, list)
  }
  return { space, ways: new Map([...byNode].map(([node, list]) => [node, wayOf(list)])) }
}

const wayOf = (list: readonly Sample[]): Way => {
  const points = new Float64Array(list.length * 3)
  list.forEach(({ point: [a, b, c = 0] }, i) => points.set([a, b, c], 3 * i))
  return { times: Float64Array.from(list, ({ timeSec }) => timeSec), points }
}

/**
 * @param nodes names in the order of `positions`; where those without a way are stands there already
 * @throws {RangeError} a way of a node that is not among them, positions of another space
 */
export const traceMotion = (trace: Trace, nodes: readonly string[], positions: Positions, stepSec: number): Motion => {
  const foreign = [...trace.ways.keys()].find((name) => !nodes.includes(name))
  if (foreign !== undefined) throw new RangeError(`Cannot follow the trace: found node "${foreign}", want nodes of this network (${nodes.slice(0, 8).join(', ')})`)
  if (positions.space !== trace.space) throw new RangeError(`Cannot follow the trace: found positions in a ${trace.space}, want a ${positions.space}`)
  const ways = nodes.map((name) => trace.ways.get(name) ?? null)
  return moving(positions, (step) => {
    for (let i = 0; i < ways.length; i++) {
      const way = ways[i]
      if (way !== null && way !== undefined) follow(way, step * stepSec, i, positions)
    }
  })
}

const follow = ({ times, points }: Way, now: number, i: number, positions: Positions): void => {
  const at = lastNotAfter(times, now)
  const [from, to] = [3 * Math.max(at, 0), 3 * Math.min(at + 1, times.length - 1)]
  const share = from === to || at < 0 ? 0 : (now - times[at]!) / (times[at + 1]! - times[at]!)
  const way = positions.space === 'globe' ? around(points[to + 1]! - points[from + 1]!) : points[to + 1]! - points[from + 1]!
  positions.first[i] = points[from]! + (points[to]! - points[from]!) * share
  const second = points[from + 1]! + way * share
  positions.second[i] = positions.space === 'globe' ? around(second) : second
  positions.height[i] = points[from + 2]! + (points[to + 2]! - points[from + 2]!) * share
}

/** Degrees of longitude in -180..180. */
const around = (degrees: number): number => degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees

/** Index of the last time that is not after `now`; -1: all are. */
const lastNotAfter = (times: Float64Array, now: number): number => {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle]! <= now) low = middle + 1
    else high = middle
  }
  return low - 1
}
