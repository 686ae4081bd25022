import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun } from '@vde-ts/link/testing.js'
import { AddressLog, MOST_ADDRESSES } from './address-log.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))

const MACS = 'dead ffffffffffff 020000000001' // two octets of slack in front
// version 4, 20 octets of header, source 10.0.0.7
const IP4 = '45000014 00000000 40010000 0a000007 0a000001'
// version 6, source fd00::7
const IP6 = '6000000000003a40 fd000000000000000000000000000007 ff020000000000000000000000000001'

const recorder = (): { log: AddressLog, seen: string[] } => {
  const seen: string[] = []
  return { log: new AddressLog(7, (family, address, vlan) => { seen.push(`${family} ${address} ${vlan}`) }), seen }
}
const show = (log: AddressLog, frame: Uint8Array): void => { log.look(frame, 2, frame.length - 2) }

const addresses = suite('AddressLog')

for (const [what, frame, want] of [
  ['IPv4', `${MACS} 0800 ${IP4}`, '4 10.0.0.7 0'],
  ['IPv4 with options', `${MACS} 0800 46${IP4.slice(2)} 00000000`, '4 10.0.0.7 0'],
  ['IPv4 on VLAN 5', `${MACS} 8100 2005 0800 ${IP4}`, '4 10.0.0.7 5'],
  ['IPv6', `${MACS} 86dd ${IP6}`, '6 fd00::7 0'],
  ['IPv6 with a traffic class, on VLAN 4094', `${MACS} 8100 0ffe 86dd 6f${IP6.slice(2)}`, '6 fd00::7 4094']
] as const) {
  addresses(`reports ${what} once`, () => {
    const { log, seen } = recorder()
    for (let i = 0; i < 3; i++) show(log, hex(frame))
    assert.equal(seen, [want])
  })

  addresses(`takes every truncation of ${what}`, () => {
    const { log, seen } = recorder()
    const whole = hex(frame)
    for (let len = 0; len < whole.length - 6; len++) log.look(whole.subarray(0, 2 + len), 2, len)
    assert.ok(seen.length <= 1)
  })
}

addresses('tells VLANs and families apart, and passes over what is not IP', () => {
  const { log, seen } = recorder()
  for (const frame of [`${MACS} 0800 ${IP4}`, `${MACS} 8100 0001 0800 ${IP4}`, `${MACS} 0806 ${IP4}`, `${MACS} 0800 ${IP6}`, `${MACS} 86dd ${IP4}`]) {
    show(log, hex(frame))
  }
  assert.equal(seen, ['4 10.0.0.7 0', '4 10.0.0.7 1'])
})

addresses('is bounded: full, it forgets and goes on', () => {
  const { log, seen } = recorder()
  const frame = hex(`${MACS} 0800 ${IP4}`)
  const source = new DataView(frame.buffer, 2 + 14 + 12, 4)
  for (let i = 0; i < MOST_ADDRESSES * 3; i++) {
    source.setUint32(0, i)
    show(log, frame)
    show(log, frame)
  }
  assert.is(seen.length, MOST_ADDRESSES * 3)
})

addresses('costs nothing for an address it knows', () => {
  const { log } = recorder()
  const frame = hex(`${MACS} 86dd ${IP6}`)
  show(log, frame)
  assert.ok(bytesPerRun(() => { show(log, frame) }) < 1)
})

addresses.run()
