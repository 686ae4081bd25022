/** Every mixture of ours and C switches in a ring. */
import * as assert from 'node:assert/strict'
import { cable, copies, oneCopyEach, pause, ring, run, test, type Scene } from './kit/index.ts'

const OURS = ['vde_switch', 'vde_plug']
const SETTLE_MS = 30_000
const AT_ONCE = 4

/** Every ring of 2 to 5 in which at least one is ours and at least one is not. */
const mixtures = (): string[] => [2, 3, 4, 5].flatMap((length) => Array.from({ length: 2 ** length - 2 }, (_, i) =>
  (i + 1).toString(2).padStart(length, '0').replaceAll('0', 'o').replaceAll('1', 'c')))

let next = 1

/** One ring, with the root at the first bridge or not there: one copy of each broadcast, and so it stays. */
const tryRing = async (scene: Scene, kinds: string, priority: string): Promise<void> => {
  const from = next
  next += kinds.length
  const { nets, stations } = await ring(scene, kinds, ['--priority', priority], from)
  const cables = nets.map(({ dir }, i) => cable(scene, dir, nets[(i + 1) % nets.length]!.dir))
  try {
    await oneCopyEach(stations, SETTLE_MS)
  } catch (error) { throw new Error(`${kinds} ${priority}: ${String(error)}`) }
  await pause(10_000) // two hellos of the C switch: does it last?
  for (let times = 0; times < 3; times++) { // none twice, and after a moment of a busy machine each once
    for (const row of await copies(stations)) assert.ok(row.every((n) => n <= 1), `${kinds} ${priority}: ${String(row)}`)
  }
  await oneCopyEach(stations, SETTLE_MS)
  const procs = [...stations.map(({ proc }) => proc), ...cables, ...nets.map(({ proc }) => proc)]
  await Promise.all(procs.map(async (proc) => await proc.stop()))
}

test('rings of 2 to 5, every mixture of ours and C switches, the root first or elsewhere', {
  needs: ['vde_switch'], ours: OURS, ms: 220_000 * 5
}, async (scene) => {
  const work = mixtures().flatMap((kinds) => ['0x1000', '0x9000'].map((priority) => [kinds, priority] as const))
  let done = 0
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let job = work.shift(); job !== undefined; job = work.shift()) {
      await tryRing(scene, ...job)
      done++
    }
  }))
  console.log(`        ${done} rings`)
})

run()
