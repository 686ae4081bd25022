import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { figuresBetween, type Look, type PortCounters, type PortFigures } from './figures.ts'
import type { SwitchView } from './look.ts'
import { pressed } from './run.ts'
import { chosen, screen, type Show } from './screen.ts'
import { duration, short, sparkline } from './units.ts'

const units = suite('units')

for (const [value, text] of [
  [0, '0'], [0.25, '0.3'], [7, '7'], [999, '999'], [999.4, '999'], [999.6, '1.00k'], [1234, '1.23k'], [12_345, '12.3k'], [99_960, '100k'],
  [999_499, '999k'], [999_500, '1.00M'], [17.9e9, '17.9G'], [5e15, '5000T']
] as const) {
  units(`short(${value})`, () => { assert.is(short(value), text) })
}

for (const [seconds, text] of [[0, '0s'], [59, '59s'], [187, '3:07'], [7384, '2:03:04'], [440_000, '5d 02:13']] as const) {
  units(`duration(${seconds})`, () => { assert.is(duration(seconds), text) })
}

units('sparkline: against the largest, the newest at the right', () => {
  assert.is(sparkline([0, 1, 4, 8], 6, true), '   ▂▅█')
  assert.is(sparkline([0, 1, 4, 8], 6, false), '   .+@')
  assert.is(sparkline([9, 0, 0], 2, true), '  ')
  assert.is(sparkline([], 3, true), '   ')
})

units.run()

const counters = (port: number, more: Partial<PortCounters> = {}): PortCounters => ({
  port,
  isUp: true,
  endpoints: [`station ${port}`],
  inFrames: 0,
  inOctets: 0,
  outFrames: 0,
  outOctets: 0,
  drops: { vlan: 0, queueFull: 0 },
  queueFrames: 0,
  addresses: 1,
  tree: '',
  ...more
})

const look = (atMs: number, ports: PortCounters[]): Look =>
  ({ atMs, pid: 4711, uptimeSec: 187, numPorts: 32, queueOctets: 2048, addresses: 3, ports })

const figures = suite('figures')

figures('rates between two looks, losses by their main reason', () => {
  const before = look(1000, [counters(1, { inFrames: 10, inOctets: 1000 }), counters(2)])
  const now = look(3000, [
    counters(1, { inFrames: 30, inOctets: 2000, drops: { vlan: 1, queueFull: 5 } }),
    counters(2, { outFrames: 20, outOctets: 5000 })
  ])
  const [one, two] = figuresBetween(before, now) as [PortFigures, PortFigures]
  assert.equal([one.inBitsPerSec, one.inFramesPerSec, one.lostPerSec, one.lostFrames, one.reason], [4000, 10, 3, 6, 'queueFull'])
  assert.equal([two.outBitsPerSec, two.outFramesPerSec, two.reason], [20_000, 10, null])
})

figures('the first look, a new port and a reset counter have no rate', () => {
  const now = look(1000, [counters(1, { inOctets: 500 })])
  assert.is(figuresBetween(null, now)[0]!.inBitsPerSec, 0)
  assert.is(figuresBetween(look(0, []), now)[0]!.inBitsPerSec, 0)
  assert.is(figuresBetween(look(0, [counters(1, { inOctets: 900 })]), now)[0]!.inBitsPerSec, 0)
})

figures.run()

const view = (name: string, ports: PortCounters[]): SwitchView => {
  const now = look(1000, ports)
  const seen = figuresBetween(look(0, ports.map(({ port }) => counters(port))), now)
  const history = new Map(seen.map(({ port, inBitsPerSec }) => [port, [0, 2, 8, inBitsPerSec]]))
  return { name, look: now, ports: seen, problem: null, history }
}

const SHOW: Show = {
  width: 80,
  height: 10,
  sort: 'port',
  isReversed: false,
  filter: '',
  isTyping: false,
  hasIdle: false,
  isPaused: false,
  delaySec: 1,
  isUtf8: false
}

const BUSY = view('/tmp/sw.mgmt', [
  counters(1, { inOctets: 2_500_000, inFrames: 2000, outOctets: 125, outFrames: 1, tree: 'root' }),
  counters(2, { outOctets: 2_500_000, drops: { vlan: 0, queueFull: 12 }, queueFrames: 7, addresses: 2, tree: 'desig' }),
  counters(3, { isUp: false, endpoints: ['a very long description of what is plugged in here, twice', 'tap'] }),
  counters(4, { endpoints: [] })
])

const shown = suite('screen')

shown('a switch on 80 columns', () => {
  assert.equal(screen([BUSY], SHOW), [
    'vde_top  3 ports up  in 20.0Mbit/s 2.00k/s  lost 12/s  every 1 s',
    '/tmp/sw.mgmt  pid 4711  up 3:07  ports 3/32  root by 1  addr 3  queued 2.05kB',
    '   PORT+  IN bit  OUT bit  LOST/s  QUEUE  ADDR  TREE ENDPOINTS           TRAFFIC',
    '       1   20.0M    1.00k       0      0     1  root station 1               __@',
    '       2       0    20.0M      12      7     2 desig station 2 [queueFu~     -@',
    '       3       0        0       0      0     1  down a very long descri~     -@',
    '', '', '',
    'q quit  s sort: port  r reverse  / filter  a all  p pause  +- interval'
  ])
})

shown('two switches on 200 columns, one of them away', () => {
  const problem = 'Cannot connect to "/tmp/b": Connection refused'
  const away: SwitchView = { name: '/tmp/b', look: null, ports: [], problem, history: new Map() }
  const lines = screen([BUSY, away], { ...SHOW, width: 200, height: 60, sort: 'out', isUtf8: true })
  assert.is(lines.length, 60)
  assert.is(lines[2], '2 /tmp/b: Cannot connect to "/tmp/b": Connection refused')
  assert.match(lines[3]!, / OUT bit\+ .* ENDPOINTS .* TRAFFIC$/)
  assert.match(lines[4]!, /^ {5}1:2 .* 20\.0M .* station 2 \[queueFull\] .*█$/)
  assert.ok(lines.every((line) => line.length <= 200))
})

shown('a long name keeps its end', () => {
  const [, line] = screen([{ ...BUSY, name: `/run/${'user/'.repeat(9)}sw.mgmt` }], SHOW)
  assert.is(line, '~r/user/sw.mgmt  pid 4711  up 3:07  ports 3/32  root by 1  addr 3  queued 2.05kB')
  assert.is(line!.length, 80)
})

shown('more ports than lines are counted', () => {
  const many = view('m', Array.from({ length: 50 }, (_, i) => counters(i + 1)))
  const lines = screen([many], SHOW)
  assert.is(lines[8], '  and 45 more ports')
  assert.is(lines.length, 10)
})

shown('too small says so', () => {
  assert.equal(screen([BUSY], { ...SHOW, width: 40, height: 2 }), ['40x2 is too small, 60x8 is wanted', ''])
})

for (const [sort, isReversed, ports] of [
  ['port', false, [1, 2, 3]], ['port', true, [3, 2, 1]], ['in', false, [1, 2, 3]], ['out', false, [2, 1, 3]], ['lost', false, [2, 1, 3]],
  ['queue', true, [1, 3, 2]], ['addresses', false, [2, 1, 3]]
] as const) {
  shown(`sorted by ${sort}${isReversed ? ', reversed' : ''}`, () => {
    assert.equal(chosen([BUSY], { ...SHOW, sort, isReversed }).map(({ port }) => port.port), [...ports])
  })
}

shown('the filter looks at names, numbers and endpoints; idle ports when asked', () => {
  const found = (filter: string, hasIdle = false): number[] =>
    chosen([BUSY], { ...SHOW, filter, hasIdle }).map(({ port }) => port.port)
  assert.equal(found('station'), [1, 2])
  assert.equal(found('3'), [3])
  assert.equal(found('desig'), [2])
  assert.equal(found('sw.mgmt', true), [1, 2, 3, 4])
  assert.equal(found('nothing'), [])
})

shown('keys', () => {
  const keys = (text: string): Show | null =>
    [...text].reduce<Show | null>((show, key) => show === null ? null : pressed(show, key), SHOW)
  assert.is(keys('q'), null)
  assert.is(keys('\x03'), null)
  assert.is(keys('ss')?.sort, 'out')
  assert.is(keys('ssssss')?.sort, 'port')
  assert.is(keys('/ab\x7fc\r')?.filter, 'ac')
  assert.is(keys('/q')?.filter, 'q')
  assert.is(keys('/q\x1b')?.filter, '')
  assert.is(keys('+')?.delaySec, 2)
  assert.is(keys('------')?.delaySec, 0.1)
  assert.equal([keys('r')?.isReversed, keys('a')?.hasIdle, keys('p')?.isPaused], [true, true, true])
  assert.equal(keys('x'), SHOW)
})

shown.run()
