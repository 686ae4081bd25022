/**
 * Steps of a radio network in which all nodes move, until they are in effect on the medium: `radio-step.ts NODES SECONDS` prints
 * one line of JSON: milliseconds of a step (median, 99th percentile) and changes per step.
 */
import { performance } from 'node:perf_hooks'
import { Engine } from '@vde-ts/impair'
import { Distances, Medium, Positions, StepEngine, makeModel, randomMotion } from '@vde-ts/radio'

const [nodes = 100, seconds = 1] = process.argv.slice(2).map(Number)
const AREA = { width: 500, height: 500, speed: [1, 15], pause: 0, seed: 1 } as const
const names = Array.from({ length: nodes }, (_, i) => `n${i}`)
const motion = randomMotion(new Positions(nodes), { kind: 'waypoint', ...AREA }, 1)
const engine = new StepEngine(names, makeModel({ model: 'linear' }, 1))
const distances = new Distances(nodes)
const medium = new Medium(new Engine({ clock: new Float64Array(1), tick () {}, arm () {} }), { seed: 1 })
for (const name of names) medium.add(name)

const times: number[] = []
let changes = 0
const end = performance.now() + seconds * 1000
for (let step = 0; performance.now() < end; step++) {
  const start = performance.now()
  motion.distances(step, distances)
  const done = engine.step(distances)
  medium.apply(done)
  times.push(performance.now() - start)
  changes += done.length
}
times.sort((a, b) => a - b)
const at = (share: number): number => times[Math.floor(share * (times.length - 1))]!
console.log(JSON.stringify({ median: at(0.5), p99: at(0.99), changes: changes / times.length }))
