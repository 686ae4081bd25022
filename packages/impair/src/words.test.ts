import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { applyChange, parseWords, splitWords } from './change.ts'
import { change, type Settings } from './settings.ts'
import { formatOctets, formatRate, formatTime } from './units.ts'
import { formatWords, INITIAL_FLAGS } from './format-words.ts'
import { bench } from './testing.ts'
import { fixed } from './value.ts'
import { INITIAL, WORDS } from './words.ts'

const FILES = { readFile: () => '-8192 0 8192' }
const read = (text: string): { in: Settings, out: Settings } => {
  const { in: inward, out } = parseWords(splitWords(text), FILES)
  return { in: inward(INITIAL), out: out(INITIAL) }
}

const test = suite('words')

const MS = 1e6
for (const [text, wanted] of [
  ['delay=20ms', { delay: fixed(20 * MS) }],
  ['delay=1.5us', { delay: fixed(1500) }],
  ['jitter=5ms delay=20ms', { delay: { base: 20 * MS, spread: 5 * MS, scale: 5 * MS, law: 'uniform', table: null } }],
  ['delay=20ms jitter=5ms law=normal', { delay: { base: 20 * MS, spread: 5 * MS, scale: 5 * MS, law: 'normal', table: null } }],
  ['delay-correlation=25%', { delayCorrelation: 0.25 }],
  ['loss=0.1%', { loss: fixed(0.1) }],
  ['loss=1% burst=5frames', { loss: fixed(1), burst: fixed(5) }],
  ['gilbert=1%,20%,50%,0', { gilbertElliott: { toBad: 0.01, toGood: 0.2, lossInBad: 0.5, lossInGood: 0 } }],
  ['loss-every=3', { lossEvery: 3 }],
  ['loss-frames=9,3-5', { lossFrames: Float64Array.of(3, 5, 9, 9) }],
  ['dup=2%', { dup: fixed(2) }],
  ['corrupt=1% corrupt-bits=3', { corrupt: 1, corruptBits: 3 }],
  ['ber=1e-6', { noise: fixed(1e-6 * 8 * 2 ** 20) }],
  ['reorder=25% gap=5frames', { reorder: 25, reorderGap: 5 }],
  ['rate=10mbit', { rate: fixed(1_250_000) }],
  ['rate=2.5gbit overhead=24B', { rate: fixed(312_500_000), overhead: 24 }],
  ['queue=64kB', { queueOctets: 64_000, queueFrames: 0 }],
  ['queue=50frames', { queueFrames: 50 }],
  ['queue=0', { queueFrames: 0 }],
  ['aqm=codel codel=5ms,100ms', { discipline: 'codel', codel: { target: 5 * MS, interval: 100 * MS, mtu: 1514 } }],
  ['aqm=red red=10kB,30kB,10%', { discipline: 'red', red: { min: 10_000, max: 30_000, probability: 0.1, limit: 0 } }],
  ['capacity=1MiB mtu=1500B', { capacity: fixed(1048576), mtu: fixed(1500) }],
  ['speed=1kbit speed=0', {}]
] as const) {
  test(text, () => {
    const settings = change(INITIAL, wanted as Partial<Settings>)
    assert.equal(read(text), { in: settings, out: settings })
    const told = formatWords(settings, settings, { in: INITIAL_FLAGS, out: INITIAL_FLAGS })
    assert.equal(read(told), { in: settings, out: settings }, told)
  })
}

test('settings are told in words: each side, and what both have once', () => {
  const { in: inward, out } = read('delay=20ms out.loss=1% rate=10mbit')
  const flags = { in: { fifo: true, down: true }, out: { fifo: false, down: true } }
  assert.is(formatWords(inward, out, flags), 'delay=20ms out.loss=1% rate=10mbit out.fifo=off down=on')
  assert.is(formatWords(INITIAL, INITIAL, { in: INITIAL_FLAGS, out: INITIAL_FLAGS }), '')
  const odd = read('delay=1234567ns rate=3bit ber=0.0000001 codel=1500us,1ns')
  assert.equal(read(formatWords(odd.in, odd.out, { in: INITIAL_FLAGS, out: INITIAL_FLAGS })), odd)
  const table = read('table=x jitter=1ms').in
  assert.throws(() => formatWords(table, INITIAL, flags), /its law was read from a file/)
})

test('in. and out., rl. and lr. mean one direction', () => {
  for (const [text, side] of [['in.delay=1ms', 'in'], ['rl.delay=1ms', 'in'], ['out.delay=1ms', 'out'], ['lr.delay=1ms', 'out']] as const) {
    const found = read(text)
    assert.equal([found.in.delay.base, found.out.delay.base], side === 'in' ? [MS, 0] : [0, MS])
  }
})

for (const text of [
  'delay=20', 'delay=20sec', 'delay=-1ms', 'delay=', 'delay', 'delay=1e99s', 'loss=101%', 'loss=1', 'rate=10', 'rate=10Mbit', 'queue=10',
  'x=1', '__proto__=1', 'in.x=1', 'side.delay=1ms', 'constructor.delay=1ms', 'gilbert=1%', 'loss-frames=5-3', 'loss-frames=3,3',
  'law=cauchy', 'aqm=pie', 'red=5kB,1kB,10%', 'delay-correlation=100%', 'loss-every=1.5', 'ber=2', 'fifo=maybe', 'corrupt-bits=0'
]) {
  test(`"${text}" is refused, in one line`, () => {
    assert.throws(() => read(text), /^Cannot read [^\n]*(found|want)[^\n]*$/)
    assert.throws(() => read(text), (error: unknown) => error instanceof SyntaxError)
  })
}

test('a text with a mistake changes nothing, one without all of it; other values stay', () => {
  const { link } = bench({ loss: fixed(7) })
  assert.throws(() => { applyChange(link, parseWords(splitWords('delay=5ms rate=fast'), FILES)) })
  assert.equal([link.out.settings.delay.base, link.out.settings.loss.base], [0, 7])
  applyChange(link, parseWords(splitWords('delay=5ms in.fifo=off down'), FILES))
  assert.equal([link.out.settings.delay.base, link.out.settings.loss.base], [5 * MS, 7])
  assert.equal([link.in.isFifo, link.out.isFifo, link.isUp], [false, true, false])
  applyChange(link, parseWords(splitWords('in.down=off'), FILES))
  assert.equal([link.in.isUp, link.out.isUp, link.isUp], [true, false, true])
})

test('where a word begins another the shorter one stands first: abbreviations mean it', () => {
  const names = Object.keys(WORDS)
  names.forEach((name, i) => { assert.not.ok(names.slice(0, i).some((before) => before.startsWith(name)), name) })
})

test('amounts are written as they are read', () => {
  assert.equal([20 * MS, 1500, 0].map(formatTime), ['20ms', '1.5us', '0ns'])
  assert.equal([formatRate(1_250_000), formatOctets(64_000)], ['10mbit', '64kB'])
})

test.run()
