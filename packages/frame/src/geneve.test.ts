import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { geneveHeaderLen, hasCriticalOption, readGeneveVni, writeGeneve } from './geneve.ts'
import { hex } from './testing.ts'

const geneve = suite('geneve header')

geneve('is written whole, also over old octets', () => {
  const buf = new Uint8Array(12).fill(0xee)
  writeGeneve(buf, 2, 0x123456)
  assert.equal(buf, hex('eeee 0000 6558 123456 00 eeee'))
})

for (const [what, text, header, critical] of [
  ['no options', '0000 6558 000005 00', 8, false],
  ['reserved bits', '003f 6558 000005 ff', 8, false],
  ['an option', '0200 6558 000005 00 0102 03 01 aabbccdd', 16, false],
  ['an option that is critical', '0240 6558 000005 00 0102 83 01 aabbccdd', 16, true],
  ['63 words of options', '3f00 6558 000005 00' + '00'.repeat(252), 260, false],
  ['options that are cut', '0200 6558 000005 00 0102 03 01 aabbcc', -1, false],
  ['another version', '4000 6558 000005 00', -1, false],
  ['a control message', '0080 6558 000005 00', -1, false],
  ['no Ethernet', '0000 0800 000005 00', -1, false]
] as const) {
  geneve(`${what}: ${header} octets in front of the frame`, () => {
    const octets = hex('ee' + text)
    assert.is(geneveHeaderLen(octets, 1, octets.length - 1), header)
    assert.is(hasCriticalOption(octets, 1), critical)
    assert.is(readGeneveVni(octets, 1), 5)
  })
}

geneve.run()
