import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../command.ts'
import { commandFor, readTarget } from './target.ts'

const test = suite('vde_impair')

for (const [text, want] of [
  ['123', { kind: 'cable', pid: 123, name: undefined }],
  ['123/vde1', { kind: 'cable', pid: 123, name: 'vde1' }],
  ['/tmp/sw[3]', { kind: 'port', path: '/tmp/sw', port: 3 }],
  ['vde:///tmp/sw[0]', { kind: 'port', path: '/tmp/sw', port: 0 }],
  ['7[3]', { kind: 'port', path: '7', port: 3 }]
] as const) {
  test(`reads ${text}`, () => { assert.equal(readTarget(text), want) })
}

for (const text of ['', 'vde0', '/tmp/sw', '[3]', '12 /x', '123/', '/tmp/sw[x]']) {
  test(`refuses '${text}'`, () => { assert.throws(() => readTarget(text), (e: Error) => e instanceof UsageError) })
}

test('words change, without any what happened is asked for', () => {
  assert.is(commandFor('port', '3', ['in', 'delay=1ms', 'loss=1%']), 'port/impair 3 in delay=1ms loss=1%')
  assert.is(commandFor('cable', 'vde0', []), 'cable/impaired vde0')
})

test.run()
