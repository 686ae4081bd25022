import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from '../command.ts'
import { planOf, type Plan } from './plan.ts'
import { spec } from './spec.ts'

const SHELL = { SHELL: '/bin/sh' }
const plan = (argv: readonly string[], env: Record<string, string> = SHELL): Plan => {
  return planOf(parse(spec, argv), env)
}

type Row = readonly [argv: string[], vnls: string[], command: string[]]
const OPERANDS: readonly Row[] = [
  [[], [], ['/bin/sh']],
  [[''], [], ['/bin/sh']],
  [['-'], [], ['/bin/sh']],
  [['no', 'true'], [], ['true']],
  [['--', '-', 'ip', '-br', 'link'], [], ['ip', '-br', 'link']],
  [['/tmp/sw'], ['/tmp/sw'], ['/bin/sh']],
  [['vde:///tmp/sw', 'ping', '-c', '1', '-m', 'x'], ['vde:///tmp/sw'], ['ping', '-c', '1', '-m', 'x']],
  [['vde://', '--', 'true'], ['vde://'], ['true']],
  [['=ssh host vde_plug'], ['cmd://ssh host vde_plug'], ['/bin/sh']],
  [['-m', 'vde://', 'no'], ['vde://', 'no'], ['/bin/sh']],
  [['--multi', 'a', '', '=b c', '--', 'cmd', '--', 'x'], ['a', '', 'cmd://b c'], ['cmd', '--', 'x']],
  [['-m', '--', 'a', '--', 'cmd'], ['a'], ['cmd']],
  [['-c', '-u', '-s', 'x', 'true'], ['x'], ['true']],
  [['--impair', 'delay=20ms in.loss=1% table=/t', 'x'], ['impair://[delay=20ms/in.loss=1%25/table=%2Ft]{x}'], ['/bin/sh']]
]
const operands = suite('vdens operands')
for (const [argv, vnls, command] of OPERANDS) {
  operands(JSON.stringify(argv), () => {
    const made = plan(argv)
    assert.equal(made.vnls, vnls)
    assert.equal(made.command, command)
  })
}
operands('options end at the VNL', () => { assert.is(plan(['-s', 'x', 'cmd', '-i', 'eth']).prefix, 'vde') })
operands('no command and no SHELL is refused', () => {
  assert.throws(() => plan(['x'], {}), /SHELL is not set/)
  assert.throws(() => plan([], {}), /SHELL is not set/)
  assert.equal(plan(['x', 'true'], {}).command, ['true'])
})
for (const argv of [['-m'], ['-m', '--'], ['-m', '--', 'ip', 'link'], ['-m', '--', '--', 'ip']]) {
  operands(`${argv.join(' ')} is refused`, () => { assert.throws(() => plan(argv), /-m wants at least one VNL before --/) })
}
operands('-n is unknown', () => { assert.throws(() => plan(['-n', 'x'])) })
operands.run()

const ALL = { ...SHELL, VDE_RESOLVADDR: '1.1.1.1,,2.2.2.2', VDE_RESOLVCONF: '/env' }
const RESOLV: ReadonlyArray<readonly [argv: string[], env: Record<string, string>, want: Partial<Plan>]> = [
  [[], SHELL, {}],
  [['-r', '/f'], SHELL, { resolvFile: '/f' }],
  [['-R', '9.9.9.9'], SHELL, { resolvAddresses: ['9.9.9.9'] }],
  [['-r', '/f', '-R', '9.9.9.9,8.8.8.8'], SHELL, { resolvAddresses: ['9.9.9.9', '8.8.8.8'] }],
  [[], ALL, { resolvAddresses: ['1.1.1.1', '', '2.2.2.2'] }],
  [['-r', '/f'], ALL, { resolvFile: '/f' }], // the original lost an explicit -r here
  [['-R', '9.9.9.9'], ALL, { resolvAddresses: ['9.9.9.9'] }],
  [[], { ...SHELL, VDE_RESOLVCONF: '/env' }, { resolvFile: '/env' }],
  [[], { ...SHELL, VDE_RESOLVCONF: '', VDE_RESOLVADDR: '' }, {}]
]
const resolv = suite('vdens resolv.conf')
for (const [argv, env, want] of RESOLV) {
  resolv(`${JSON.stringify(argv)} ${JSON.stringify(env)}`, () => {
    const { resolvFile, resolvAddresses } = plan(argv, env)
    assert.equal({ ...(resolvFile && { resolvFile }), ...(resolvAddresses && { resolvAddresses }) }, want)
  })
}
resolv('addresses of both families, with a zone', () => {
  assert.equal(plan(['-R', '::1,fe80::1%vde0,1.1.1.1']).resolvAddresses, ['::1', 'fe80::1%vde0', '1.1.1.1'])
})
for (const wrong of ['foo', '1.1.1', '1.1.1.1,dns.example', '1.1.1.1 ', '1.1.1.1\noptions x']) {
  resolv(`${JSON.stringify(wrong)} is refused, from the environment too`, () => {
    assert.throws(() => plan(['-R', wrong]), /Cannot read --resolvaddr '.*IP address/s)
    assert.throws(() => plan([], { ...SHELL, VDE_RESOLVADDR: wrong }), /Cannot read \$VDE_RESOLVADDR '.*IP address/s)
  })
}
resolv.run()

const options = suite('vdens options')
options('-i -H -s', () => {
  const made = plan(['-i', 'eth', '-H', 'inside', '-s', 'x'])
  assert.equal([made.prefix, made.hostname, made.sysadm], ['eth', 'inside', true])
  assert.not.ok(plan([]).sysadm)
  assert.not.ok('hostname' in plan([]))
})
options.run()
