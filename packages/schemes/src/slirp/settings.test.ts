import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseTail } from '@vde-ts/vnl'
import { formatForward, parseForward, parseForwards } from './forwards.ts'
import { settingLines } from './network-context.ts'
import { passtArguments } from './passt.ts'
import { slirpScheme } from './scheme.ts'
import { readSettings, type SlirpSettings } from './settings.ts'

const read = (text: string): SlirpSettings => readSettings(parseTail(text, slirpScheme, 0))
const test = suite('settings of slirp://')

test('without keys it is the network everybody knows', () => {
  const { host, network, mask, dhcp, nameServer, host6, prefix6, nameServer6, hostname, isIpv4, isIpv6, mtu } = read('')
  assert.equal([host, network, mask, dhcp, nameServer], ['10.0.2.2', '10.0.2.0', '255.255.255.0', '10.0.2.15', '10.0.2.3'])
  assert.equal([host6, prefix6, nameServer6], ['fd00::2', 'fd00:0:0:0:0:0:0:0', 'fd00:0:0:0:0:0:0:3'])
  assert.equal([hostname, isIpv4, isIpv6, mtu], ['slirp', true, true, 0])
})

for (const [text, network, dhcp, dns] of [
  ['/host=10.1.1.2%2F16', '10.1.0.0', '10.1.2.15', '10.1.2.3'],
  ["/addr='192.168.5.1'", '192.168.5.0', '192.168.5.15', '192.168.5.3'],
  ['/addr=192.168.5.1/dhcp=192.168.5.100/vnameserver=9.9.9.9', '192.168.5.0', '192.168.5.100', '9.9.9.9']
] as const) {
  test(`${text}: addresses keep their host bits`, () => {
    const settings = read(text)
    assert.equal([settings.network, settings.dhcp, settings.nameServer], [network, dhcp, dns])
  })
}

for (const [text, isIpv4, isIpv6] of [['/v4', true, false], ['/v6', false, true], ['/v4/v6', true, true]] as const) {
  test(`${text}`, () => { assert.equal([read(text).isIpv4, read(text).isIpv6], [isIpv4, isIpv6]) })
}

test('an address without host part names the network', () => {
  const { host, nameServer } = read('/host=10.1.0.0%2F16')
  assert.equal([host, nameServer], ['10.1.0.2', '10.1.2.3'])
})

test('IPv6 with a prefix that ends within a group', () => {
  const { prefix6, nameServer6 } = read('/host6=2001:db8:1:2345::5%2F52')
  assert.equal([prefix6, nameServer6], ['2001:db8:1:2000:0:0:0:0', '2001:db8:1:2000:0:0:0:3'])
})

for (const text of [
  '/host=10.0.2', '/host=10.0.2.2%2F31', '/host6=fd00::2%2F127', '/host6=10.0.2.2', '/dhcp=10.0.3.15', '/vnameserver=10.0.2.2', '/mtu=67',
  '/mtu=65522', '/hostname=123456789012345678901234567890123', '/tcpfwd=80', '/tcpfwd=1:10.0.2.15:0', '/udpfwd=70000:10.0.2.15:1',
  '/tcpfwd=1:[fd00::1]:1', '/tcpfwd=1.2.3:1:10.0.2.15:1', '/unixfwd=0:x', '/unixfwd=10.0.2:1:x', '/unixfwd=1:', '/mgmtmode=8'
]) {
  test(`${text} is refused`, () => { assert.throws(() => read(text), /^Cannot read /) })
}

for (const [kind, text, shown] of [
  ['tcp', '8080:10.0.2.15:80', '0.0.0.0:8080:10.0.2.15:80'],
  ['udp', '127.0.0.1:53:10.0.2.15:53', '127.0.0.1:53:10.0.2.15:53'],
  ['tcp', '[::1]:80:[fd00::15]:80', '[::1]:80:[fd00::15]:80'],
  ['unix', '99:/tmp/x:y', '0.0.0.0:99:/tmp/x:y'],
  ['cmd', "10.0.2.5:6000:socat - UNIX:'/x'", "10.0.2.5:6000:socat - UNIX:'/x'"]
] as const) {
  test(`${kind}fwd=${text}`, () => {
    assert.is(formatForward(parseForward(kind, text)), shown)
    assert.equal(parseForward(kind, shown), parseForward(kind, text))
  })
}

test('lists are parted by commas', () => { assert.is(parseForwards('tcp', '1:10.0.2.15:1,,2:10.0.2.15:2').length, 2) })

test('verbose says what the C plugin says', () => {
  const lines = [...settingLines(read('/vdnssearch=a.b,c.d/tcpfwd=18080:10.0.2.15:80/unixfwd=10.0.2.5:99:%2Ftmp%2Fx'))]
  for (const line of [
    'ipv4-host     10.0.2.2', 'dhcp-start    10.0.2.15', 'vDNS-search   a.b c.d', 'tcpfwd host   0.0.0.0 18080 -> guest 10.0.2.15 80',
    'unixfwd       gw 10.0.2.5 99 -> host /tmp/x'
  ]) assert.ok(lines.includes(line), line)
})

const passt = suite('slirp:///engine=passt')
const words = (text: string): string => {
  const tail = parseTail(text, slirpScheme, 0)
  return passtArguments(tail, readSettings(tail)).join(' ')
}

passt('keys become options', () => {
  assert.match(words('/v4/host=10.1.1.2%2F16/mtu=1500/disable_host_loopback/tcpfwd=127.0.0.1:80:10.1.2.15:8080'), new RegExp(
    '--ipv4-only --address 10.1.2.15 --netmask 255.255.0.0 --gateway 10.1.1.2 --dns 10.1.2.3 --dns-forward 10.1.2.3 ' +
    '--mtu 1500 --no-map-gw --tcp-ports 127.0.0.1/80:8080$'))
})

for (const [text, missing] of [
  ['/restricted/hostname=x', 'restricted, hostname'], ['/unixfwd=99:x', 'unixfwd'], ['/mgmt=x', 'mgmt'], ['/tcpfwd=80:10.0.2.16:80', '10.0.2.16 was wanted']
] as const) {
  passt(`${text} is refused by name`, () => { assert.throws(() => words(text), new RegExp(missing)) })
}

test.run()
passt.run()
