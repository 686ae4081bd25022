import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatClassic, general, parseClassic } from './classic.ts'

const test = suite('the original value syntax')

for (const [text, direction, shown, node] of [
  ['100', 'both', '100+0U', 0],
  ['LR5', 'out', '5+0U', 0],
  ['RL 10+3n', 'in', '10+3N', 0],
  ['10+5N', 'both', '10+5N', 0],
  ['2.5k', 'both', '2560+0U', 0],
  ['1M', 'both', '1.04858e+06+0U', 0],
  ['1g', 'both', '1.07374e+09+0U', 0],
  ['1+0.5K', 'both', '1024+512U', 0],
  ['10 + 3', 'both', '10+3U', 0],
  ['3 k', 'both', '3072+0U', 0],
  ['1.5 u', 'both', '1.5+0U', 0],
  ['50[1]', 'both', '50+0U', 1],
  ['lr 50 + 5 k n [ 12 ]', 'out', '51200+5120N', 12],
  ['1e2', 'both', '100+0U', 0],
  ['-5', 'both', '-5+0U', 0]
] as const) {
  test(`${text} reads as ${shown}`, () => {
    const found = parseClassic(text)
    assert.equal([found.direction, formatClassic(found.value), found.node], [direction, shown, node])
  })
}

for (const text of ['', 'garbage', '7 n x', 'LR', '+', '1..2', '5+', '5 5', '[1]', '5[x]', '5[-1]', '100b', 'LR5RL7', '1e999']) {
  test(`"${text}" is refused`, () => { assert.throws(() => parseClassic(text), /Cannot read the value/) })
}

test('netemu: bits, by powers of 1000', () => {
  assert.is(parseClassic('10mb', true).value.base, 1_250_000)
  assert.is(parseClassic('10m', true).value.base, 10 * 1024 * 1024)
  assert.is(parseClassic('8b', true).value.base, 1)
})

test('numbers as %g writes them', () => {
  const wanted = { 0: '0', 1: '1', 1.5: '1.5', 12.345678: '12.3457', 100000: '100000', 1000000: '1e+06', 1048576: '1.04858e+06', 0.0001: '0.0001', 0.00001: '1e-05', 123456.7: '123457', 999999.7: '1e+06' }
  for (const [value, text] of Object.entries(wanted)) assert.is(general(Number(value)), text)
})

test('random text is read in linear time, or refused', () => {
  for (const part of ['1', '1.', '+1', ' ', 'LR', '1e', '[1']) {
    const text = part.repeat(20_000)
    const start = performance.now()
    try { parseClassic(text) } catch (error) { assert.ok(error instanceof SyntaxError) }
    assert.ok(performance.now() - start < 200, part)
  }
})

test.run()
