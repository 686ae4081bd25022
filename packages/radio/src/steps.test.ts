import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '@vde-ts/frame/testing.js'
import { Distances } from './distances.ts'
import { range } from './models/range.ts'
import { exponential, linear } from './models/wifi.ts'
import { Positions } from './positions.ts'
import { qualityOf, type QualityModel } from './quality.ts'
import { StepEngine, type Change } from './steps.ts'

const test = suite('StepEngine')

const LINE = ['a', 'b', 'c']

/** a, b and c at these x, in a plane. */
const at = (...x: number[]): Distances => {
  const positions = new Positions(x.length)
  x.forEach((metres, i) => positions.set(i, [metres, 0]))
  const distances = new Distances(x.length)
  positions.measure(distances)
  return distances
}

const told = (changes: readonly Change[]): string[] => changes.map(({ action, from, to }) => `${action} ${from}>${to}`)

test('step opens both directions of each pair in reach, once', () => {
  const engine = new StepEngine(LINE, range())
  assert.equal(told(engine.step(at(0, 20, 40))), ['open a>b', 'open b>a', 'open b>c', 'open c>b'])
  assert.equal(engine.step(at(0, 20, 40)), [], 'nothing moved')
  assert.equal(engine.step(at(5, 25, 45)), [], 'all moved, no distance changed')
  assert.equal(told(engine.step(at(0, 20, 60))), ['close b>c', 'close c>b'])
  assert.equal(told(engine.step(at(0, 20, 40))), ['open b>c', 'open c>b'])
  assert.is(engine.steps, 5)
})

test('step changes what is other, and only that', () => {
  const engine = new StepEngine(LINE, exponential())
  engine.step(at(0, 2, 20))
  assert.equal(told(engine.step(at(0, 4, 20))), ['change a>b', 'change b>a'], '18 and 16 metres are the same')
})

test('quality is what the last step said', () => {
  const engine = new StepEngine(LINE, linear())
  engine.step(at(0, 2, 500))
  assert.is(engine.quality('a', 'b')?.rate.base, 36000 * 125)
  assert.equal([engine.quality('a', 'c'), engine.quality('a', 'nobody')], [null, null])
})

test('directions are by themselves', () => {
  const fast = qualityOf('rate=1mbit delay=10ms')
  const slow = qualityOf('rate=100kbit delay=50ms')
  const oneWay: QualityModel = { reach: 100, quality: (_, from, to) => from === 'a' ? fast : to === 'a' ? slow : null }
  const engine = new StepEngine(LINE, oneWay)
  assert.equal(told(engine.step(at(0, 1, 2))), ['open a>b', 'open b>a', 'open a>c', 'open c>a'])
  assert.equal([engine.quality('a', 'b'), engine.quality('b', 'a')], [fast, slow])
})

test('cut closes one direction with the next step until it is mended', () => {
  const engine = new StepEngine(LINE, range())
  engine.step(at(0, 1, 2))
  engine.cut('a', 'b', true)
  assert.equal(told(engine.step(at(0, 1, 2))), ['close a>b'])
  assert.equal(told(engine.step(at(0, 9, 2))), [], 'near, and still cut')
  engine.cut('a', 'b', false)
  assert.equal(told(engine.step(at(0, 9, 2))), ['open a>b'])
  assert.throws(() => engine.cut('a', 'x', true), /Cannot cut a from x/)
})

test('who is nowhere has no link', () => {
  const engine = new StepEngine(LINE, { reach: Infinity, quality: () => qualityOf('') })
  const distances = at(0, 1, 2)
  distances.set(2, 0, NaN)
  distances.set(1, 2, NaN)
  assert.equal(told(engine.step(distances)), ['open a>b', 'open b>a'])
  assert.equal(engine.step(distances), [], 'NaN is what it was')
})

test('the sum of all changes is what one step from nothing says (random moves)', () => {
  const random = seeded(5)
  const nodes = Array.from({ length: 12 }, (_, i) => `n${i}`)
  const engine = new StepEngine(nodes, linear())
  const state = new Map<string, unknown>()
  for (let step = 0; step < 30; step++) {
    const distances = at(...nodes.map(() => random.int(300)))
    for (const change of engine.step(distances)) {
      const key = `${change.from}>${change.to}`
      assert.is(state.has(key), change.action !== 'open', `${change.action} ${key}`)
      if (change.action === 'close') state.delete(key)
      else state.set(key, change.quality)
    }
    const fresh = new StepEngine(nodes, linear())
    const once = fresh.step(distances).map((one) => [`${one.from}>${one.to}`, one.action === 'close' ? null : one.quality])
    assert.equal([...state].sort(), once.sort())
  }
})

test('a name twice is refused', () => {
  assert.throws(() => new StepEngine(['a', 'a'], range()), /found 2 names, 1 of them different/)
})

test.run()
