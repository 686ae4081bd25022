/** `port/trace` against what happens: switches and frames of chance, four hundred times what the unit test has. */
import { setImmediate } from 'node:timers/promises'
import { holdTraces } from '@vde-ts/switch/testing-trace.js'
import { run, test } from './kit/index.ts'

const SEEDS = 1000
const FRAMES = 300

test('a trace is what happens', { ms: 600_000 }, async () => {
  for (let seed = 1000; seed < 1000 + SEEDS; seed++) {
    holdTraces(seed, FRAMES)
    await setImmediate() // the deadline is a timer
  }
})

run()
