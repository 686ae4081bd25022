import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, IN } from './index.ts'

const test = suite('native timers')
const cell = new Float64Array(1)

test('clockRead never goes back, and is the clock of performance.now', () => {
  native.clockRead(cell)
  const first = cell[0]!
  const start = performance.now()
  while (performance.now() - start < 2);
  native.clockRead(cell)
  const passed = cell[0]! - first
  assert.ok(passed >= 2e6 && passed < 1e9, `${passed} ns`)
})

test('a timer is readable from its time on, and no more once it is set again', () => {
  const fd = native.timerCreate()
  native.clockRead(cell)
  const due = cell[0]! + 3e6
  assert.is(native.timerSet(fd, Float64Array.of(due)), 0)
  assert.is(native.poll(fd, IN, 0), 0)
  assert.is(native.poll(fd, IN, 1000), IN)
  native.clockRead(cell)
  assert.ok(cell[0]! >= due)
  native.timerSet(fd, Float64Array.of(Infinity))
  assert.is(native.poll(fd, IN, 0), 0)
  for (const past of [1, 0, -5, NaN]) {
    native.timerSet(fd, Float64Array.of(past))
    assert.is(native.poll(fd, IN, 1000), IN, `${past}`)
  }
  native.close(fd)
})

test('arguments of the wrong kind are refused', () => {
  assert.throws(() => { native.clockRead(new Float64Array(0)) }, RangeError)
  assert.throws(() => { native.clockRead([0] as never) }, TypeError)
  assert.is(native.timerSet(-1, cell), -9)
})

test.run()
