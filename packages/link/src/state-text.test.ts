import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stateOf, stateText } from './state-text.ts'

const text = suite('stateText')

for (const state of [
  {}, { a: [1, null, 'x', { b: true }] }, { octets: Uint8Array.of() }, { octets: [Uint8Array.of(0, 255, 128), Uint8Array.of(1)] },
  { base64: 1 }, { base64: 'text', more: 1 }
]) {
  text(`stateOf reads back ${JSON.stringify(state)}`, () => { assert.equal(stateOf(stateText(state)), state) })
}

text('octets are those of the view, not of its buffer', () => {
  const view = Uint8Array.of(1, 2, 3, 4).subarray(1, 3)
  assert.equal(stateOf(stateText({ view })), { view: Uint8Array.of(2, 3) })
})

text('stateOf refuses what is no JSON', () => { assert.throws(() => stateOf('{"a":'), SyntaxError) })

text.run()
