import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WholeBlocks } from './pcapng-blocks.ts'
import { interfaceBlock, sectionBlock } from './pcapng.ts'

const blocks = suite('WholeBlocks')
const [first, second] = [sectionBlock('test'), interfaceBlock({ name: 'a', description: '', snapLen: 96, filter: '' })]
const both = Buffer.concat([first, second])

blocks('counts whole blocks at every cut, an octet at a time', () => {
  const whole = new WholeBlocks()
  for (let at = 0; at < both.length; at++) {
    assert.is(whole.octets, at < first.length ? 0 : first.length)
    whole.feed(both.subarray(at, at + 1))
  }
  assert.is(whole.octets, both.length)
})

for (const piece of [3, 8, 9, 64, 1000]) {
  blocks(`counts in pieces of ${piece}`, () => {
    const whole = new WholeBlocks()
    for (let at = 0; at < both.length; at += piece) whole.feed(both.subarray(at, at + piece))
    assert.is(whole.octets, both.length)
  })
}

blocks('a length that none can have ends', () => {
  const whole = new WholeBlocks()
  whole.feed(new Uint8Array(64))
  assert.is(whole.octets, 0)
})

blocks.run()
