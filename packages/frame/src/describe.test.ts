import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describe } from './describe.ts'
import { escapeControls } from './escape.ts'
import { hex, seeded } from './testing.ts'

const SLACK = 'c0ffee'
const TO_ALL = 'ffffffffffff 020000000001'
const IP4 = '4500 0054 0000 4000 40'

const line = suite('describe')

for (const [octets, text] of [
  [`${TO_ALL} 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002`, 'ARP who has 10.0.0.2 tell 10.0.0.1, 42 octets'],
  [`${TO_ALL} 0806 0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002`, 'ARP 10.0.0.1 is at 02:00:00:00:00:01, 42 octets'],
  [`${TO_ALL} 0806 0001 0800 06 04 0003 020000000001 0a000001 020000000002 0a000002`, 'ARP operation 3, 42 octets'],
  [`${TO_ALL} 0806 0001`, 'ARP, cut, 16 octets'],
  [`${TO_ALL} 0800 ${IP4} 01 0000 0a000001 0a000002 0800 0000 00000000`, 'ICMP 10.0.0.1 > 10.0.0.2 echo request, 42 octets'],
  [`${TO_ALL} 0800 ${IP4} 06 0000 0a000001 0a000002 0050 c001 00000000 00000000 50 12 0000 0000 0000`, 'TCP 10.0.0.1:80 > 10.0.0.2:49153 [S.], 54 octets'],
  [`${TO_ALL} 0800 ${IP4} 11 0000 0a000001 0a000002 0044 0043 0008 0000`, 'UDP 10.0.0.1:68 > 10.0.0.2:67, 42 octets'],
  [`${TO_ALL} 0800 ${IP4} 84 0000 0a000001 0a000002`, 'SCTP 10.0.0.1 > 10.0.0.2, 34 octets'],
  [`${TO_ALL} 0800 ${IP4} 06 0000 0a000001 0a000002 00`, 'TCP 10.0.0.1 > 10.0.0.2, 35 octets'],
  [`${TO_ALL} 0800 4500 0054 0000 2001 40 11 0000 0a000001 0a000002`, 'IPv4 10.0.0.1 > 10.0.0.2 fragment at 8, 34 octets'],
  [`${TO_ALL} 0800 4f`, 'IPv4, cut, 15 octets'],
  [`${TO_ALL} 86dd 60000000 0008 3a ff fe80 0000 0000 0000 0000 0000 0000 0001 ff02 0000 0000 0000 0000 0001 ff00 0002 8700 0000 00000000`,
    'ICMPv6 [fe80::1] > [ff02::1:ff00:2] neighbour solicitation, 62 octets'],
  [`${TO_ALL} 86dd 60000000 0008 11 ff 0000 0000 0000 0000 0000 0000 0000 0000 2001 0db8 0000 0001 0000 0000 0000 0001 0035 0035 0000 0000`,
    'UDP [::]:53 > [2001:db8:0:1::1]:53, 62 octets'],
  [`${TO_ALL} 86dd 60`, 'IPv6, cut, 15 octets'],
  ['0180c2000000 020000000001 0026 424203', 'spanning tree, 17 octets'],
  [`${TO_ALL} 88cc`, 'LLDP, 14 octets'],
  [`${TO_ALL} 1234`, 'type 1234, 14 octets']
] as const) {
  line(text, () => {
    const frame = hex(octets)
    const lent = new Uint8Array(frame.length + 3)
    lent.set(hex(SLACK))
    lent.set(frame, 3)
    const to = octets.startsWith('0180') ? '01:80:c2:00:00:00' : 'ff:ff:ff:ff:ff:ff'
    assert.is(describe(lent, 3, frame.length), `02:00:00:00:00:01 > ${to} ${text}`)
  })
}

line('names the tag, and its priority when there is one', () => {
  const tagged = hex(`${TO_ALL} 8100 a005 88cc`)
  assert.is(describe(tagged, 0, 18), '02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff vlan 5 p5 LLDP, 18 octets')
  assert.is(describe(tagged, 0, 16), '02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff 802.1Q, 16 octets')
})

line('a runt is one', () => { assert.is(describe(new Uint8Array(13), 0, 13), 'runt, 13 octets') })

line('any octets give one line of printable ASCII that depends on the frame only', () => {
  const random = seeded(9)
  for (let i = 0; i < 5000; i++) {
    const frame = random.octets(random.int(100))
    if (frame.length > 14) frame.set(hex(random.pick(['0800', '0806', '86dd', '8100', '0020'])), 12)
    if (frame.length > 18 && random.int(2) === 0) frame.set(hex(random.pick(['45', '4f', '60', '08004500'])), 14)
    const lent = random.octets(300)
    lent.set(frame, 7)
    const text = describe(lent, 7, frame.length)
    assert.match(text, /^[ -~]{1,200}$/)
    assert.is(text, describe(frame, 0, frame.length))
  }
})

line.run()

const escape = suite('escapeControls')

for (const [text, safe] of [
  ['plain é €', 'plain é €'], ['a\nb\x1b[2J', 'a\\x0ab\\x1b[2J'], ['\x7f\x9b', '\\x7f\\x9b'], ['a\u202eb\u2028', 'a\\u202eb\\u2028'], ['', '']
] as const) {
  escape(`of ${JSON.stringify(text)}`, () => { assert.is(escapeControls(text), safe) })
}

escape.run()
