import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { change } from '@vde-ts/impair/settings.js'
import { fixed } from '@vde-ts/impair/value.js'
import { INITIAL, wordHelp } from '@vde-ts/impair/words.js'
import { equalQualities } from './equal.ts'
import { qualityOf } from './quality.ts'

const test = suite('qualityOf')

test('reads the words of the impairment engine', () => {
  assert.equal(qualityOf('rate=1mbit loss=2%'), change(INITIAL, { rate: fixed(125_000), loss: fixed(2) }))
  assert.is(qualityOf(''), INITIAL)
  assert.is(qualityOf('dup=1%', qualityOf('loss=3%')).loss.base, 3)
})

for (const [words, wrong] of [
  ['in.loss=1%', /Cannot read "in.loss": a quality is of one direction/],
  ['down=on', /Cannot read "down": a quality has settings only/],
  ['table=/etc/passwd', /Cannot read the table "\/etc\/passwd": a quality names no files/],
  ['rate=-1mbit', /Cannot read rate: found "-1mbit"/],
  ['bandwith=1mbit', /Cannot read "bandwith": want one of/]
] as const) test(`refuses ${words}`, () => assert.throws(() => qualityOf(words), wrong))

test('equalQualities sees every word', () => {
  const values: Readonly<Record<string, string>> = {
    TIME: '3ms',
    PERCENT: '3%',
    FRAMES: '3frames',
    OCTETS: '3kB',
    RATE: '3mbit',
    N: '3',
    LIST: '3,7-9',
    SHARE: '1e-3',
    NAME: 'codel',
    'P,R,BAD,GOOD': '1%,2%,3%,4%',
    'FRAMES|OCTETS': '3kB',
    'MIN,MAX,PERCENT': '3kB,4kB,5%',
    'TIME,TIME': '3ms,9ms',
    LAW: 'pareto'
  }
  for (const [name, value] of wordHelp()) {
    if (value === 'on|off' || value === 'FILE') continue
    const words = `${name}=${values[value]}`
    assert.ok(equalQualities(qualityOf(words), qualityOf(words)), words)
    assert.not.ok(equalQualities(qualityOf(words), INITIAL), words)
    assert.not.ok(equalQualities(INITIAL, qualityOf(words)), words)
  }
})

test.run()
