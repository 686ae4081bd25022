/**
 * Where the nodes of a radio network are: in a plane, in metres, or on the globe, in degrees.
 *
 * A position that is NaN is nowhere: who is nowhere has no link. Kept as arrays of numbers, so that a step of hundreds of
 * nodes makes no object.
 */
import type { Distances } from './distances.ts'
import { geodesic } from './geodesic.ts'

/** What the two numbers of a position are: x and y in metres (z too), or latitude and longitude in degrees (WGS 84). */
export type Space = 'plane' | 'globe'

/** One position: x, y and perhaps z in metres, or latitude, longitude in degrees. */
export type Point = readonly [number, number] | readonly [number, number, number]

/** Metres from the origin, at most: the farthest pair is still a finite distance. */
export const MOST_METRES = 1e9

/** The positions of nodes 0..count-1. */
export class Positions {
  readonly space: Space
  readonly count: number
  /** x, or latitude. */
  readonly first: Float64Array
  /** y, or longitude. */
  readonly second: Float64Array
  /** z, metres; 0 unless given. */
  readonly height: Float64Array

  /** All nowhere. */
  constructor (count: number, space: Space = 'plane') {
    this.space = space
    this.count = count
    this.first = new Float64Array(count).fill(NaN)
    this.second = new Float64Array(count).fill(NaN)
    this.height = new Float64Array(count)
  }

  /** Puts node `i` there. @throws {RangeError} a point out of range */
  set (i: number, point: Point): void {
    checkPoint(point, this.space)
    this.first[i] = point[0]
    this.second[i] = point[1]
    this.height[i] = point[2] ?? 0
  }

  /** The distances of all pairs. Allocates nothing. @param into of as many nodes */
  measure (into: Distances): void {
    const { first, second, height, count } = this
    const metres = into.metres
    for (let i = 0, at = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++, at++) {
        const level = this.space === 'plane'
          ? flat(first[i]! - first[j]!, second[i]! - second[j]!)
          : geodesic(first[i]!, second[i]!, first[j]!, second[j]!)
        const rise = height[i]! - height[j]!
        metres[at] = rise === 0 ? level : flat(level, rise)
      }
    }
  }
}

/** Math.hypot takes 60 ns for what it cares about and coordinates of this size have not: squares of 1e9 are exact enough. */
const flat = (a: number, b: number): number => Math.sqrt(a * a + b * b)

/** @throws {RangeError} a point that is not in `space` */
export const checkPoint = (point: Point, space: Space): void => {
  const [a, b, c = 0] = point
  const isInside = space === 'plane'
    ? point.every((metres) => Math.abs(metres) <= MOST_METRES)
    : Math.abs(a) <= 90 && Math.abs(b) <= 180 && Math.abs(c) <= MOST_METRES
  if (isInside) return
  const wanted = space === 'plane' ? `metres within ${MOST_METRES} of the origin` : 'a latitude within 90 and a longitude within 180 degrees'
  throw new RangeError(`Cannot place a node: found ${point.join(',')}, want ${wanted}`)
}
