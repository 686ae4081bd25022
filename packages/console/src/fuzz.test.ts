/** Random lines and bytes: whatever is said, every line is answered in the grammar and nothing else happens. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isCommand } from './command.ts'
import { Dialogue } from './dialogue.ts'
import { makeBench } from './testing.ts'

/** CI asks for a million. */
const LINES = Number(process.env['VDE_FUZZ'] ?? 100_000)
const REPLY = /^(?:0000 DATA END WITH '\.'\n(?:[^\n]*\n)*?\.\n)?1\d{3} [A-Z][^\n]*\n$/

const SPEECH = { isGreeting: true, isPrompting: true, mayLogout: false, hasPause: true }

/** xorshift32: the same inputs every time. */
const random = (seed: number) => (below: number): number => {
  seed ^= seed << 13
  seed ^= seed >>> 17
  seed ^= seed << 5
  return (seed >>> 0) % below
}

const WORDS = ['0', '1', '2', '5', '31', '32', '33', '-1', '4093', '4094', '4095', '4096', '65536', '0x10', '007', '1e9', '99999999999999999999',
  'NONE', 'ANY', 'root', 'nosuch', '02:00:00:00:00:01', '2.0.0.0.0.1', 'ff:ff:ff:ff:ff:ff', 'port', 'hash/', '--json', '.', '\u0000', '\u001b[2J',
  '__proto__', 'constructor', 'é', '\ud800', '/dev/null', '/nosuch', '%s%n', "'", '']

/** Left out: random names would be files, and a stream of events is no reply. */
const LEFT_OUT = new Set(['load', 'port/capture', 'events'])

const test = suite('console fuzz')

test(`answers ${LINES} lines in the grammar`, () => {
  const bench = makeBench()
  const pick = random(0x5eed)
  const paths = bench.console.table.rows.filter(isCommand).map(({ path }) => path).filter((path) => !LEFT_OUT.has(path))
  const listener = { onEvent () {} }
  const heap = process.memoryUsage().heapUsed
  for (let i = 0; i < LINES; i++) {
    const path = pick(20) === 0 ? WORDS[pick(WORDS.length)] : paths[pick(paths.length)]
    const line = [path, ...Array.from({ length: pick(5) }, () => WORDS[pick(WORDS.length)])].join(pick(9) === 0 ? '\t ' : ' ')
    // The number of ports grows and shrinks; printing 65 535 of them every time would be all this test does.
    if (line.startsWith('port/setnumports')) continue
    const reply = [...bench.console.execute(line, listener)].join('')
    if (reply !== '' && !REPLY.test(reply)) assert.unreachable(`${JSON.stringify(line)} gave ${JSON.stringify(reply.slice(0, 300))}`)
    if (i % 5000 === 0 && bench.sw.ports().length < 30) bench.plug(1 + pick(32), WORDS[pick(WORDS.length)])
  }
  bench.console.events.drop(listener)
  assert.equal(bench.defects, [])
  bench.close()
  gc?.()
  assert.ok(process.memoryUsage().heapUsed - heap < 32e6)
})

test('survives random bytes in random pieces', () => {
  const bench = makeBench()
  const pick = random(0xb17e5)
  const dialogue = new Dialogue(bench.console, SPEECH, () => {})
  let prompts = 0
  let ends = 0
  for (let i = 0; i < 20_000; i++) {
    const bytes = Uint8Array.from({ length: pick(64) }, () => pick(3) === 0 ? 10 : pick(256))
    dialogue.push(bytes, 0, bytes.length)
    ends += bytes.filter((octet) => octet === 10).length
    for (let piece = dialogue.next(); piece !== null; piece = dialogue.next()) prompts += piece.split('\nvde$ ').length - 1
  }
  assert.is(prompts, ends + 1)
  assert.equal(bench.defects, [])
  bench.close()
})

test.run()
