import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '@vde-ts/frame/testing.js'
import { readCore } from './core.ts'
import { SHAPES, coreAt, coreOf } from './testing.ts'

const test = suite('readCore')

const edges = (text: string): string => readCore(text, 't.xml').links.map(({ a, b }) => `${a}${b}`).join(' ')
const sorted = (list: string): string => list.split(' ').sort().join(' ')

for (const [shape, list] of Object.entries(SHAPES)) {
  test(`old schema: ${shape}`, () => assert.equal([edges(coreOf(list)), readCore(coreOf(list), 't').nodes], [sorted(list), 5]))
}

test('old schema: a channel of three is shared by all', () => assert.is(edges(coreOf('123')), '12 13 23'))

test('old schema: an edge twice, in both directions, is one', () => assert.is(edges(coreOf('21 12')), '12'))

test('old schema: hosts are numbered in their order and have places', () => {
  const { points, nodes, links } = readCore(coreAt([[50, 8.1], [50.5, -8.2]]), 't')
  assert.equal([points, nodes, links], [[[50, 8.1], [50.5, -8.2]], 2, []])
})

const NEW = `<scenario name="x">
  <networks><network id="4" name="s1" type="SWITCH"/><network id="5" name="s2" type="HUB"/><network id="6" name="w" type="WIRELESS_LAN"/></networks>
  <devices>
    <device id="7" name="n7" type="PC"><position x="1" y="2" lat="47.5" lon="-122.1" alt="2"/></device>
    <device id="1" name="n1" type="router"><position x="1" y="2" lat="47.6" lon="-122.2" alt="2"/></device>
    <device id="2" name="n2" type="router"/>
    <device id="3" name="n3" type="router"/>
  </devices>
  <links>
    <link node1="1" node2="2"><iface1 id="0"/><options delay="5000" jitter="100" bandwidth="54000000" loss="1.5" dup="0" buffer="50"/></link>
    <link node_one="3" node_two="1"><options per="2" unidirectional="1"/></link>
    <link node1="2" node2="4"/><link node1="4" node2="5"/><link node1="5" node2="7"/><link node1="5" node2="3"/>
    <link node1="1" node2="6"/><link node1="7" node2="6"/>
  </links>
</scenario>`

test('new schema: devices by their ids, links with options, joined switches, no links of wireless networks', () => {
  const { nodes, links, points } = readCore(NEW, 't')
  assert.is(nodes, 4)
  assert.equal(points, [[47.6, -122.2], null, null, [47.5, -122.1]])
  const words = 'rate=54000000bit delay=5000us jitter=100us loss=1.5% queue=50frames'
  assert.equal(links, [
    { a: 1, b: 2, out: words, in: words }, { a: 1, b: 3, out: '', in: 'loss=2%' },
    { a: 2, b: 3, out: '', in: '' }, { a: 2, b: 4, out: '', in: '' }, { a: 3, b: 4, out: '', in: '' }
  ])
})

for (const [text, wrong] of [
  ['', /^Cannot read t: line 1: Start tag expected$/],
  ['hello', /line 1: char 'h' is not expected/],
  ['<scenario version="1.0">\n<network>\n</scenario>', /^Cannot read t: line 3: Expected closing tag 'network'/],
  ['<a/>', /^Cannot read t: line 1: found the element "a", want "scenario"$/],
  ['<scenario/><scenario/>', /found 2 elements at its root, want one/],
  ['<scenario/>', /found version none, want 1.0 or later/],
  ['<scenario version="0.9"/>', /found version "0.9"/],
  [coreOf('12').replace('n2/eth1', 'eth1'), /line 5: found member "eth1", want one such as n1\/eth0/],
  [coreOf('12').replace('n2/', 'n0/'), /found member "n0\/eth1"/],
  [coreOf('12').replace('n2/', 'n100000/'), /found member "n100000\/eth1"/],
  [coreAt([[91, 8]]), /line 2: found the position 91,8, want a latitude within 90/],
  [coreAt([[50, 8]]).replace('"50"', '"north"'), /line 2: found lat "north", want a number/],
  [NEW.replace('id="3" name="n3"', 'id="2" name="n3"'), /line 7: found device 2 twice/],
  [NEW.replace('node1="5" node2="3"', 'node1="5" node2="33"'), /line 12: found a link to 33, want the id/],
  [NEW.replace('delay="5000"', 'delay="-5"'), /line 10: found delay "-5", want a number of 0 to 1000000000/],
  [NEW.replace('loss="1.5"', 'loss="101"'), /found loss "101", want a number of 0 to 100/],
  ['<a>'.repeat(200) + '</a>'.repeat(200), /Maximum nested tags exceeded/],
  ['<__proto__/>', /^Cannot read t: /]
] as const) {
  test(`refuses ${JSON.stringify(text.slice(0, 60))}: ${wrong.source.slice(0, 40)}`, () => {
    assert.throws(() => readCore(text, 't'), (error: Error) => error instanceof SyntaxError && wrong.test(error.message) && !error.message.includes('\n'))
  })
}

test('entities are not expanded, other files not read', () => {
  const file = coreOf('12').replace(/<\?.*\n/, '').replace('n1/eth0', '&a;')
  assert.throws(() => readCore('<!DOCTYPE s [<!ENTITY a "n1/eth0">]>' + file, 't'), /found member "&a;"/)
  assert.throws(() => readCore('<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + file, 't'), /External entities are not supported/)
})

test('every truncation and random changes: a topology or a SyntaxError', () => {
  const random = seeded(3)
  const attempt = (text: string): void => {
    try { readCore(text, 't') } catch (error) { assert.instance(error, SyntaxError, (error as Error).stack ?? '') }
  }
  for (let cut = 0; cut < NEW.length; cut += 7) attempt(NEW.slice(0, cut))
  const pieces = ['<', '>', '/', '"', '&', '</link>', '<link>', ' node1="1"', '<!--', ']]>', '<![CDATA[', '\0', '=', '<!DOCTYPE x [', '?>']
  for (let round = 0; round < 300; round++) {
    const at = random.int(NEW.length)
    attempt(NEW.slice(0, at) + pieces[random.int(pieces.length)]! + NEW.slice(at + random.int(9)))
  }
})

test.run()
