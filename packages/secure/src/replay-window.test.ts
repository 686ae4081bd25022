import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '@vde-ts/link/testing.js'
import { ReplayWindow, WINDOW } from './replay-window.ts'

const test = suite('ReplayWindow')

const take = (window: ReplayWindow, n: number): boolean => {
  if (!window.isFresh(n)) return false
  window.note(n)
  return true
}

test('each number is taken once, in any order within the window', () => {
  const window = new ReplayWindow()
  for (const n of [0, 5, 3, 31, 32, 1, WINDOW, 2]) assert.is(take(window, n), true, `${n}`)
  for (const n of [0, 5, 3, 31, 32, 1, WINDOW, 2]) assert.is(take(window, n), false, `${n} again`)
  assert.is(window.greatest, WINDOW)
})

test('what lies behind the window is taken for seen, also after a long leap', () => {
  const window = new ReplayWindow()
  take(window, 10)
  take(window, 11 + WINDOW)
  assert.is(take(window, 10), false)
  assert.is(take(window, 11), true)
  const last = 2 ** 31 - 1
  assert.is(take(window, last), true)
  assert.is(take(window, last), false)
  assert.is(take(window, last - WINDOW - 1), false)
  assert.is(take(window, last - WINDOW), true)
  assert.is(take(window, last - 1), true)
})

test('agrees with a set, whatever comes', () => {
  const random = seeded(6479)
  for (const spread of [10, 1000, 3 * WINDOW]) {
    const window = new ReplayWindow()
    const seen = new Set<number>()
    let base = 0
    for (let i = 0; i < 20_000; i++) {
      const n = Math.max(0, base + random.int(spread) - (spread >> 1))
      const wanted = !seen.has(n) && n >= window.greatest - WINDOW
      assert.is(take(window, n), wanted, `${n} with ${window.greatest} the greatest`)
      seen.add(n)
      base = Math.max(base, n)
    }
  }
})

test.run()
