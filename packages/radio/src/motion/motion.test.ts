import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '@vde-ts/frame/testing.js'
import { Distances } from '../distances.ts'
import { Positions } from '../positions.ts'
import { readCsvTrace } from './csv.ts'
import { still, type Motion } from './motion.ts'
import { nothing, sequence } from './sequence.ts'
import { traceMotion } from './trace.ts'
import { randomMotion, type WalkOptions } from './walks.ts'

const walks = suite('randomMotion')

const AREA = { width: 200, height: 100, speed: [1, 5], seed: 9 } as const
const KINDS: ReadonlyArray<WalkOptions> = [{ kind: 'waypoint', pause: 3, ...AREA }, { kind: 'walk', leg: 7, ...AREA }]

/** x, y of all nodes at a step. */
const at = (motion: Motion, step: number): number[] => {
  const { first, second, count } = motion.positions(step)!
  return Array.from({ length: count }, (_, i) => [first[i]!, second[i]!]).flat()
}

for (const options of KINDS) {
  const make = (seed: number = options.seed): Motion => randomMotion(new Positions(20), { ...options, seed }, 1)

  walks(`${options.kind}: the same seed gives the same steps, in any order`, () => {
    const [one, other] = [make(), make()]
    const steps = Array.from({ length: 100 }, (_, step) => at(one, step))
    for (const step of [99, 0, 50, 51, 3]) assert.equal(at(other, step), steps[step], `step ${step}`)
    assert.not.equal(at(make(10), 50), steps[50])
  })

  walks(`${options.kind}: nobody leaves the area, or is faster than the fastest`, () => {
    const motion = make()
    let last = at(motion, 0)
    for (let step = 1; step < 200; step++) {
      const now = at(motion, step)
      for (let i = 0; i < now.length; i += 2) {
        assert.ok(now[i]! >= 0 && now[i]! <= 200 && now[i + 1]! >= 0 && now[i + 1]! <= 100)
        assert.ok(Math.hypot(now[i]! - last[i]!, now[i + 1]! - last[i + 1]!) <= 5 + 1e-9, `step ${step}`)
      }
      last = now
    }
  })
}

walks('walk: nodes spread evenly over the area', () => {
  const motion = randomMotion(new Positions(400), { ...KINDS[1]!, seed: 4 }, 1)
  const first = at(motion, 300)
  const left = first.filter((x, i) => i % 2 === 0 && x < 100).length
  assert.ok(Math.abs(left - 200) < 40, `${left} of 400 in the left half`)
})

walks('an area of no extent holds nodes still', () => {
  for (const options of KINDS) {
    const motion = randomMotion(new Positions(2), { ...options, width: 0, height: 0, pause: 1 }, 1)
    assert.equal(at(motion, 30), [0, 0, 0, 0])
  }
})

for (const [change, wrong] of [
  [{ width: -1 }, /found an area of -1 x 100 m/],
  [{ speed: [0, 5] }, /found speeds of 0 to 5/],
  [{ speed: [5, 1] }, /found speeds of 5 to 1/],
  [{ pause: -1 }, /found a pause of -1 s/],
  [{ leg: 0 }, /found legs of 0 s/],
  [{ seed: 0.5 }, /Cannot use the seed 0.5/]
] as const) {
  walks(`refuses ${JSON.stringify(change)}`, () => {
    assert.throws(() => randomMotion(new Positions(1), { ...KINDS[0]!, ...change } as WalkOptions, 1), wrong)
  })
}
walks('refuses steps without a time', () => assert.throws(() => randomMotion(new Positions(1), KINDS[0]!, 0), /found steps of 0 s/))

walks.run()

const traces = suite('traces')

const CSV = 'time,node,x,y\n# two nodes\n10, a, 0, 0\n\n20,a,100,50\n20,b,7,7\n'

traces('readCsvTrace and traceMotion go straight between samples, and stay at the ends', () => {
  const positions = new Positions(3)
  positions.set(2, [1, 2])
  const motion = traceMotion(readCsvTrace(CSV, 't.csv'), ['a', 'b', 'c'], positions, 5)
  assert.equal(at(motion, 0), [0, 0, 7, 7, 1, 2])
  assert.equal(at(motion, 3), [50, 25, 7, 7, 1, 2])
  assert.equal(at(motion, 4), [100, 50, 7, 7, 1, 2])
  assert.equal(at(motion, 400), [100, 50, 7, 7, 1, 2])
  assert.equal(at(motion, 2), [0, 0, 7, 7, 1, 2], 'and back')
})

traces('columns in any order, heights, degrees around the date line', () => {
  const high = traceMotion(readCsvTrace('z,node,y,x,time\n4,a,0,0,0\n8,a,2,2,2', 't'), ['a'], new Positions(1), 1)
  assert.equal([high.positions(1)!.height[0], ...at(high, 1)], [6, 1, 1])
  const globe = traceMotion(readCsvTrace('time,node,lat,lon\n0,a,0,179\n2,a,0,-179\n4,a,0,-177', 't'), ['a'], new Positions(1, 'globe'), 1)
  assert.equal([0.5, 1, 1.5, 3].map((step) => at(globe, step)[1]), [179.5, 180, -179.5, -178])
})

for (const [text, wrong] of [
  ['', /^Cannot read t.csv: found no line, want time,node,x,y$/],
  ['time,node,x\n', /line 1: found the columns "time,node,x"/],
  ['time,node,x,lat\n', /found the columns/],
  ['time,node,x,y,x\n', /found the columns/],
  ['time,node,x,y\n0,a,1', /line 2: found 3 values, want 4: time,node,x,y/],
  ['time,node,x,y\n0,a,1,two', /line 2: found y "two", want a number/],
  ['time,node,x,y\n-1,a,1,2', /line 2: found the time -1, want seconds from 0 on/],
  ['time,node,x,y\n0,a,1,2e99', /line 2: found 1,2e\+99, want metres within/],
  ['time,node,lat,lon\n0,a,91,2', /line 2: found 91,2, want a latitude/],
  ['time,node,x,y\n0,a b,1,2', /line 2: found node "a b", want a name/],
  ['time,node,x,y\n5,a,1,2\n9,b,1,2\n3,a,1,2', /^Cannot read t.csv: line 4: found a at 3 s after 5 s of line 2, want a time that is later$/],
  ['time,node,x,y\n5,a,1,2\n5,a,3,4', /line 3: found a at 5 s after 5 s of line 2/]
] as const) {
  traces(`readCsvTrace refuses ${JSON.stringify(text)} in one line`, () => {
    assert.throws(() => readCsvTrace(text, 't.csv'), (error: Error) => error instanceof SyntaxError && wrong.test(error.message) && !error.message.includes('\n'))
  })
}

traces('traceMotion refuses nodes and spaces that are not of the network', () => {
  const trace = readCsvTrace(CSV, 't.csv')
  assert.throws(() => traceMotion(trace, ['a'], new Positions(1), 1), /found node "b", want nodes of this network \(a\)/)
  assert.throws(() => traceMotion(trace, ['a', 'b'], new Positions(2, 'globe'), 1), /found positions in a plane, want a globe/)
})

traces('readCsvTrace of random text: a trace or a SyntaxError, in linear time', () => {
  const random = seeded(11)
  const words = ['time', 'node', 'x', 'y', ',', '\n', '0', '7', 'a', '#', ' ', '1e3', '-', '.', '\0', 'é', ',a,']
  for (let round = 0; round < 2000; round++) {
    const text = (round % 2 === 0 ? 'time,node,x,y\n' : '') + Array.from({ length: random.int(30) }, () => words[random.int(words.length)]).join('')
    try { readCsvTrace(text, 't') } catch (error) { assert.instance(error, SyntaxError) }
  }
  for (let cut = 0; cut < CSV.length; cut++) {
    try { readCsvTrace(CSV.slice(0, cut), 't') } catch (error) { assert.instance(error, SyntaxError) }
  }
})

traces.run()

const sequences = suite('sequence')

/** Which picture is shown in each step from 0: by its one link. */
const shown = (durations: readonly number[], stepSec: number, isLoop: boolean, steps: number): string => {
  const motion = sequence(durations.map((durationSec, i) => ({ durationSec, show: { links: [[0, i + 1]] } })), stepSec, isLoop)
  const distances = new Distances(durations.length + 1)
  return Array.from({ length: steps }, (_, step) => {
    motion.distances(step, distances)
    const found = durations.findIndex((_, i) => distances.get(0, i + 1) === 1)
    return found < 0 ? '-' : 'ABCDE'[found]
  }).join('')
}

sequences('a duration of n lasts n / step + 1 steps, and the last stays', () => {
  assert.is(shown([2, 2], 1, false, 10), '-AAABBBBBB')
  assert.is(shown([0, 0, 0], 1, false, 6), '-ABCCC')
  assert.is(shown([5, 0], 2, false, 8), '-AAAABBB')
})

sequences('a loop takes one more step to rewind', () => {
  assert.is(shown([2, 2], 1, true, 15), '-AAABBBBAAABBBB')
  assert.is(shown([0, 0], 1, true, 8), '-ABBABBA')
})

sequences('positions are pictures too', () => {
  const positions = new Positions(2)
  positions.set(0, [0, 0])
  positions.set(1, [3, 4])
  const motion = sequence([{ durationSec: 0, show: { positions } }], 1, false)
  const distances = new Distances(2)
  motion.distances(1, distances)
  assert.equal([distances.get(0, 1), motion.positions(1), motion.positions(0)], [5, positions, null])
})

sequences('still and nothing do not move', () => {
  const positions = new Positions(2)
  const distances = new Distances(2)
  positions.set(0, [0, 0])
  positions.set(1, [0, 9])
  still(positions).distances(5, distances)
  assert.is(distances.get(0, 1), 9)
  nothing.distances(5, distances)
  assert.ok(Number.isNaN(distances.get(0, 1)))
  assert.is(nothing.positions(5), null)
})

sequences('refuses no topologies, steps without a time and negative durations', () => {
  assert.throws(() => sequence([], 1, false), /found no topologies/)
  assert.throws(() => sequence([{ durationSec: 0, show: { links: [] } }], 0, false), /found steps of 0 s/)
  assert.throws(() => sequence([{ durationSec: -1, show: { links: [] } }], 1, false), /found -1 s/)
})

sequences.run()
