import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encode, linkMessage, linkRequest, text, uint32 } from './rtnetlink.ts'

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

const rtnetlink = suite('rtnetlink requests')

rtnetlink('attributes are padded to four octets, their length is not', () => {
  assert.is(hex(encode([[3, text('vde0')], [4, uint32(1500)]])), '0900030076646530' + '00000000' + '08000400dc050000')
  assert.is(hex(encode([[18, encode([[1, Uint8Array.of(7)]])]])), '0c001200' + '05000100' + '07000000')
  assert.is(hex(encode([])), '')
})

rtnetlink('a request: its length, RTM_NEWLINK, REQUEST and ACK, with CREATE and EXCL for a new one', () => {
  assert.is(hex(linkRequest({ index: 2, flags: 1, changes: 1 }, [])),
    '20000000' + '10000500' + '00000000' + '00000000' + '00000000' + '02000000' + '01000000' + '01000000')
  assert.is(hex(linkRequest({ isNew: true }, [[4, uint32(9)]])).slice(0, 16), '28000000' + '10000506')
  assert.is(linkMessage({}, []).length, 16)
})

rtnetlink.run()
