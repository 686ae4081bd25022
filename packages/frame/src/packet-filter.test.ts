import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PacketFilter } from './packet-filter.ts'
import { bytesPerRun, hex, seeded } from './testing.ts'

/** What `tcpdump -ddd -y EN10MB` prints. */
const PROGRAMS = {
  'tcp port 80': '20 40 0 0 12 21 0 6 34525 48 0 0 20 21 0 15 6 40 0 0 54 21 12 0 80 40 0 0 56 21 10 11 80 21 0 10 2048 48 0 0 23 ' +
    '21 0 8 6 40 0 0 20 69 6 0 8191 177 0 0 14 72 0 0 14 21 2 0 80 72 0 0 16 21 0 1 80 6 0 0 262144 6 0 0 0',
  'arp or vlan 10': '10 40 0 0 12 21 6 0 2054 21 2 0 33024 21 1 0 34984 21 0 4 37120 40 0 0 14 84 0 0 4095 21 0 1 10 6 0 0 262144 6 0 0 0',
  'less 100 and not broadcast': '8 128 0 0 0 37 4 0 100 32 0 0 2 21 0 3 4294967295 40 0 0 0 21 0 1 65535 6 0 0 0 6 0 0 262144',
  'ip[0] & 0xf > 5': '7 40 0 0 12 21 0 4 2048 48 0 0 14 84 0 0 15 37 0 1 5 6 0 0 262144 6 0 0 0'
} as const

const MACS = '020000000001 020000000002'
const IP_TCP = `${MACS} 0800 45 00 0028 0000 4000 40 06 0000 0a000001 0a000002`
const FRAMES: ReadonlyArray<readonly [keyof typeof PROGRAMS, string, boolean]> = [
  ['tcp port 80', `${IP_TCP} 1234 0050 00000000`, true],
  ['tcp port 80', `${IP_TCP} 0050 1234 00000000`, true],
  ['tcp port 80', `${IP_TCP} 0051 1234 00000000`, false],
  ['tcp port 80', `${IP_TCP} 0051`, false], // the second port lies outside
  ['tcp port 80', `${IP_TCP.replace('4000 40', '2001 40')} 0050 1234`, false], // a later fragment
  ['tcp port 80', `${IP_TCP.replace('45 00', '46 00')} 00000000 1234 0050`, true], // an IP option
  ['arp or vlan 10', `${MACS} 0806 0001`, true],
  ['arp or vlan 10', `${MACS} 8100 e00a 0800`, true],
  ['arp or vlan 10', `${MACS} 8100 e00b 0800`, false],
  ['less 100 and not broadcast', `${MACS} 0800`, true],
  ['less 100 and not broadcast', `${MACS} 0800 ${'00'.repeat(90)}`, false],
  ['less 100 and not broadcast', 'ffffffffffff 020000000002 0800', false],
  ['ip[0] & 0xf > 5', `${MACS} 0800 46`, true],
  ['ip[0] & 0xf > 5', `${MACS} 0800 45`, false],
  ['ip[0] & 0xf > 5', `${MACS} 0800`, false]
]

const filters = suite('PacketFilter')

for (const [name, frame, wanted] of FRAMES) {
  filters(`${name}: ${frame.slice(27, 60)}... is ${wanted ? 'wanted' : 'not'}`, () => {
    const buf = hex(`5555 ${frame}`)
    assert.is(new PacketFilter(PROGRAMS[name]).matches(buf, 2, buf.length - 2), wanted)
  })
}

/** `ret a` behind the given instructions, on the frame 01 02 03 04 05 06 07 08. */
const computes = (program: string): boolean => new PacketFilter(program).matches(hex('0102030405060708'), 0, 8)

for (const [name, program, wanted] of [
  ['a + x', '4 0 0 0 5 1 0 0 4294967291 12 0 0 0 22 0 0 0', false],
  ['a - k', '3 0 0 0 5 20 0 0 5 22 0 0 0', false],
  ['a * k', '3 0 0 0 65536 36 0 0 65536 22 0 0 0', false],
  ['a / k is unsigned', '4 0 0 0 4294967295 52 0 0 2147483648 20 0 0 1 22 0 0 0', false],
  ['a / 0 is no', '4 0 0 0 5 1 0 0 0 60 0 0 0 6 0 0 1', false],
  ['a % k', '3 0 0 0 10 148 0 0 5 22 0 0 0', false],
  ['a | k', '2 68 0 0 1 22 0 0 0', true],
  ['a ^ k', '3 0 0 0 7 164 0 0 7 22 0 0 0', false],
  ['a << 32 is 0', '3 0 0 0 1 100 0 0 32 22 0 0 0', false],
  ['a >> k is unsigned', '4 0 0 0 2147483648 116 0 0 31 20 0 0 1 22 0 0 0', false],
  ['-a', '4 0 0 0 1 132 0 0 0 4 0 0 1 22 0 0 0', false],
  ['memory', '4 0 0 0 9 2 0 0 15 0 0 0 0 6 0 0 1', true],
  ['memory keeps x, tax, txa', '6 1 0 0 9 3 0 0 3 97 0 0 3 135 0 0 0 20 0 0 9 22 0 0 0', false],
  ['tax', '5 0 0 0 9 7 0 0 0 0 0 0 0 12 0 0 0 22 0 0 0', true],
  ['ja', '3 5 0 0 1 6 0 0 0 6 0 0 1', true],
  ['jset', '3 69 0 1 1 6 0 0 1 6 0 0 0', false],
  ['an indirect load in front of the frame is no', '3 1 0 0 4294967295 80 0 0 0 6 0 0 1', false],
  ['the last octet', '3 48 0 0 7 20 0 0 8 22 0 0 0', false],
  ['one behind it', '2 48 0 0 8 6 0 0 1', false],
  ['a word at the end', '2 32 0 0 4 6 0 0 1', true],
  ['a word over the end', '2 32 0 0 5 6 0 0 1', false]
] as const) {
  filters(`computes ${name}`, () => { assert.is(computes(program), wanted) })
}

for (const text of [
  '', 'x', '0', '1', '1 6 0 0', '1 6 0 0 x', '2 6 0 0 1', '1 48 0 0 0', '1 21 0 0 0', '2 21 1 0 0 6 0 0 1', '2 5 0 0 1 6 0 0 1',
  '2 5 0 0 -1 6 0 0 1', '2 96 0 0 16 6 0 0 1', '2 2 0 0 -1 6 0 0 1', '2 48 0 0 -4096 6 0 0 1', '2 196 0 0 0 6 0 0 1',
  '2 85 0 0 0 6 0 0 1', '2 177 0 0 -1 6 0 0 1', '1 6 0 0 4294967296'
]) {
  filters(`refuses the program "${text}"`, () => { assert.throws(() => new PacketFilter(text), (error: Error) => error instanceof SyntaxError) })
}

const CODES = [0, 1, 2, 3, 5, 6, 7, 12, 21, 22, 28, 32, 40, 48, 52, 64, 72, 80, 84, 96, 97, 116, 135, 177]

filters('random programs that are taken run to an end', () => {
  const chance = seeded(7)
  const frame = chance.octets(40)
  let taken = 0
  for (let i = 0; i < 30_000; i++) {
    const count = 1 + chance.int(6)
    const numbers = Array.from({ length: count }, () => `${chance.pick(CODES)} ${chance.int(4)} ${chance.int(4)} ${chance.int(60) - 5}`)
    let filter
    try { filter = new PacketFilter(`${count} ${numbers.join(' ')}`) } catch { continue }
    assert.type(filter.matches(frame, 0, chance.int(41)), 'boolean')
    taken++
  }
  assert.ok(taken > 1000, `${taken} programs`)
})

filters('allocates nothing', () => {
  const filter = new PacketFilter(PROGRAMS['tcp port 80'])
  const buf = hex(`${IP_TCP} 1234 0050 00000000`)
  assert.ok(bytesPerRun(() => { filter.matches(buf, 0, buf.length) }) < 1)
})

filters.run()
