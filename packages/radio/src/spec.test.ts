import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Quality, QualityModel } from './quality.ts'
import { makeModel, type ModelSpec } from './spec.ts'

const test = suite('makeModel')

const ask = (model: QualityModel, d: number, from = 'a', to = 'b', isOpen = false): Quality | null =>
  d > model.reach ? null : model.quality(d, from, to, isOpen)
const kbit = (quality: Quality | null): number | null => quality === null ? null : quality.rate.base / 125

test('makes each model', () => {
  assert.ok(ask(makeModel({ model: 'fixed' }, 1), 1e6) !== null)
  assert.equal([5, 6].map((d) => ask(makeModel({ model: 'range', range: 6 }, 1), d) !== null), [true, false])
  assert.is(kbit(ask(makeModel({ model: 'linear', rate: '20mbit' }, 1), 4)), 8000)
  assert.is(kbit(ask(makeModel({ model: 'exponential' }, 1), 5)), 27000)
  assert.is(kbit(ask(makeModel({ model: 'log-distance' }, 1), 1)), 54000)
})

test('log-distance: rates fall at the sensitivities of OFDM, loss is 10 % at each', () => {
  // -20 dBm at 1 m and 30 dB a decade: -65 dBm at 10^1.5 m, -82 at 10^(62/30).
  const model = makeModel({ model: 'log-distance' }, 1)
  assert.is(kbit(ask(model, 31.6)), 54000)
  assert.is(kbit(ask(model, 31.7)), 48000)
  assert.is(kbit(ask(model, 10 ** (62 / 30) - 0.01)), 6000)
  assert.is(ask(model, 10 ** (62 / 30) + 0.01), null)
  assert.ok(Math.abs(ask(model, 10 ** 1.5 - 1e-9)!.loss.base - 10) < 0.001)
  assert.ok(ask(model, 20)!.loss.base < 1e-4)
})

test('log-distance: shadowing is of the pair, asymmetry of the direction, both of the seed', () => {
  const rates = (spec: Partial<ModelSpec>, seed: number, isBack = false): Array<number | null> => {
    const model = makeModel({ model: 'log-distance', ...spec }, seed)
    return Array.from({ length: 200 }, (_, i) => kbit(isBack ? ask(model, 60, `n${i}`, 'x') : ask(model, 60, 'x', `n${i}`)))
  }
  assert.equal(rates({ shadowing: 8 }, 7), rates({ shadowing: 8 }, 7), 'the same again')
  assert.equal(rates({ shadowing: 8 }, 7), rates({ shadowing: 8 }, 7, true), 'reciprocal')
  assert.not.equal(rates({ shadowing: 8 }, 7), rates({ shadowing: 8 }, 8), 'another seed')
  assert.not.equal(rates({ asymmetry: 8 }, 7), rates({ asymmetry: 8 }, 7, true), 'not reciprocal')
})

test('log-distance: shadowing is normal, and reach is beyond all of it', () => {
  const model = makeModel({ model: 'log-distance', shadowing: 6 }, 3)
  const none = Array.from({ length: 4000 }, (_, i) => ask(model, 10 ** (62 / 30), 'x', `n${i}`)).filter((one) => one === null).length
  assert.ok(Math.abs(none - 2000) < 4 * Math.sqrt(1000), `${none} of 4000 at the median`)
  assert.is(ask(model, model.reach * 1.001), null)
})

test('table: the first row that reaches, and rows of a direction instead', () => {
  const model = makeModel({
    model: 'table',
    table: [
      { upTo: 10, impair: 'rate=10mbit' }, { upTo: 50, impair: 'rate=1mbit loss=5%' },
      { upTo: 20, impair: 'rate=100kbit', from: 'b', to: 'a' }, { impair: null, from: 'c', to: 'a' }
    ]
  }, 1)
  assert.equal([0, 10, 10.1, 50, 50.1].map((d) => kbit(ask(model, d))), [10000, 10000, 1000, 1000, null])
  assert.equal([20, 21].map((d) => kbit(ask(model, d, 'b', 'a'))), [100, null])
  assert.is(ask(model, 0, 'c', 'a'), null)
  assert.is(model.reach, 50)
})

test('impair is laid on all, directions on one', () => {
  const model = makeModel({
    model: 'linear', impair: 'loss=1%', directions: [{ from: 'a', to: 'b', impair: 'delay=50ms' }, { from: 'a', to: 'b', impair: 'loss=2%' }]
  }, 1)
  const [there, back] = [ask(model, 4)!, ask(model, 4, 'b', 'a')!]
  assert.equal([there.loss.base, there.delay.base, kbit(there)], [2, 50e6, 21600])
  assert.equal([back.loss.base, back.delay.base, kbit(back)], [1, 3e6, 21600])
})

test('hysteresis: an edge does not flap', () => {
  const model = makeModel({ model: 'range', hysteresis: { connect: 29.5, disconnect: 32 } }, 1)
  let isOpen = false
  const states = [29.6, 29.4, 29.6, 29.4, 31.9, 32, 32.1, 29.6, 29.4].map((d) => { isOpen = ask(model, d, 'a', 'b', isOpen) !== null; return isOpen })
  assert.equal(states, [false, true, true, true, true, true, false, false, true])
})

const refused: ReadonlyArray<readonly [spec: object, wrong: RegExp]> = [
  [{ model: 'LinkQualityModelWiFi' }, /^Cannot make the model: found "LinkQualityModelWiFi", want one of fixed, range/],
  [{ model: '__proto__' }, /want one of fixed/],
  [{ model: 'linear', range: 5 }, /found range, want of linear only model, impair, directions, hysteresis, rate/],
  [{ model: 'linear', rate: '-5mbit' }, /Cannot read rate: found "-5mbit"/],
  [{ model: 'linear', rate: '5' }, /want a number and one of bit, kbit/],
  [{ model: 'log-distance', exponent: 0 }, /found exponent 0, want 1 to 10/],
  [{ model: 'log-distance', shadowing: NaN }, /found shadowing NaN/],
  [{ model: 'table' }, /found a table without rows/],
  [{ model: 'table', table: [{ upTo: 5, impair: '' }, { upTo: 5, impair: '' }] }, /found 5 m behind 5 m in row 2/],
  [{ model: 'table', table: [{ upTo: -5, impair: '' }] }, /found -5 m in row 1/],
  [{ model: 'table', table: [{ upTo: 5, impair: '', from: 'a' }] }, /found one end of a direction in row 1/],
  [{ model: 'range', hysteresis: { connect: 20, disconnect: 10 } }, /found hysteresis from 20 to 10 m, want connect above 0/],
  [{ model: 'range', hysteresis: { connect: 40, disconnect: 50 } }, /found connect 40 m, want at most 29.5 m/],
  [{ model: 'fixed', impair: 'in.loss=1%' }, /a quality is of one direction/]
]
for (const [spec, wrong] of refused) test(`refuses ${JSON.stringify(spec)}`, () => assert.throws(() => makeModel(spec as ModelSpec, 1), wrong))

test('refuses a seed that is none', () => assert.throws(() => makeModel({ model: 'log-distance' }, -1), /Cannot use the seed -1/))

test.run()
