import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { interfaceBlock, packetBlockSize, sectionBlock, statisticsBlock, writePacketBlock } from './pcapng.ts'
import { hex } from './testing.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const want = (vector: string): string => text(hex(vector))

const blocks = suite('pcapng')

blocks('a section says who wrote it', () => {
  // Type and length; little-endian, version 1.0; length of the section not known; the application, filled up.
  assert.is(text(sectionBlock('abcde')), want(`0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffff ffffffff
    0400 0500 6162636465 000000 00000000 2c000000`))
})

blocks('an interface has name, description and filter', () => {
  assert.is(text(interfaceBlock({ name: 'p[1]', description: 'x', snapLen: 128, filter: 'arp' })), want(
    '01000000 30000000 0100 0000 80000000 0200 0400 705b315d 0300 0100 78000000 0b00 0400 00617270 00000000 30000000'))
  assert.is(text(interfaceBlock({ name: 'p', description: '', snapLen: 1, filter: '' })).length / 2, 32)
})

blocks('a packet is cut to what is kept, filled up, and says its direction', () => {
  const to = new Uint8Array(64).fill(0xee)
  assert.is(packetBlockSize(5), 52)
  // 2^32 * 0x11223 + 0x99887766 microseconds
  writePacketBlock(to, 4, 3, Float64Array.of(0x11223 * 0x1_0000_0000 + 0x99887766), true, hex('77 0102030405060708'), 1, 8, 5)
  assert.is(text(to), want(`eeeeeeee 06000000 34000000 03000000 23120100 66778899 05000000 08000000 0102030405 000000
    0200 0400 01000000 00000000 34000000 eeeeeeee eeeeeeee`))
  writePacketBlock(to, 0, 0, Float64Array.of(0), false, hex('01020304'), 0, 4, 4)
  assert.is(text(to.subarray(32, 44)), want('0200 0400 02000000 00000000'))
})

blocks('statistics count what was seen and what was lost', () => {
  assert.is(text(statisticsBlock(0, Float64Array.of(5), 0x1_0000_0002, 3)), want(`05000000 34000000 00000000 00000000 05000000
    0400 0800 02000000 01000000 0500 0800 03000000 00000000 00000000 34000000`))
})

blocks.run()
