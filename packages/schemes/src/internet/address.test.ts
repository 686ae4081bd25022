import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hex } from '@vde-ts/link/testing.js'
import { LocalAddresses, emptyAddress, formatAddress, isMulticast, parseAddress, portOf, resolveAddress, setPort } from './address.ts'
import { refusal } from '../testing.ts'

const addresses = suite('internet addresses')
const zeros = (count: number): string => '00'.repeat(count)

for (const [text, octets] of [
  ['192.0.2.1', `0200 12b5 c0000201 ${zeros(24)}`],
  ['fd00::1', `0a00 12b5 ${zeros(4)} fd00 ${zeros(13)} 01 ${zeros(8)}`],
  ['[::]', `0a00 12b5 ${zeros(28)}`],
  ['::ffff:1.2.3.4', `0a00 12b5 ${zeros(4)} ${zeros(10)} ffff 01020304 ${zeros(8)}`],
  ['1:2:3:4:5:6:7:8', `0a00 12b5 ${zeros(4)} 0001 0002 0003 0004 0005 0006 0007 0008 ${zeros(8)}`],
  ['ff02::1%1', `0a00 12b5 ${zeros(4)} ff02 ${zeros(13)} 01 01000000 ${zeros(4)}`],
  ['ff02::1%lo', `0a00 12b5 ${zeros(4)} ff02 ${zeros(13)} 01 01000000 ${zeros(4)}`]
] as const) {
  addresses(`${text} is read`, () => { assert.equal(parseAddress(text, 4789), hex(octets)) })
}

for (const text of ['', 'localhost', '1.2.3', '1.2.3.4%lo', '1::2::3', '[1.2.3.4', '1.2.3.4:80', '\0']) {
  addresses(`${JSON.stringify(text)} is no literal`, () => { assert.is(parseAddress(text, 1), null) })
}

for (const text of ['192.0.2.1', 'fd00::1', '::', '::1', 'ff05:56de::1', '1:2:3:4:5:6:7:8', '1::', 'fe80::1%1', '1:0:3:0:0:0:7:8']) {
  addresses(`${text} is written as it was`, () => {
    assert.equal(parseAddress(formatAddress(parseAddress(text, 1)!), 1), parseAddress(text, 1))
  })
}

for (const [text, multicast] of [['239.0.0.1', true], ['223.255.255.255', false], ['240.0.0.1', false], ['ff05::1', true], ['fe80::1', false]] as const) {
  addresses(`${text} is ${multicast ? 'a group' : 'one station'}`, () => { assert.is(isMulticast(parseAddress(text, 1)!), multicast) })
}

addresses('ports are exchanged at any place', () => {
  const two = new Uint8Array(64)
  setPort(two, 0x1234, 32)
  assert.equal([portOf(two, 32), portOf(two)], [0x1234, 0])
})

addresses('a name is looked up, one that nobody has says so', async () => {
  assert.is(formatAddress(await resolveAddress('localhost', 7, 4, 'test')), '127.0.0.1')
  const { code, message } = await refusal(resolveAddress('no-such-host.invalid', 7, 0, 'open x://'))
  assert.is(code, 'ENOENT')
  assert.match(message, /^Cannot open x:\/\/: the name "no-such-host.invalid" has no address$/)
})

addresses('refusals name what is wrong', async () => {
  assert.is((await refusal(resolveAddress('fd00::1', 7, 4, 'test'))).code, 'EINVAL')
  assert.throws(() => parseAddress('ff02::1%nosuchif', 1), /no interface "nosuchif"$/)
})

addresses('the loopback address is ours, another is not', () => {
  const local = new LocalAddresses()
  const octets = new Uint8Array(64)
  octets.set(parseAddress('127.0.0.1', 99)!, 32)
  assert.is(local.has(octets, 32), true)
  assert.is(local.has(parseAddress('203.0.113.9', 99)!, 0), false)
  assert.is(local.has(emptyAddress(6, 0), 0), false)
})

addresses.run()
