import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hex } from './testing.ts'
import { isExactVxlan, readVni, writeVxlan } from './vxlan.ts'

const vxlan = suite('vxlan header')

vxlan('is written whole, also over old octets', () => {
  const buf = new Uint8Array(12).fill(0xee)
  writeVxlan(buf, 2, 0x123456)
  assert.equal(buf, hex('eeee 08000000 123456 00 eeee'))
})

for (const [text, vni, exact] of [
  ['08000000 00000100', 1, true], ['08000000 ffffff00', 0xffffff, true],
  ['0c000000 00000100', 1, false], ['08000001 00000100', 1, false], ['08000000 000001ff', 1, false],
  ['00000000 00000100', -1, false], ['f7ffffff ffffffff', -1, false]
] as const) {
  vxlan(`${text}: VNI ${vni}, ${exact ? 'exact' : 'reserved bits set'}`, () => {
    assert.is(readVni(hex('ee' + text), 1), vni)
    assert.is(isExactVxlan(hex('ee' + text), 1), exact)
  })
}

vxlan.run()
