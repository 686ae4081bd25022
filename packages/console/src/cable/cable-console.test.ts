import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { INITIAL, applyChange } from '@vde-ts/impair'
import { bench } from '@vde-ts/impair/testing.js'
import { cableConsole, type ImpairableCable } from './cable-console.ts'

const test = suite('cable console')

const talk = () => {
  const { link } = bench({}, { seed: 7 })
  link.in.settings = link.out.settings = INITIAL
  const cable: ImpairableCable = { name: 'vde0', label: '/tmp/sw', link, change (change) { applyChange(link, change) } }
  const console = cableConsole(new Map([[cable.name, cable]]))
  return { link, say: (line: string) => [...console.execute(line, null)].join('') }
}

test('words set one cable, in both directions or one, and off takes them back', () => {
  const { link, say } = talk()
  assert.is(say('cable/impair vde0 delay=20ms in.loss=1%'), '1000 Success\n')
  assert.is(say('cable/impair vde0 out rate=1mbit'), '1000 Success\n')
  const { in: { settings: inward }, out: { settings: outward } } = link
  assert.equal([outward.delay.base, inward.loss.base, outward.rate.base, inward.rate.base], [20e6, 1, 125e3, 0])
  assert.match(say('cable/print'), /\nvde0 \/tmp\/sw delay=20ms in\.loss=1% out\.rate=1mbit\n/)
  assert.is(say('cable/impair vde0 down'), '1000 Success\n')
  assert.not.ok(link.isUp)
  assert.is(say('cable/impair vde0 off'), '1000 Success\n')
  assert.ok(link.isUp)
  assert.match(say('cable/print --json'), /"name":"vde0","label":"\/tmp\/sw","words":""/)
})

test('what was counted', () => {
  assert.match(talk().say('cable/impaired vde0'), /\nlink \S+ seed 7\nin inFrames 0 [^]*\nout inFrames 0 /)
})

for (const [line, code] of [
  ['cable/impair', 1022], ['cable/impair vde0', 1022], ['cable/impair vde0 delay=fast', 1022], ['cable/impair vde0 law=/etc/passwd', 1022],
  ['cable/impair vde1 delay=1ms', 1002], ['cable/impaired vde1', 1002], ['cable', 1038]
] as const) {
  test(`${line}: ${code}, and nothing is set`, () => {
    const { link, say } = talk()
    assert.match(say(line), new RegExp(`(^|\n)${code} `))
    assert.is(link.out.settings.delay.base, 0)
  })
}

test.run()
