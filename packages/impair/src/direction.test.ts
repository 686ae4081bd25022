import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM } from '@vde-ts/frame/offload.js'
import { seeded } from '@vde-ts/frame/testing.js'
import { change, type Settings } from './settings.ts'
import { MS } from './limits.ts'
import { Numbered, VirtualWorld, bench, type Arrivals } from './testing.ts'
import { fixed, type Value } from './value.ts'

type Bench = ReturnType<typeof bench>

const uniform = (base: number, spread: number): Value => ({ base, spread, law: 'uniform', scale: spread, table: null })
const ascending = (list: readonly number[]): boolean => list.every((value, i) => i === 0 || value > list[i - 1]!)

/** Sends `count` frames of `len` octets, `gap` nanoseconds apart, and lets everything arrive. */
const stream = (
  settings: Partial<Settings>, count: number, len: number, gap: number, act: (i: number, b: Bench) => void = () => {}
): Bench => {
  const b = bench(settings)
  const frame = new Numbered(len)
  for (let i = 0; i < count; i++) {
    b.world.runUntil(i * gap)
    act(i, b)
    frame.send(b.link, i)
  }
  b.world.drain()
  return b
}

const delay = suite('delay line')

delay('every frame arrives exactly its delay later, unchanged', () => {
  const { arrivals, far } = stream({ delay: fixed(20 * MS) }, 100, 60, MS)
  assert.equal(arrivals.serials, Array.from({ length: 100 }, (_, i) => i))
  assert.equal(arrivals.times, Array.from({ length: 100 }, (_, i) => (i + 20) * MS))
  assert.is(far.frames[3]!.length, 60)
})

delay('a delay that is lowered keeps the order, and applies to later frames as soon as it may', () => {
  const { arrivals } = stream({ delay: fixed(100 * MS) }, 50, 60, 10 * MS, (i, { link }) => {
    if (i === 5) link.out.settings = change(link.out.settings, { delay: fixed(0) })
  })
  assert.ok(ascending(arrivals.serials))
  assert.is(arrivals.times[4], 140 * MS)
  assert.equal(arrivals.times.slice(5, 16), [...Array(9).fill(140 * MS), 140 * MS, 150 * MS])
})

delay('with FIFO jitter never reorders, without it does; FIFO switched on lets nothing overtake what is on its way', () => {
  const jitter = { delay: uniform(20 * MS, 20 * MS) }
  assert.ok(ascending(stream(jitter, 2000, 60, MS).arrivals.serials))
  const loose = stream(jitter, 2000, 60, MS, (_, { link }) => { link.out.isFifo = false })
  assert.not.ok(ascending(loose.arrivals.serials))
  assert.is(loose.arrivals.serials.length, 2000)
  const late = stream(jitter, 2000, 60, MS, (i, { link }) => { link.out.isFifo = i >= 1000 })
  assert.ok(ascending(late.arrivals.serials.slice(late.arrivals.serials.indexOf(1000))))
  assert.is(Math.max(...late.arrivals.serials.slice(0, 1000)), 999)
})

delay('each direction has its own order', () => {
  const { world, link, farLink, sink, arrivals } = bench({ delay: fixed(100 * MS) })
  link.in.settings = change(link.in.settings, { delay: fixed(MS) })
  const frame = new Numbered(60)
  frame.send(link, 1)
  farLink.send(frame.number(2).buf, HEADROOM, 60)
  world.runUntil(MS)
  assert.equal([sink.frames.length, arrivals.serials.length], [1, 0])
  world.drain()
  assert.equal(arrivals.times, [100 * MS])
})

delay('frames that overtake arrive at once and are counted', () => {
  const { arrivals, link } = stream({ delay: fixed(100 * MS), reorder: 20 }, 1000, 60, MS)
  const { reordered } = link.out.counters
  assert.ok(reordered > 150 && reordered < 250, `${reordered}`)
  assert.is(arrivals.serials.length, 1000)
  assert.is(arrivals.times.filter((time, i) => time === arrivals.serials[i]! * MS).length, reordered)
})

delay('10 000 random changes of settings lose, repeat and reorder nothing', () => {
  const random = seeded(11)
  const { arrivals } = stream({}, 10_000, 100, MS / 10, (_, { link }) => {
    const pick = <T> (...list: T[]): T => random.pick(list)
    link.out.settings = change(link.out.settings, pick<Partial<Settings>>(
      { delay: fixed(random.int(10) * MS) }, { delay: uniform(5 * MS, MS) }, { rate: fixed(random.int(5) * 1e6) },
      { rate: fixed(0) }, { queueFrames: 0 }, { speed: fixed(0) }, { overhead: random.int(20) }))
  })
  assert.equal(arrivals.serials, Array.from({ length: 10_000 }, (_, i) => i))
})

delay.run()

const line = suite('line and queue')

line('a rate spaces frames by their length and overhead, to the nanosecond', () => {
  // 10 Mbit/s, 1000 octets and 24 of overhead: 819.2 us each.
  const { arrivals } = stream({ rate: fixed(1_250_000), overhead: 24 }, 50, 1000, 0)
  arrivals.times.forEach((time, i) => { assert.ok(Math.abs(time - (i + 1) * 819_200) < 1, `${i}: ${time}`) })
})

line('a late wake-up costs no throughput', () => {
  const { world, link, arrivals } = bench({ rate: fixed(1e6) })
  const frame = new Numbered(1000)
  for (let i = 0; i < 10; i++) frame.send(link, i)
  world.time = 5.5 * MS
  world.engine.run()
  assert.is(arrivals.times.length, 5)
  world.drain()
  assert.is(arrivals.times.at(-1), 10 * MS)
})

line('a rate that is changed applies to what waits, and to the rest of the frame on the line', () => {
  const { world, link, arrivals } = bench({ rate: fixed(1e6) })
  const frame = new Numbered(1000)
  for (let i = 0; i < 3; i++) frame.send(link, i)
  world.runUntil(0.5 * MS)
  link.out.settings = change(link.out.settings, { rate: fixed(1e5) })
  world.runUntil(5.4 * MS)
  assert.equal(arrivals.times, [])
  world.runUntil(15.5 * MS)
  assert.equal(arrivals.times, [5.5 * MS, 15.5 * MS])
  link.out.settings = change(link.out.settings, { rate: fixed(0) })
  world.drain()
  assert.equal(arrivals.times, [5.5 * MS, 15.5 * MS, 15.5 * MS])
  frame.send(link, 3)
  assert.is(arrivals.times.length, 4)
})

line('a queue drops newcomers beyond its limit, in frames or octets, and counts them', () => {
  const { arrivals, link } = stream({ rate: fixed(1e6), queueFrames: 5 }, 20, 1000, 0)
  assert.equal([arrivals.serials, link.out.counters.drops.queue], [[0, 1, 2, 3, 4, 5], 14])
  const octets = stream({ rate: fixed(1e6), queueOctets: 2500 }, 20, 1000, 0)
  assert.equal(octets.arrivals.serials, [0, 1, 2])
})

line('a limit lowered below the filling drops only newcomers', () => {
  const { world, link, arrivals } = bench({ rate: fixed(1e6), queueFrames: 100 })
  const frame = new Numbered(1000)
  for (let i = 0; i < 50; i++) frame.send(link, i)
  link.out.settings = change(link.out.settings, { queueFrames: 2, capacity: fixed(2000) })
  frame.send(link, 50)
  world.drain()
  assert.equal(arrivals.serials, Array.from({ length: 50 }, (_, i) => i))
  assert.is(link.out.counters.drops.capacity, 1)
})

line('capacity bounds queue and delay line together', () => {
  const { link, world, arrivals } = bench({ delay: fixed(10 * MS), capacity: fixed(3000) })
  const frame = new Numbered(1000)
  for (let i = 0; i < 5; i++) frame.send(link, i)
  assert.equal([link.out.counters.drops.capacity, link.out.waiting, link.out.waitingOctets], [2, 3, 3000])
  world.drain()
  assert.is(arrivals.serials.length, 3)
})

line('the mtu drops longer frames; with 2 octets added, as the original counts', () => {
  for (const [added, len, passes] of [[0, 1000, 1], [0, 1001, 0], [2, 998, 1], [2, 999, 0]] as const) {
    const { link, arrivals } = bench({ mtu: fixed(1000) }, { added })
    new Numbered(len).send(link, 0)
    assert.equal([arrivals.serials.length, link.out.counters.drops.mtu], [passes, 1 - passes], `${len} octets`)
  }
})

line('speed makes the sender wait, and loses nothing', () => {
  const { world, link, sink, arrivals } = bench({ speed: fixed(1e6) })
  const frame = new Numbered(1000)
  for (let i = 0; i < 20; i++) {
    assert.is(frame.send(link, i), true)
    assert.is(frame.send(link, 99), false)
    world.runUntil(world.due)
    assert.is(sink.writable, i + 1)
  }
  world.drain()
  assert.is(arrivals.times.at(-1), 20 * MS)
  assert.not.ok(arrivals.serials.includes(99))
})

line('speed makes the other end wait too', () => {
  const { world, link, farLink, sink } = bench()
  link.in.settings = change(link.in.settings, { speed: fixed(1e6) })
  const frame = new Numbered(1000)
  assert.is(farLink.send(frame.number(1).buf, HEADROOM, 1000), true)
  assert.is(farLink.send(frame.number(2).buf, HEADROOM, 1000), false)
  world.runUntil(MS)
  assert.is(sink.frames.length, 1)
  assert.is(farLink.send(frame.number(2).buf, HEADROOM, 1000), true)
})

line.run()

const room = suite('output that is full')

room('frames that are due wait for room, in order, and the sender is stopped before memory runs out', () => {
  const { world, link, farLink, sink, arrivals } = bench({ delay: fixed(MS) })
  const frame = new Numbered(1000)
  farLink.pause()
  let sent = 0
  for (; sent < 1000 && frame.send(link, sent); sent++) world.runUntil(world.time + MS)
  assert.ok(sent > 200 && sent < 300, `${sent} frames`)
  farLink.resume()
  assert.is(sink.writable, 1)
  world.drain()
  assert.equal(arrivals.serials, Array.from({ length: sent }, (_, i) => i))
})

room('the owner who pauses stops delivery, and the other end once a little has collected', () => {
  const { world, link, farLink, sink } = bench({ delay: fixed(MS) })
  const frame = new Numbered(1000)
  for (let i = 0; i < 5; i++) farLink.send(frame.number(i).buf, HEADROOM, 1000)
  link.pause()
  assert.is(farLink.send(frame.buf, HEADROOM, 1000), false)
  world.drain()
  assert.is(sink.frames.length, 0)
  link.resume()
  assert.is(sink.frames.length, 5)
})

room('the octet cap is one for all links, has its own reason and hits newcomers only', () => {
  const world = new VirtualWorld(2 * 65664)
  const first = bench({ delay: fixed(MS) }, {}, world)
  const second = bench({ delay: fixed(MS) }, {}, world)
  const frame = new Numbered(1514)
  for (let i = 0; i < 100; i++) frame.send(first.link, i)
  frame.send(second.link, 0)
  assert.equal([first.link.out.counters.drops.memory, second.link.out.counters.drops.memory], [22, 1])
  world.drain()
  assert.is(first.arrivals.serials.length, 78)
  frame.send(second.link, 1)
  world.drain()
  assert.equal(second.arrivals.serials, [1])
})

room('a link closed while its frames are on their way, or inside of its own delivery, leaves nothing behind', () => {
  for (const isFifo of [true, false]) {
    const { world, link, far } = bench({ delay: fixed(MS), rate: fixed(1e6), speed: fixed(0) })
    link.out.isFifo = isFifo
    const frame = new Numbered(100)
    for (let i = 0; i < 50; i++) frame.send(link, i)
    far.onEach = () => { link.close() }
    world.runUntil(3 * MS)
    assert.equal([far.frames.length, world.engine.nodes, world.engine.arena.used], [1, 0, 0])
  }
})

room('the end of the inner link is told after the frames before it', () => {
  const { world, farLink, sink } = bench({ delay: fixed(5 * MS) })
  farLink.send(new Numbered(60).buf, HEADROOM, 60)
  farLink.close()
  assert.equal([sink.frames.length, sink.closes], [0, 0])
  world.drain()
  assert.equal([sink.frames.length, sink.closes], [1, 1])
})

room.run()

const life = suite('link down')

life('both directions cut: frames are dropped, both ends lose the carrier, and have it again', () => {
  const { link, far, farLink, sink, arrivals } = bench()
  const frame = new Numbered(60)
  link.setUp('both', false)
  assert.equal([link.isUp, farLink.isUp, sink.downs, far.downs], [false, false, 1, 1])
  frame.send(link, 0)
  assert.equal([arrivals.serials.length, link.downDrops], [0, 1])
  link.setUp('both', true)
  assert.equal([link.isUp, farLink.isUp, sink.ups, far.ups], [true, true, 1, 1])
  frame.send(link, 1)
  assert.equal(arrivals.serials, [1])
})

life('one direction cut: the other goes on, nobody loses the carrier', () => {
  const { link, farLink, sink, arrivals } = bench()
  const frame = new Numbered(60)
  link.setUp('out', false)
  frame.send(link, 0)
  farLink.send(frame.buf, HEADROOM, 60)
  assert.equal([arrivals.serials.length, sink.frames.length, sink.downs, link.isUp], [0, 1, 0, true])
})

life('frames on their way still arrive', () => {
  const { world, link, arrivals } = bench({ delay: fixed(MS) })
  new Numbered(60).send(link, 7)
  link.setUp('both', false)
  world.drain()
  assert.equal(arrivals.serials, [7])
})

life.run()

const repeat = suite('two runs')
const noisy: Partial<Settings> = {
  loss: fixed(10), dup: fixed(20), noise: fixed(500), delay: uniform(10 * MS, 5 * MS), reorder: 5
}

/** Which numbers arrived, how often, with what octets: whatever the order. */
const fates = ({ arrivals, far }: { arrivals: Arrivals, far: { frames: Uint8Array[] } }): string[] =>
  arrivals.serials.map((_, i) => Buffer.from(far.frames[i]!).toString('hex')).sort()

repeat('with the same seed give every frame the same fate, whatever the timing', () => {
  assert.equal(fates(stream(noisy, 3000, 200, MS)), fates(stream(noisy, 3000, 200, 17)))
})

repeat('in virtual time give the same arrivals, what depends on time included', () => {
  const timed: Partial<Settings> = { ...noisy, rate: fixed(150_000), queueFrames: 20, discipline: 'red', red: { min: 1000, max: 4000, probability: 0.1, limit: 0 } }
  const first = stream(timed, 3000, 200, MS)
  assert.equal(first.arrivals, stream(timed, 3000, 200, MS).arrivals)
  assert.ok(first.link.out.counters.drops.red > 0)
})

repeat.run()
