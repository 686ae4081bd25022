import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { QualityModel } from '../quality.ts'
import { fixed, range } from './range.ts'
import { exponential, linear } from './wifi.ts'

const test = suite('models of MiniWorld')

/** kbit/s, ms, ms of jitter, to two decimals of a kbit/s; null: no link. */
const told = (model: QualityModel, d: number): readonly [number, number, number] | null => {
  const quality = d > model.reach ? null : model.quality(d, '1', '2', false)
  if (quality === null) return null
  assert.equal([quality.delayCorrelation, quality.loss.base, quality.delay.law], [0.25, 0, 'uniform'])
  assert.is(quality.delay.scale, quality.delay.spread)
  return [Number((quality.rate.base / 125).toFixed(2)), quality.delay.base / 1e6, quality.delay.spread / 1e6]
}

test('linear: the golden rows', () => {
  const rows = [
    [0, 54000, 0], [1, 54000, 0], [2, 36000, 1], [3, 27000, 2], [5, 18000, 4], [10, 9818.18, 9], [15, 6750, 14], [23, 4500, 22],
    [53, 2000, 52], [107, 1000, 106]
  ] as const
  for (const [d, rate, delay] of rows) assert.equal(told(linear(), d), [rate, delay, delay / 10], `${d} m`)
  assert.is(told(linear(), 108), null)
})

test('linear: the golden values of the sample positions', () => {
  const rows = [[108.04, null], [85.83, 1241.38], [83.52, 1270.59], [85.53, 1241.38], [84.63, 1255.81], [136.6, null]] as const
  for (const [d, rate] of rows) assert.is(told(linear(), d)?.[0] ?? null, rate, `${d} m`)
})

test('linear: off when d + 1 is over 2B / 1000, for any B', () => {
  for (const rate of [1000, 1500, 20000, 54000, 100000]) {
    const last = Math.floor(2 * rate / 1000) - 1
    assert.ok(told(linear(rate), Math.max(1, last)) !== null, `${rate}`)
    assert.is(told(linear(rate), Math.max(1, last) + 1), null, `${rate}`)
  }
})

test('exponential: the golden table', () => {
  const rows = [[3, 54000, 1], [7, 27000, 2], [11, 13500, 4], [15, 6750, 8], [19, 3375, 16], [23, 1687.5, 32]] as const
  for (const [last, rate, delay] of rows) {
    for (let d = last - 3; d <= last; d++) assert.equal(told(exponential(), d), [rate, delay, delay / 10], `${d} m`)
  }
  assert.is(told(exponential(), 24), null)
  assert.equal([told(exponential(100_000), 27) !== null, told(exponential(100_000), 28)], [true, null])
})

test('range: up below 30 after rounding, without rate, delay and loss', () => {
  const model = range()
  const isUp = (d: number): boolean => d <= model.reach && model.quality(d, '1', '2', false) !== null
  assert.equal([0, 29, 29.4, 29.6, 30, 31].map(isUp), [true, true, true, false, false, false])
  assert.equal(isUp(29.5), false, 'ties go to even: 30')
})

test('fixed: the same at any distance', () => {
  assert.is(fixed().quality(1e9, '1', '2', true), fixed().quality(0, '1', '2', false))
})

test('a rate or range that makes no model is refused in one line', () => {
  for (const rate of [-1, 0, 999, NaN, Infinity]) {
    assert.throws(() => linear(rate), /^Cannot make the model: found a rate of .* kbit\/s, want 1000 to 10000000$/)
  }
  for (const end of [0, -5, 1.5, NaN]) assert.throws(() => range(undefined, end), /found a range of/)
})

test.run()
