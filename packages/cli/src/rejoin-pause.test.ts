import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rejoinPauseMs } from './rejoin-pause.ts'

const test = suite('rejoinPauseMs')

test('50 to 500 ms for ten seconds, then up to 5 s', () => {
  assert.equal([0, 1, 2, 3, 4, 19].map(rejoinPauseMs), [50, 100, 200, 400, 500, 500])
  assert.equal([20, 21, 22, 23, 24, 99, 5000].map(rejoinPauseMs), [1000, 2000, 4000, 5000, 5000, 5000, 5000])
})

test.run()
