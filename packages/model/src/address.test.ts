import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  canonicalCidr, canonicalIp, canonicalMac, ipOctets, isMulticastIp, maskedIp, maskedMac, maskedText, prefixOf
} from './address.ts'

const addresses = suite('addresses')

/** What is typed, and its spelling; null: refused. */
const IPS: ReadonlyArray<readonly [string, string | null]> = [
  ['10.77.0.1', '10.77.0.1'], ['255.255.255.255', '255.255.255.255'], ['0.0.0.0', '0.0.0.0'], ['FD00::1', 'fd00::1'],
  ['fd00:0:0:0:0:0:0:1', 'fd00::1'], ['::', '::'], ['::1', '::1'], ['1::', '1::'], ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'], ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'], ['::ffff:1.2.3.4', '::ffff:102:304'],
  ['', null], ['10.77.0', null], ['10.77.0.256', null], ['010.1.1.1', null], ['1.2.3.4.5', null], ['1:2:3', null], ['1::2::3', null],
  ['1:2:3:4:5:6:7:8:9', null], ['1:2:3:4:5:6:7::8', null], ['g::', null], ['12345::', null], ['::1.2.3', null], [' 1.2.3.4', null], ['a.b.c.d', null]
]
for (const [text, spelling] of IPS) addresses(`canonicalIp "${text}"`, () => { assert.is(canonicalIp(text), spelling) })

const MACS: ReadonlyArray<readonly [string, string | null]> = [
  ['06:00:00:00:00:0A', '06:00:00:00:00:0a'], ['06000000000a', '06:00:00:00:00:0a'], ['0600:00:00:00:0a', null], ['6:0:0:0:0:a', null],
  ['06:00:00:00:00', null], ['06:00:00:00:00:0g', null], ['', null]
]
for (const [text, spelling] of MACS) addresses(`canonicalMac "${text}"`, () => { assert.is(canonicalMac(text), spelling) })

const MASKED: ReadonlyArray<readonly [string, string, string]> = [
  ['1.2.3.5/24', '1.2.3.0', '255.255.255.0'], ['1.2.3.5', '1.2.3.5', '255.255.255.255'], ['1.2.3.5/255.0.255.0', '1.0.3.0', '255.0.255.0'],
  ['1.2.3.4/28', '1.2.3.0', '255.255.255.240'], ['1.2.3.4/0', '0.0.0.0', '0.0.0.0'], ['fd00::3/127', 'fd00::2', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe']
]
for (const [text, value, mask] of MASKED) {
  addresses(`maskedIp "${text}"`, () => { assert.equal(maskedIp(text), { value, mask }) })
}

addresses('maskedIp refuses masks of another family, lengths out of range, and more', () => {
  for (const text of ['1.2.3.4/33', 'fd00::/129', '1.2.3.4/ffff::', 'fd00::/255.0.0.0', '1.2.3.4/', '1.2.3.4/8/8', '/8', '1.2.3.4/-1']) {
    assert.is(maskedIp(text), null, text)
  }
})

addresses('maskedMac clears what does not count', () => {
  assert.equal(maskedMac('06:11:22:33:44:55/ff:ff:00:00:00:00'), { value: '06:11:00:00:00:00', mask: 'ff:ff:00:00:00:00' })
  assert.is(maskedMac('06:11:22:33:44:55/ff'), null)
})

addresses('maskedText is short, and reads back', () => {
  for (const text of ['1.2.3.0/24', '1.2.3.5', '1.0.3.0/255.0.255.0', 'fd00::/64', '::1', '0.0.0.0/0']) assert.is(maskedText(maskedIp(text)!), text)
  assert.is(maskedText(maskedMac('06:11:22:33:44:55')!), '06:11:22:33:44:55')
})

addresses('prefixOf is null for holes', () => {
  assert.is(prefixOf('255.255.0.0'), 16)
  assert.is(prefixOf('255.0.255.0'), null)
  assert.is(prefixOf('ffff:ffff::'), 32)
})

addresses('canonicalCidr keeps the host and wants a prefix', () => {
  assert.is(canonicalCidr('10.0.0.1/24'), '10.0.0.1/24')
  assert.is(canonicalCidr('FD00::1/064'), 'fd00::1/64')
  for (const text of ['10.0.0.1', '10.0.0.1/33', '10.0.0.1/255.0.0.0', 'x/8']) assert.is(canonicalCidr(text), null)
})

addresses('isMulticastIp', () => {
  assert.equal(['239.7.7.7', '224.0.0.1', 'ff02::1', '10.0.0.1', 'fe80::1', 'x'].map(isMulticastIp), [true, true, true, false, false, false])
})

addresses('every text of up to 60 characters is refused or has a spelling that stays', () => {
  for (let i = 0; i < 2000; i++) {
    const text = Array.from({ length: i % 12 }, (_, k) => '0123:.:fF::'[(i * 7 + k * k * 13 + k) % 11]).join('')
    const spelling = canonicalIp(text)
    if (spelling !== null) assert.equal([canonicalIp(spelling), ipOctets(spelling)], [spelling, ipOctets(text)])
  }
})
addresses.run()
