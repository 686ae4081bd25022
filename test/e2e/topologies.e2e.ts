/** 2 000 random spanning-tree topologies in virtual time, see test/topo/random.ts. */
import * as assert from 'node:assert/strict'
import { EXPIRY_LOOPS, LONG_LOOPS, LONG_MS, PROPAGATION_MS, runRandom, UNLIMITED, type Outcome } from '../topo/random.ts'
import { run, test } from './kit/index.ts'

const COUNT = 2000
/** Three hellos: as long as information lives that nobody repeats. */
const EXPIRY_MS = 6000
const outcomes: Outcome[] = []

test('random topologies come to the tree that the graph has, within bounds', { ms: 120_000 }, async () => {
  for (let seed = 1; seed <= COUNT; seed++) {
    const outcome = runRandom(seed)
    assert.equal(outcome.problem, '', `seed ${seed}: ${outcome.story}`)
    outcomes.push(outcome)
  }
  const slowestMs = Math.max(...outcomes.map((outcome) => outcome.slowestMs))
  console.log(`        ${COUNT} topologies, slowest ${slowestMs} ms of virtual time, ${outcomes.filter((one) => one.loops > 0).length} with a loop on the way`)
})

test('loops on the way are those of the transmission limit', { ms: 60_000 }, async () => {
  const long: number[] = []
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.loops === 0) continue
    const seed = index + 1
    if (outcome.loopMs >= LONG_MS) long.push(seed)
    const { loopMs } = runRandom(seed, UNLIMITED)
    if (EXPIRY_LOOPS.includes(seed)) assert.ok(loopMs > PROPAGATION_MS && loopMs <= EXPIRY_MS, `seed ${seed}: ${loopMs} ms`)
    else assert.ok(loopMs <= PROPAGATION_MS, `seed ${seed}: ${loopMs} ms with no limit on sending; ${outcome.story}`)
  }
  assert.deepEqual(long, LONG_LOOPS)
})

run()
