/**
 * CoDel against the pseudo-code of RFC 8289 5.5, written down here as it stands there, on recorded arrivals: drop for drop.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded, type Random } from '@vde-ts/frame/testing.js'
import { Codel, type CodelQueue } from './codel.ts'
import { NOTHING, change } from './settings.ts'
import { Numbered, bench } from './testing.ts'
import { fixed } from './value.ts'

const MS = 1e6
const PARAMETERS = { target: 5 * MS, interval: 100 * MS, mtu: 1514 }

interface Arrival { readonly time: number, readonly len: number }

/** The RFC's queue: names as there, so that the two can be compared line by line. */
class Reference {
  readonly dropped: number[] = []
  readonly queue: Array<{ id: number, time: number, len: number }> = []
  bytes = 0
  first_above_time = 0
  drop_next = 0
  count = 0
  lastcount = 0
  dropping = false

  dodequeue (now: number): { p: { id: number, time: number, len: number } | undefined, ok_to_drop: boolean } {
    const p = this.queue.shift()
    if (p === undefined) {
      this.first_above_time = 0
      return { p, ok_to_drop: false }
    }
    this.bytes -= p.len
    const sojourn = now - p.time
    if (sojourn < PARAMETERS.target || this.bytes <= PARAMETERS.mtu) this.first_above_time = 0
    else if (this.first_above_time === 0) this.first_above_time = now + PARAMETERS.interval
    else if (now >= this.first_above_time) return { p, ok_to_drop: true }
    return { p, ok_to_drop: false }
  }

  control_law (t: number): number { return t + PARAMETERS.interval / Math.sqrt(this.count) }

  dequeue (now: number): { id: number, time: number, len: number } | undefined {
    let r = this.dodequeue(now)
    if (this.dropping) {
      if (!r.ok_to_drop) this.dropping = false
      while (now >= this.drop_next && this.dropping) {
        this.dropped.push(r.p!.id)
        ++this.count
        r = this.dodequeue(now)
        if (!r.ok_to_drop) this.dropping = false
        else this.drop_next = this.control_law(this.drop_next)
      }
    } else if (r.ok_to_drop) {
      this.dropped.push(r.p!.id)
      r = this.dodequeue(now)
      this.dropping = true
      const delta = this.count - this.lastcount
      this.count = 1
      if (delta > 1 && now - this.drop_next < 16 * PARAMETERS.interval) this.count = delta
      this.drop_next = this.control_law(now)
      this.lastcount = this.count
    }
    return r.p
  }
}

/** The engine's queue over the same arrivals. */
class Ours implements CodelQueue {
  readonly dropped: number[] = []
  readonly queue: Array<{ id: number, time: number, len: number }> = []
  bytes = 0
  readonly #times = new Map<number, number>()

  take (): number {
    const first = this.queue.shift()
    if (first === undefined) return -1
    this.bytes -= first.len
    this.#times.set(first.id, first.time)
    return first.id
  }

  arrivedAt (id: number): number { return this.#times.get(id)! }
  backlog (): number { return this.bytes }
  dropByCodel (id: number): void { this.dropped.push(id) }
}

/** Lets a line of `rate` octets per second take frames from both queues; true when they agreed all along. */
const compare = (arrivals: readonly Arrival[], rate: number): number[] => {
  const reference = new Reference()
  const ours = new Ours()
  const codel = new Codel(PARAMETERS)
  let free = 0
  arrivals.forEach(({ time, len }, id) => {
    while (free <= time && reference.queue.length > 0) free = serve(reference, ours, codel, free, rate)
    if (free < time && reference.queue.length === 0) free = time
    for (const queue of [reference, ours]) {
      queue.queue.push({ id, time, len })
      queue.bytes += len
    }
  })
  while (reference.queue.length > 0) free = serve(reference, ours, codel, free, rate)
  assert.equal(ours.dropped, reference.dropped)
  return reference.dropped
}

const serve = (reference: Reference, ours: Ours, codel: Codel, now: number, rate: number): number => {
  const wanted = reference.dequeue(now)
  assert.is(codel.dequeue(ours, now), wanted?.id ?? -1)
  return now + (wanted === undefined ? 1 : wanted.len * 1e9 / rate)
}

/** Ten recordings, of as many kinds of traffic, made with fixed seeds. */
type Next = (random: Random, i: number) => readonly [gap: number, len: number]
const TRACES: ReadonlyArray<readonly [string, Next]> = [
  ['constant, just above the rate', () => [1.0 * MS, 1514]],
  ['constant, twice the rate', () => [0.5 * MS, 1514]],
  ['constant, below the rate', () => [3 * MS, 1514]],
  ['Poisson at the rate', (random) => [-Math.log(1 - random.int(1e6) / 1e6) * 1.2 * MS, 1514]],
  ['Poisson above it, mixed lengths', (random) => [-Math.log(1 - random.int(1e6) / 1e6) * 0.5 * MS, random.pick([60, 600, 1514])]],
  ['bursts of 50 with pauses', (_, i) => [i % 50 === 0 ? 200 * MS : 0.01 * MS, 1514]],
  ['long bursts with long pauses', (_, i) => [i % 900 === 0 ? 3000 * MS : 0.6 * MS, 1514]],
  ['small frames only', (random) => [random.int(60) * 1000, 60]],
  ['jumbo frames', (random) => [random.int(12) * MS, 9014]],
  ['a load that comes and goes', (random, i) => [(1.2 + Math.sin(i / 300)) * MS * random.int(1000) / 500, 1514]]
]

const test = suite('CoDel')

TRACES.forEach(([name, next], i) => {
  test(`${name}: the drops of the RFC`, () => {
    const random = seeded(i + 1)
    let time = 0
    const arrivals = Array.from({ length: 5000 }, (_, k) => {
      const [gap, len] = next(random, k)
      time += gap
      return { time, len }
    })
    const dropped = compare(arrivals, 1_250_000)
    if (i === 2) assert.is(dropped.length, 0)
    else if (i < 2) assert.ok(dropped.length > 10, `${dropped.length} drops: the trace shows nothing`)
  })
})

test('in a link: the queue stays near the target, tail drop fills it', () => {
  const sojourn = (settings: object): number => {
    const { world, link, arrivals } = bench(change(NOTHING, { rate: fixed(1_250_000), queueFrames: 1000, ...settings }))
    const frame = new Numbered(1514)
    // 10 % more than the rate.
    const gap = 1.1 * MS
    for (let i = 0; i < 20_000; i++) {
      world.runUntil(i * gap)
      frame.send(link, i)
    }
    const waits = arrivals.serials.map((serial, i) => arrivals.times[i]! - serial * gap).slice(-2000).sort((a, b) => a - b)
    return waits[1000]!
  }
  const controlled = sojourn({ discipline: 'codel' })
  const full = sojourn({})
  assert.ok(controlled < 40 * MS, `${controlled / MS} ms with CoDel`)
  assert.ok(full > 1000 * MS, `${full / MS} ms without`)
})

test.run()
