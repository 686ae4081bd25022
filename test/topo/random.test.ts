/** A part of the random topologies, for every run of the unit tests; all 2 000 are in test/e2e/topologies.e2e.ts. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PROPAGATION_MS, runRandom, UNLIMITED } from './random.ts'

const random = suite('random topologies')

random('converge to the tree that the graph has', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const { problem, story } = runRandom(seed)
    assert.is(problem, '', `seed ${seed}: ${story}`)
  }
})

random('loop for no longer than a message travels, where sending is not limited', () => {
  for (const seed of [26, 112, 196, 205, 342]) assert.ok(runRandom(seed, UNLIMITED).loopMs <= PROPAGATION_MS, `seed ${seed}`)
})

random.run()
