import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { median, quantile, ratios, summarise } from './stats.ts'

const stats = suite('stats')

const QUANTILES: ReadonlyArray<readonly [figures: number[], q: number, want: number]> = [
  [[3], 0.25, 3], [[9, 1], 0.5, 5], [[4, 1, 3, 2, 5], 0.25, 2], [[4, 1, 3, 2, 5], 1, 5], [[1, 2], 0.95, 1.95]
]
for (const [figures, q, want] of QUANTILES) {
  stats(`quantile ${q} of ${figures.join(' ')} is ${want}`, () => { assert.is(quantile(figures, q), want) })
}

stats('median of nothing is no number', () => { assert.ok(Number.isNaN(median([]))) })

stats('summarise leaves the order of the runs alone', () => {
  const runs = [3, 1, 2]
  assert.equal(summarise(runs), { runs: 3, median: 2, q1: 1.5, q3: 2.5, min: 1, max: 3 })
  assert.equal(runs, [3, 1, 2])
})

stats('ratios go pair by pair and skip what cannot be divided by', () => {
  assert.equal(ratios([10, 30, 5, 7], [5, 10, 0]), [2, 3])
})

stats.run()
