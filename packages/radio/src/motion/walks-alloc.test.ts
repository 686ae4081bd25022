/** In a process of its own, since what the optimiser inlines depends on all that ran before. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun } from '@vde-ts/frame/testing.js'
import { Distances } from '../distances.ts'
import { Positions } from '../positions.ts'
import { randomMotion, type WalkOptions } from './walks.ts'

const walks = suite('randomMotion')

const AREA = { width: 200, height: 100, speed: [1, 5], seed: 9 } as const
const KINDS: ReadonlyArray<WalkOptions> = [{ kind: 'waypoint', pause: 3, ...AREA }, { kind: 'walk', leg: 7, ...AREA }]

for (const options of KINDS) {
  walks(`${options.kind}: a step of 190 pairs allocates the numbers of new legs only`, () => {
    const [motion, distances] = [randomMotion(new Positions(20), options, 1), new Distances(20)]
    const octets = bytesPerRun((i) => motion.distances(i, distances), 500)
    assert.ok(octets < 200, `${octets} octets a step`)
  })
}

walks.run()
