import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from '../command.ts'
import { displayForward, planSlirp, startLines, type SlirpPlan } from './plan.ts'
import { spec } from './spec.ts'

const plan = (...argv: string[]): SlirpPlan => planSlirp(parse(spec, argv))
const test = suite('slirpvde command line')

test('what the original prints', () => {
  const line = '-s /tmp/sw -D -x 99:/tmp/u -L 12345:10.0.2.15:80 -U 12346:10.0.2.15:81 -X 10.0.2.15:1 -t /tmp'
  assert.equal([...startLines(plan(...line.split(' ')))], [
    'Starting slirpvde: virtual_host=10.0.2.2/24',
    '                   DNS         =10.0.2.3',
    '                   dhcp_start  =10.0.2.15',
    '                   tftp prefix =/tmp',
    '                   vde switch  =/tmp/sw',
    '                   redir TCP   =12345:10.0.2.15:80',
    '                   redir UDP   =12346:10.0.2.15:81',
    '                   redir UNIX  =99:/tmp/u',
    '                   redir X     =10.0.2.15:1.0'
  ])
})

test('networks by any of their options, or as an operand', () => {
  for (const option of ['-s', '-sock', '--socket', '-vdesock', '--unix']) assert.is(plan(option, '/tmp/sw').network, '/tmp/sw')
  assert.equal([plan('/tmp/sw').network, plan('-').network, plan().network], ['/tmp/sw', '-', ''])
})

test('DHCP is off unless asked for, and starts where it is told to', () => {
  assert.equal([plan().settings.hasDhcp, plan('-D').settings.hasDhcp, plan('-dhcp').settings.hasDhcp], [false, true, true])
  assert.is(plan('--dhcp=10.0.2.77').settings.dhcp, '10.0.2.77')
})

for (const option of ['-H', '--host', '-n', '-network']) {
  test(`${option} 10.1.0.0/16`, () => {
    const { host, dhcp, isIpv6 } = plan(option, '10.1.0.0/16').settings
    assert.equal([host, dhcp, isIpv6], ['10.1.0.2', '10.1.2.15', false])
  })
}

test('port, mode, group', () => {
  const { port, mode, group } = plan('-P', '3', '-m', '660', '-g', 'vde2-net')
  assert.equal([port, mode, group], [3, 0o660, 'vde2-net'])
})

test('an X display is a TCP forward', () => {
  assert.equal(plan('-X', '10.0.2.15').displays, [{ guest: '10.0.2.15', display: 0, screen: 0 }])
  assert.equal(displayForward({ guest: '10.0.2.15', display: 2, screen: 0 }, 1),
    { kind: 'tcp', host: '0.0.0.0', port: 6001, guest: '10.0.2.15', guestPort: 6002 })
})

for (const argv of [['a', 'b'], ['-L', '80'], ['-X', 'host'], ['-x', '/tmp/u'], ['-H', 'x'], ['-P', '65536'], ['-m', '8'], ['--dhcp=10.9.9.9']]) {
  test(`${argv.join(' ')} is refused`, () => { assert.throws(() => plan(...argv), /^Cannot read/) })
}

test.run()
