import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun } from '@vde-ts/frame/testing.js'
import { HEADROOM } from '@vde-ts/link/link.js'
import { formatRate, readRate, STANDARD_RESERVED, UNGUARDED } from './port-guard.ts'
import type { Switch } from './switch.ts'
import { give, makeSwitch, plug, type Plugged } from './testing.ts'
import { TokenBucket } from './token-bucket.ts'

const A = '02000000000a'
const B = '02000000000b'
const C = '02000000000c'
const ALL = 'ffffffffffff'
const GROUP = '01005e000001'
const PAYLOAD = '88b5' + '5a'.repeat(46)
const frame = (dst: string, src: string): string => dst + src + PAYLOAD
const FRAME_BITS = 480

/** Time that stands still until told otherwise. */
const world = { us: 0, timers: [] as Array<{ us: number, call: () => void }> }
const pass = (us: number): void => {
  world.us += us
  for (const timer of world.timers.splice(0)) {
    if (timer.us <= world.us) timer.call()
    else world.timers.push(timer)
  }
}

const make = (count: number): { sw: Switch, ports: Plugged[] } => {
  world.us = 0
  world.timers = []
  const sw = makeSwitch({
    clock: (cell) => { cell[0] = world.us * 1000 },
    after: (us, call) => { world.timers.push({ us: world.us + us, call }) }
  })
  return { sw, ports: Array.from({ length: count }, (_, i) => plug(sw, i + 1)) }
}

const counts = (...plugs: Plugged[]): number[] => plugs.map(({ link }) => link.sent.splice(0).length)

const buckets = suite('TokenBucket')

buckets('lets a burst through at once, and on average the rate', () => {
  let now = 0
  const bucket = new TokenBucket({ unit: 'frames', perSec: 1000, burst: 5 }, (cell) => { cell[0] = now * 1000 })
  let passed = 0
  for (now = 0; now < 1_000_000; now += 100) if (bucket.take(1, 60)) passed++
  assert.ok(passed >= 1004 && passed <= 1006, `${passed} in a second`)
})

buckets('a frame larger than the burst passes and is paid for afterwards', () => {
  let now = 0
  const bucket = new TokenBucket({ unit: 'bits', perSec: 1_000_000, burst: 1000 }, (cell) => { cell[0] = now * 1000 })
  assert.ok(bucket.take(45, 64_000))
  assert.not.ok(bucket.take(1, 60))
  assert.is(bucket.waitUs(), 511_001)
  now = 511_001
  assert.ok(bucket.take(1, 60))
})

buckets.run()

const texts = suite('rates as text')

for (const [text, unit, perSec, burst, again] of [
  ['10M', 'bits', 10e6, 1e6, '10M/1M'], ['1000f', 'frames', 1000, 100, '1kf/100'], ['5f', 'frames', 5, 1, '5f/1'],
  ['1G/300k', 'bits', 1e9, 300e3, '1G/300k'], ['2kf/7', 'frames', 2000, 7, '2kf/7']
] as const) {
  texts(`${text} is ${perSec} ${unit}`, () => {
    assert.equal(readRate(text), { unit, perSec, burst })
    assert.is(formatRate(readRate(text)), again)
    assert.equal(readRate(again), readRate(text))
  })
}

for (const text of ['', 'x', '-1', '1.5M', '10Mbit', '10M/', '1e6', 'f', '10 M']) {
  texts(`refuses "${text}"`, () => { assert.throws(() => readRate(text), /Cannot read a rate/) })
}

texts.run()

const addresses = suite('addresses of a port')

addresses('over the limit a frame is dropped and counted, those known go on', () => {
  const { sw, ports: [a, b] } = make(2)
  sw.guards.configure(1, { maxAddresses: 1 })
  for (const src of [A, C, A]) give(a!.endpoint, frame(ALL, src))
  assert.equal(counts(b!), [2])
  assert.is(sw.port(1).drops.addresses, 1)
})

addresses('none allowed: only pinned ones pass', () => {
  const { sw, ports: [a, b] } = make(2)
  sw.hash.add(0x0200, 0xa, 0, 1)
  sw.guards.configure(1, { maxAddresses: 0 })
  for (const src of [A, C]) give(a!.endpoint, frame(ALL, src))
  assert.equal([counts(b!), sw.port(1).drops.addresses], [[1], 1])
})

addresses('sticky ones are pinned as they are learnt, and nobody else has them', () => {
  const { sw, ports: [a, b, c] } = make(3)
  sw.guards.configure(1, { isSticky: true })
  give(a!.endpoint, frame(ALL, A))
  assert.ok(sw.hash.find(0x0200, 0xa).isStatic)
  counts(b!, c!)
  sw.tick(1000)
  give(b!.endpoint, frame(ALL, A))
  assert.equal([counts(a!, c!), sw.port(2).drops.pinned, sw.hash.find(0x0200, 0xa).port], [[0, 0], 1, 1])
  sw.guards.configure(1, { isSticky: false })
  give(b!.endpoint, frame(ALL, A))
  assert.equal([counts(a!, c!), sw.port(2).drops.pinned], [[1, 1], 1], 'pinned by hand it stops nobody')
})

addresses('a port made anew has no limit', () => {
  const { sw, ports: [a] } = make(2)
  sw.guards.configure(1, { maxAddresses: 0, isSticky: true, isolation: 3 })
  a!.endpoint.close()
  sw.removePort(1)
  const again = plug(sw, 1)
  give(again.endpoint, frame(ALL, A))
  assert.equal([sw.port(1).drops.addresses, sw.port(1).guards], [0, UNGUARDED])
})

addresses.run()

const isolation = suite('isolated ports')

isolation('reach others, and not each other: flooded, known, in a hub, behind unknown tags', () => {
  for (const options of ['switch', 'hub', 'trunk'] as const) {
    const sw = makeSwitch({ isHub: options === 'hub', isVlanTransparent: true })
    const ports = [1, 2, 3].map((port) => plug(sw, port))
    const [a, b, up] = ports
    const text = (dst: string, src: string): string => options === 'trunk' ? dst + src + '81000009' + PAYLOAD : frame(dst, src)
    for (const port of [1, 2]) sw.guards.configure(port, { isolation: 7 })
    give(a!.endpoint, text(ALL, A))
    assert.equal(counts(b!, up!), [0, 1], options)
    give(up!.endpoint, text(ALL, C))
    assert.equal(counts(a!, b!), [1, 1], options)
    give(b!.endpoint, text(A, B))
    assert.equal(counts(a!, up!), [0, options === 'hub' ? 1 : 0], options)
  }
})

isolation('what is known to be there is counted', () => {
  const { sw, ports: [a, b] } = make(2)
  for (const port of [1, 2]) sw.guards.configure(port, { isolation: 7 })
  give(a!.endpoint, frame(ALL, A))
  give(b!.endpoint, frame(A, B))
  assert.is(sw.port(2).drops.isolated, 1)
  sw.guards.configure(2, { isolation: 8 })
  give(b!.endpoint, frame(A, B))
  assert.equal(counts(a!), [1])
})

isolation.run()

const storms = suite('storm control')

for (const [kind, dst] of [['broadcast', ALL], ['multicast', GROUP], ['unknown', C]] as const) {
  storms(`${kind} is limited, the rest is not`, () => {
    const { sw, ports: [a, b] } = make(2)
    give(b!.endpoint, frame(ALL, B))
    sw.guards.configure(1, { storm: { broadcast: null, multicast: null, unknown: null, [kind]: readRate('10f/3') } })
    for (let i = 0; i < 10; i++) for (const to of [ALL, GROUP, C, B]) give(a!.endpoint, frame(to, A))
    assert.equal(counts(b!), [33])
    assert.is(sw.port(1).drops.storm, 7)
    pass(200_000)
    for (let i = 0; i < 5; i++) give(a!.endpoint, frame(dst, A))
    assert.equal(counts(b!), [2])
  })
}

storms.run()

const rates = suite('rates of a port')

rates('in: what is over is dropped and counted', () => {
  const { sw, ports: [a, b] } = make(2)
  sw.guards.configure(1, { rateIn: { unit: 'bits', perSec: 10 * FRAME_BITS, burst: 4 * FRAME_BITS } })
  for (let i = 0; i < 10; i++) give(a!.endpoint, frame(ALL, A))
  assert.equal([counts(b!), sw.port(1).drops.rate], [[4], 6])
  pass(1_000_000)
  for (let i = 0; i < 10; i++) give(a!.endpoint, frame(ALL, A))
  assert.equal(counts(b!), [4], 'the burst is the most that is saved up')
  sw.guards.configure(1, { rateIn: null })
  assert.is(sw.port(1).gate, null)
})

rates('in: a BPDU that is listened to is not held up', () => {
  const { sw, ports: [a] } = make(2)
  sw.tree.setEnabled(true)
  sw.guards.configure(1, { rateIn: readRate('1f/1'), reserved: STANDARD_RESERVED })
  for (let i = 0; i < 5; i++) give(a!.endpoint, '0180c2000000' + A + '0026424203' + '00'.repeat(40))
  assert.is(sw.tree.instance(0)!.tree.port(1)!.counters.rxInvalid, 5)
})

rates('out: what is over waits, and goes when its time has come', () => {
  const { sw, ports: [a, b] } = make(2)
  sw.guards.configure(2, { rateOut: { unit: 'bits', perSec: 10 * FRAME_BITS, burst: 2 * FRAME_BITS } })
  for (let i = 0; i < 8; i++) give(a!.endpoint, frame(ALL, A))
  assert.equal(counts(b!), [2])
  assert.is(b!.endpoint.queue.frames, 6)
  let sent = 0
  for (let ms = 0; ms < 500; ms++) {
    pass(1000)
    sent += counts(b!)[0]!
  }
  assert.ok(sent >= 4 && sent <= 5, `${sent} in half a second`)
  sw.guards.configure(2, { rateOut: null })
  assert.is(sent + counts(b!)[0]!, 6, 'the rest at once')
  assert.equal([b!.endpoint.queue.frames, b!.endpoint.queueDrops, b!.endpoint.link], [0, 0, b!.link])
})

rates('out: what does not fit the queue is lost there', () => {
  const { sw, ports: [a, b] } = make(2)
  sw.setEndpointQueueLength(2, b!.endpoint.id, 3)
  sw.guards.configure(2, { rateOut: readRate('1f/1') })
  for (let i = 0; i < 8; i++) give(a!.endpoint, frame(ALL, A))
  assert.equal([counts(b!), sw.port(2).drops.queueFull], [[1], 4])
})

rates('out: wants a timer', () => {
  const sw = makeSwitch()
  plug(sw, 1)
  assert.throws(() => { sw.guards.configure(1, { rateOut: readRate('1M') }) }, /no timer/)
})

rates.run()

const reserved = suite('reserved addresses')

reserved('pass a plain wire, end at a bridge, or as listed', () => {
  const { sw, ports: [a, b] } = make(2)
  const all = (): void => {
    for (let digit = 0; digit < 16; digit++) give(a!.endpoint, frame('0180c200000' + digit.toString(16), A))
    give(a!.endpoint, frame('0180c2000010', A))
  }
  all()
  assert.equal(counts(b!), [17])
  sw.guards.configure(1, { reserved: STANDARD_RESERVED })
  all()
  assert.equal([counts(b!), sw.port(1).drops.reserved], [[1], 16])
  sw.guards.configure(1, { reserved: [1, 14] })
  all()
  assert.equal([counts(b!), sw.port(1).drops.reserved], [[15], 18])
})

reserved.run()

const cost = suite('cost of guards')

cost('they allocate nothing', () => {
  const sw = makeSwitch({ clock: (cell) => { cell[0] += 1000 }, after () {} })
  const [a, b] = [plug(sw, 1), plug(sw, 2)]
  a.link.isMute = b.link.isMute = true
  const rate = readRate('1G')
  const storm = { broadcast: rate, multicast: rate, unknown: rate }
  sw.guards.configure(1, { maxAddresses: 5, isSticky: true, isolation: 1, storm, rateIn: rate, reserved: [1] })
  const buf = new Uint8Array(HEADROOM + 60)
  buf.set(Buffer.from(frame(ALL, A), 'hex'), HEADROOM)
  const bytes = bytesPerRun(() => { a.endpoint.onFrame(buf, HEADROOM, 60) }, 100_000)
  assert.ok(bytes < 1, `${bytes} octets`)
})

cost.run()

const refusals = suite('GuardControl.configure')

refusals('all or nothing', () => {
  const { sw } = make(1)
  const rate = readRate('1M')
  for (const bad of [
    { maxAddresses: -1 }, { maxAddresses: 1.5 }, { isolation: -1 }, { rateIn: { ...rate, perSec: 0 } },
    { rateIn: { ...rate, burst: NaN } }, { rateOut: { ...rate, unit: 'octets' as 'bits' } }, { reserved: [16] }
  ]) {
    assert.throws(() => { sw.guards.configure(1, { isSticky: true, ...bad }) }, (error: { code: string }) => error.code === 'EINVAL')
  }
  assert.equal(sw.guards.settings(1), UNGUARDED)
  assert.throws(() => { sw.guards.configure(9, {}) }, /does not exist/)
})

refusals.run()
