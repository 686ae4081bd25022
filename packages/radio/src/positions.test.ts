import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Distances } from './distances.ts'
import { geodesic } from './geodesic.ts'
import { Positions } from './positions.ts'
import { roundEven } from './round.ts'

const test = suite('Positions')

test('measure gives every pair its place', () => {
  const positions = new Positions(4)
  const x = [0, 1, 10, 100]
  x.forEach((metres, i) => positions.set(i, [metres, 0]))
  const distances = new Distances(4)
  positions.measure(distances)
  for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) if (i !== j) assert.is(distances.get(i, j), Math.abs(x[i]! - x[j]!), `${i},${j}`)
})

test('height counts', () => {
  const positions = new Positions(2)
  positions.set(0, [0, 0, 0])
  positions.set(1, [3, 0, 4])
  const distances = new Distances(2)
  positions.measure(distances)
  assert.is(distances.get(0, 1), 5)
})

// Vincenty's paper on WGS 84: Flinders Peak to Buninyong, the example of Australia's geodetic manual, is 54 972.271 m on GRS 80,
// which differs from WGS 84 by 0.1 mm of the polar axis.
test('geodesic: a published line, a degree of the equator, a meridian quadrant', () => {
  const degrees = (d: number, m: number, s: number): number => d + m / 60 + s / 3600
  const peak = [-degrees(37, 57, 3.7203), degrees(144, 25, 29.5244)] as const
  const hill = [-degrees(37, 39, 10.1561), degrees(143, 55, 35.3839)] as const
  assert.ok(Math.abs(geodesic(peak[0], peak[1], hill[0], hill[1]) - 54972.271) < 0.001)
  assert.ok(Math.abs(geodesic(0, 0, 0, 1) - 111319.4908) < 0.001)
  assert.ok(Math.abs(geodesic(0, 0, 90, 0) - 10001965.7293) < 0.001)
})

test('geodesic is symmetric, zero at itself, ends at antipodes, and is NaN for nowhere', () => {
  assert.is(geodesic(50, 8, 50, 8), 0)
  assert.ok(Math.abs(geodesic(50, 8, 51, 9) - geodesic(51, 9, 50, 8)) < 1e-6)
  assert.is(geodesic(0, 0, 0.01, 179.99), 20_000_000)
  assert.ok(Number.isNaN(geodesic(NaN, 8, 51, 9)))
})

test('a point out of range is refused', () => {
  assert.throws(() => new Positions(1, 'globe').set(0, [91, 0]), /^Cannot place a node: found 91,0, want a latitude within 90/)
  assert.throws(() => new Positions(1, 'globe').set(0, [0, 181]), /want a latitude within 90/)
  for (const point of [[1e10, 0], [NaN, 0], [0, Infinity], [0, 0, -1e10]] as const) {
    assert.throws(() => new Positions(1).set(0, point), /want metres within 1000000000 of the origin/)
  }
})

test('roundEven: ties to even', () => {
  assert.equal([0, 0.4, 0.5, 0.6, 1.5, 2.5, 29.4, 29.5, 29.6].map(roundEven), [0, 0, 0, 1, 2, 2, 29, 30, 30])
})

test.run()
