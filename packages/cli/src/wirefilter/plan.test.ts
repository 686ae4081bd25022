import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from '../command.ts'
import { planFilter, splitPair } from './plan.ts'
import { netemuSpec, spec } from './spec.ts'

const test = suite('wirefilter command line')
const plan = (...argv: string[]): ReturnType<typeof planFilter> => planFilter(parse(spec, argv))

test('options are console commands, each as often as it is given', () => {
  assert.equal(plan('-l', 'LR5', '-l', 'RL3', '--delay', '10+5N', '-band', '1M', '-c', '5k', '-N', '--set', 'delay=1ms in.loss=1%').commands, [
    'loss LR5', 'loss RL3', 'delay 10+5N', 'bandwidth 1M', 'chanbufsize 5k', 'set delay=1ms in.loss=1%', 'fifo 0'
  ])
  assert.equal(planFilter(parse(netemuSpec, ['-r', '1,2,3,4'])).commands, ['RED 1,2,3,4'])
})

for (const [text, left, right] of [
  ['/tmp/a:/tmp/b', '/tmp/a', '/tmp/b'],
  ['-:/tmp/b', '-', '/tmp/b'],
  ['vde:///tmp/a:vde:///tmp/b', 'vde:///tmp/a', 'vde:///tmp/b'],
  ['a[x:y]:b', 'a[x:y]', 'b'],
  ['vlan://4{vde:///a:b}:c', 'vlan://4{vde:///a:b}', 'c'],
  ['"a:b":c', '"a:b"', 'c'],
  [':', '', '']
] as const) {
  test(`-v ${text}`, () => { assert.equal(splitPair(text), [left, right]) })
}

test('two networks by operands, a chain without any', () => {
  assert.equal(plan('/a', '/b').ends, { kind: 'networks', left: '/a', right: '/b' })
  assert.equal(plan().ends, { kind: 'chain' })
})

test('numbers: seed, mode, memory', () => {
  assert.equal([plan().seed, plan('--seed', '7').seed], [undefined, 7])
  assert.equal([plan().mgmtMode, plan('--mgmtmode', '0660').mgmtMode], [0o700, 0o660])
  assert.equal([plan().memory, plan('--memory', '1MiB').memory], [undefined, 1048576])
})

for (const argv of [['/a'], ['/a', '/b', '/c'], ['-v', '/a'], ['-v', '-:-'], ['-v', 'a:b', 'c'], ['--seed', '-1'], ['--mgmtmode', '8'], ['--memory', '1B'], ['--memory', 'x']]) {
  test(`${argv.join(' ')} is refused`, () => { assert.throws(() => plan(...argv), /^Cannot read/) })
}

test('vde-netemu -A is refused with what to do instead', () => {
  assert.throws(() => planFilter(parse(netemuSpec, ['-A', 'a', 'b'])), /^Cannot do -A: .*aqm=codel/)
})

test.run()
