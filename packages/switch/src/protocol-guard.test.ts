import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun, seeded } from '@vde-ts/frame/testing.js'
import { HEADROOM } from '@vde-ts/link/link.js'
import { parseIp } from './ip-address.ts'
import type { PortGuardSettings } from './port-guard.ts'
import type { Drops } from './port.ts'
import { give, makeSwitch, plug } from './testing.ts'

const A = '02000000000a'
const B = '02000000000b'
const ALL = 'ffffffffffff'

/** What came of a frame from port 1 with these guards: the reason it was dropped for, or that it passed. */
const fate = (guards: Partial<PortGuardSettings>, frame: string): string => {
  const sw = makeSwitch({ isVlanTransparent: true })
  const [a, b] = [plug(sw, 1), plug(sw, 2)]
  sw.guards.configure(1, guards)
  give(a.endpoint, frame)
  const lost = (Object.entries(sw.port(1).drops) as Array<[keyof Drops, number]>).filter(([, count]) => count > 0)
  return lost.length === 0 && b.link.count === 1 ? 'passes' : lost.map(([reason]) => reason).join()
}

const ipv4 = (source: string, protocol: string, payload: string, fragment = '0000'): string =>
  `0800 45000000 0000${fragment} 40${protocol}0000 ${source} 0a0000ff ${payload}`
const ipv6 = (source: string, next: string, payload: string): string =>
  `86dd 60000000 0000${next}ff ${source} ff020000000000000000000000000001 ${payload}`
const udp = (from: string, to: string): string => `${from}${to}00080000`
const RA = '8600000000000000 0000000000000000'
const LINK_LOCAL = 'fe80000000000000000000000000000a'
const NOBODY = '0'.repeat(32)

const protocols = suite('DHCP and router-advertisement guard')

for (const [name, frame, dhcp, ra] of [
  ['a DHCP offer', ALL + A + ipv4('0a000001', '11', udp('0043', '0044')), 'dhcp', 'passes'],
  ['a DHCP request', ALL + A + ipv4('00000000', '11', udp('0044', '0043')), 'passes', 'passes'],
  ['an offer behind a tag', ALL + A + '81000007' + ipv4('0a000001', '11', udp('0043', '0044')), 'dhcp', 'passes'],
  ['an offer behind two', ALL + A + '88a80007 81000007' + ipv4('0a000001', '11', udp('0043', '0044')), 'dhcp', 'passes'],
  ['an offer with IP options', ALL + A + ipv4('0a000001', '11', '00000000' + udp('0043', '0044')).replace('45000000', '46000000'), 'dhcp', 'passes'],
  ['the first fragment of an offer', ALL + A + ipv4('0a000001', '11', udp('0043', '0044'), '2000'), 'dhcp', 'passes'],
  ['a later one', ALL + A + ipv4('0a000001', '11', udp('0043', '0044'), '0005'), 'passes', 'passes'],
  ['TCP from port 67', ALL + A + ipv4('0a000001', '06', udp('0043', '0044')), 'passes', 'passes'],
  ['a DHCPv6 advertisement', ALL + A + ipv6(LINK_LOCAL, '11', udp('0223', '0222')), 'dhcp', 'passes'],
  ['a DHCPv6 solicitation', ALL + A + ipv6(LINK_LOCAL, '11', udp('0222', '0223')), 'passes', 'passes'],
  ['a router advertisement', ALL + A + ipv6(LINK_LOCAL, '3a', RA), 'passes', 'routerAdvertisement'],
  ['a router solicitation', ALL + A + ipv6(LINK_LOCAL, '3a', RA.replace('86', '85')), 'passes', 'passes'],
  ['one behind hop-by-hop and destination options', ALL + A + ipv6(LINK_LOCAL, '00', '3c00000000000000 3a00000000000000' + RA), 'passes', 'routerAdvertisement'],
  ['one in a first fragment', ALL + A + ipv6(LINK_LOCAL, '2c', '3a00000100000001' + RA), 'passes', 'routerAdvertisement'],
  ['a first fragment without its headers', ALL + A + ipv6(LINK_LOCAL, '2c', '3c00000100000001 3a10'), 'passes', 'routerAdvertisement'],
  ['a later fragment', ALL + A + ipv6(LINK_LOCAL, '2c', '3a00000900000001' + RA), 'passes', 'passes'],
  ['headers without end', ALL + A + ipv6(LINK_LOCAL, '3c', '3c00000000000000'.repeat(20) + RA), 'passes', 'routerAdvertisement'],
  ['ARP', ALL + A + '0806 0001', 'passes', 'passes'],
  ['an IPv6 header cut short', ALL + A + '86dd 60', 'passes', 'passes']
] as const) {
  protocols(`${name}: ${dhcp}, ${ra}`, () => {
    assert.is(fate({ isDhcpGuarded: true }, frame), dhcp)
    assert.is(fate({ isRaGuarded: true }, frame), ra)
    assert.is(fate({}, frame), 'passes')
  })
}

protocols.run()

const ONE = { bindings: [{ mac: '02:00:00:00:00:0a', addresses: ['10.0.0.1', 'fe80::a'] }] }
const arp = (mac: string, ip: string): string => `0806 0001080006040001 ${mac} ${ip} 000000000000 0a0000ff`
const nd = (type: string, target: string, options = ''): string => `${type}000000 00000000 ${target} ${options}`

const bindings = suite('bindings')

for (const [name, frame, want] of [
  ['its own address', ALL + A + ipv4('0a000001', '06', ''), 'passes'],
  ['its own address behind a tag', ALL + A + '81000007' + ipv4('0a000001', '06', ''), 'passes'],
  ['another IPv4 address', ALL + A + ipv4('0a000002', '06', ''), 'binding'],
  ['another behind two tags', ALL + A + '88a80007 81000007' + ipv4('0a000002', '06', ''), 'binding'],
  ['another MAC address', ALL + B + ipv4('0a000001', '06', ''), 'binding'],
  ['no address yet, asking DHCP', ALL + A + ipv4('00000000', '11', udp('0044', '0043')), 'passes'],
  ['no address, something else', ALL + A + ipv4('00000000', '11', udp('0044', '0035')), 'binding'],
  ['ARP', ALL + A + arp(A, '0a000001'), 'passes'],
  ['an ARP probe', ALL + A + arp(A, '00000000'), 'passes'],
  ['ARP for another', ALL + A + arp(A, '0a000002'), 'binding'],
  ['ARP with another MAC inside', ALL + A + arp(B, '0a000001'), 'binding'],
  ['ARP cut short', ALL + A + '0806 0001', 'binding'],
  ['IPv6', ALL + A + ipv6(LINK_LOCAL, '06', ''), 'passes'],
  ['another IPv6 address', ALL + A + ipv6(LINK_LOCAL.replace(/a$/, 'b'), '06', ''), 'binding'],
  ['duplicate address detection', ALL + A + ipv6(NOBODY, '3a', nd('87', LINK_LOCAL)), 'passes'],
  ['a listener report from nobody', ALL + A + ipv6(NOBODY, '00', '3a00050200000000 8f' + '00'.repeat(30)), 'passes'],
  ['data from nobody', ALL + A + ipv6(NOBODY, '11', udp('0044', '0035')), 'binding'],
  ['a solicitation', ALL + A + ipv6(LINK_LOCAL, '3a', nd('87', NOBODY, `0101${A}`)), 'passes'],
  ['a solicitation with another MAC', ALL + A + ipv6(LINK_LOCAL, '3a', nd('87', NOBODY, `0101${B}`)), 'binding'],
  ['an advertisement of its own', ALL + A + ipv6(LINK_LOCAL, '3a', nd('88', LINK_LOCAL, `0201${A}`)), 'passes'],
  ['an advertisement of another', ALL + A + ipv6(LINK_LOCAL, '3a', nd('88', NOBODY, `0201${A}`)), 'binding'],
  ['the same behind options', ALL + A + ipv6(LINK_LOCAL, '3c', '3a00000000000000' + nd('88', NOBODY, `0201${A}`)), 'binding'],
  ['an advertisement with another MAC', ALL + A + ipv6(LINK_LOCAL, '3a', nd('88', LINK_LOCAL, `0201${B}`)), 'binding'],
  ['an option without length', ALL + A + ipv6(LINK_LOCAL, '3a', nd('88', LINK_LOCAL, `0200${A}`)), 'binding'],
  ['another protocol', ALL + A + '88b5 00', 'passes']
] as const) {
  bindings(`${name}: ${want}`, () => { assert.is(fate(ONE, frame), want) })
}

bindings('a MAC without IP addresses may use any', () => {
  const guards = { bindings: [{ mac: '02:00:00:00:00:0a', addresses: [] }] }
  assert.is(fate(guards, ALL + A + ipv4('0a000009', '06', '')), 'passes')
  assert.is(fate(guards, ALL + B + ipv4('0a000009', '06', '')), 'binding')
})

bindings('what is said in random octets is read without harm', () => {
  const chance = seeded(5)
  const sw = makeSwitch()
  const [a] = [plug(sw, 1), plug(sw, 2)]
  sw.guards.configure(1, { ...ONE, isDhcpGuarded: true, isRaGuarded: true })
  for (let i = 0; i < 20_000; i++) {
    const type = chance.pick(['0800', '0806', '86dd', '81000001', '88a8'])
    give(a.endpoint, ALL + A + type + Buffer.from(chance.octets(chance.int(120))).toString('hex'))
  }
  assert.is(sw.port(1).inFrames, 20_000)
})

bindings('they allocate nothing', () => {
  const sw = makeSwitch()
  const [a, b] = [plug(sw, 1), plug(sw, 2)]
  b.link.isMute = true
  sw.guards.configure(1, { ...ONE, isDhcpGuarded: true, isRaGuarded: true })
  const frame = Buffer.from((ALL + A + ipv6(LINK_LOCAL, '3a', nd('88', LINK_LOCAL, `0201${A}`))).replaceAll(' ', ''), 'hex')
  const buf = new Uint8Array(HEADROOM + frame.length)
  buf.set(frame, HEADROOM)
  assert.ok(bytesPerRun(() => { a.endpoint.onFrame(buf, HEADROOM, frame.length) }, 100_000) < 1)
  assert.is(sw.port(1).drops.binding, 0)
})

bindings.run()

const addresses = suite('parseIp')

for (const [text, want] of [
  ['10.0.0.1', [0, 0, 0xffff, 0x0a000001]], ['255.255.255.255', [0, 0, 0xffff, -1]], ['::', [0, 0, 0, 0]], ['::1', [0, 0, 0, 1]],
  ['fe80::a', [0xfe800000 | 0, 0, 0, 10]], ['1:2:3:4:5:6:7:8', [0x10002, 0x30004, 0x50006, 0x70008]], ['1::', [0x10000, 0, 0, 0]],
  ['1.2.3', null], ['1.2.3.256', null], ['1.2.3.4.5', null], ['', null], [':', null], [':::', null], ['1::2::3', null], ['12345::', null],
  ['1:2:3:4:5:6:7', null], ['1:2:3:4:5:6:7::8', null], ['x', null], ['fe80::1%eth0', null]
] as const) {
  addresses(`${text} is ${String(want)}`, () => { assert.equal(parseIp(text), want) })
}

addresses.run()
