import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DAEMON, HELP, parse, UsageError, type CommandSpec, type Option } from './command.ts'
import { helpText, optionsRoff } from './help.ts'

const OPTIONS: readonly Option[] = [
  HELP,
  DAEMON,
  { name: 'hub', short: 'x', help: 'be a hub' },
  { name: 'sock', short: 's', aliases: ['vdesock', 'unix'], value: 'DIR', help: 'control directory' },
  { name: 'mode', short: 'm', aliases: ['mod'], value: 'OCT', help: 'socket mode' },
  { name: 'mgmt', short: 'M', value: 'SOCK', help: 'console' },
  { name: 'mgmtmode', value: 'OCT', help: 'console mode' },
  { name: 'numports', short: 'n', value: 'N', help: 'ports' },
  { name: 'tap', short: 't', value: 'IF', many: true, help: 'a tap' },
  { name: 'trace', value: 'LEVEL', optional: true, help: 'trace' }
]

const BASE: CommandSpec = {
  name: 'thing',
  summary: 'does things',
  synopsis: ['[OPTIONS] [DIR]'],
  options: OPTIONS,
  stopAtOperand: false,
  unknown: 'warn',
  exit: { usage: 1, help: 1, statuses: [['0', 'well']] },
  singleDashLong: true
}
const STRICT: CommandSpec = { ...BASE, stopAtOperand: true, unknown: 'refuse', singleDashLong: false, operandSeparators: ['='] }

const read = suite('parse')

const shown = (spec: CommandSpec, line: readonly string[]): string => {
  const { values, operands, rest } = parse(spec, line)
  const given = spec.options.filter((o) => values.has(o.name))
    .map((o) => values.list(o.name).length === 0 ? o.name : `${o.name}=${values.list(o.name).join('+')}`)
  return [...given, ...(operands.length > 0 ? ['|', ...operands] : []), ...(rest.length > 0 ? ['/', ...rest] : [])].join(' ')
}

const SPELLINGS: ReadonlyArray<readonly [string, string]> = [
  ['-sock X', 'sock=X'], ['-sock=X', 'sock=X'], ['--sock X', 'sock=X'], ['--sock=X', 'sock=X'], ['-s X', 'sock=X'], ['-sX', 'sock=X'],
  ['-s=X', 'sock=X'], ['--vdesock X', 'sock=X'], ['-unix X', 'sock=X'], ['-so X', 'sock=X'], ['--vde=X', 'sock=X'],
  ['-s/tmp/x', 'sock=/tmp/x'], ['-s -d', 'sock=-d'], ['--sock=', 'sock='], ['-sock a=b=c', 'sock=a=b=c'],
  ['-mod 777', 'mode=777'], ['-mode=0777', 'mode=0777'], ['-mo 660', 'mode=660'], ['-m660', 'mode=660'],
  ['-mgmt X', 'mgmt=X'], ['-M X', 'mgmt=X'], ['-MX', 'mgmt=X'], ['--mgmtm 660', 'mgmtmode=660'],
  ['-hub', 'hub'], ['-hu', 'hub'], ['-x', 'hub'], ['-h', 'help'], ['-help', 'help'],
  ['-daemon', 'daemon'], ['-d', 'daemon'], ['-dx', 'daemon hub'], ['-dxn5', 'daemon hub numports=5'], ['-xn 0x10', 'hub numports=0x10'],
  ['-t a -tap b --tap=c', 'tap=a+b+c'], ['-s a -s b', 'sock=a+b'], ['--trace -d', 'daemon trace'], ['--trace=3', 'trace=3'],
  ['a -d b', 'daemon | a b'], ['-- -d', '| -d'], ['-d - x', 'daemon | - x'], ['a = -d', 'daemon | a =']
]
for (const [typed, want] of SPELLINGS) {
  read(`reads ${typed}`, () => { assert.is(shown(BASE, typed.split(' ')), want) })
}

read('keeps a value as typed, quotes, blanks, marks and all', () => {
  for (const value of ['"a b"', "'x'", ':x', '--', '-5', ' ', 'a\nb', '007', 'true', '__proto__']) {
    assert.is(parse(BASE, ['--sock', value]).values.text('sock'), value)
    assert.is(parse(BASE, [`-sock=${value}`]).values.text('sock'), value)
  }
})

read('text is the last of several', () => { assert.is(parse(BASE, ['-s', 'a', '-s', 'b']).values.text('sock'), 'b') })

const OPERANDS: ReadonlyArray<readonly [string, string]> = [
  ['-d sw = ssh -p 2222 h', 'daemon | sw / = ssh -p 2222 h'],
  ['= ssh -p 2222 h', '/ = ssh -p 2222 h'],
  ['-- sw = ssh -p 1', '| sw / = ssh -p 1'],
  ['sw -d', '| sw -d'],
  ['-d -- -x = y', 'daemon | -x / = y'],
  ['--daemon a b', 'daemon | a b']
]
for (const [typed, want] of OPERANDS) {
  read(`stops at the first operand of ${typed}`, () => { assert.is(shown(STRICT, typed.split(' ')), want) })
}

const WARNED: ReadonlyArray<readonly [string, string, string]> = [
  ['--foo -d', 'daemon', "unknown option '--foo' is passed over"],
  ['-foo -d', 'daemon', "unknown option '-foo' is passed over"],
  ['-Z', '', "unknown option '-Z' is passed over"],
  ['-dZx', 'daemon hub', "unknown option '-Z' is passed over"],
  ['--m 1', '| 1', "ambiguous option '--m' (--mode, --mgmt, --mgmtmode) is passed over"],
  ['--foo=bar', '', "unknown option '--foo=bar' is passed over"],
  ['--__proto__=1', '', "unknown option '--__proto__=1' is passed over"]
]
for (const [typed, want, warning] of WARNED) {
  read(`warns of ${typed} and goes on`, () => {
    assert.is(shown(BASE, typed.split(' ')), want)
    assert.equal(parse(BASE, typed.split(' ')).warnings, [warning])
  })
}

const REFUSED: ReadonlyArray<readonly [CommandSpec, string, RegExp]> = [
  [BASE, '-s', /'-s': its value is missing, want -s DIR/],
  [BASE, '--sock', /'--sock': its value is missing/],
  [BASE, '--hub=1', /'--hub=1': the option takes no value/],
  [STRICT, '--foo', /unknown option '--foo'/],
  [STRICT, '-sock=X -Z', /unknown option '-Z'/],
  [STRICT, '--m 1', /ambiguous option/],
  [STRICT, '-dZ', /unknown option '-Z'/]
]
for (const [spec, typed, message] of REFUSED) {
  read(`refuses ${typed}`, () => {
    assert.throws(() => parse(spec, typed.split(' ')), (e: Error) => e instanceof UsageError && message.test(e.message))
  })
}

read('single-dash words are letters where long names need two', () => {
  assert.is(shown(STRICT, ['-sock=X']), 'sock=ock=X')
  assert.is(shown(STRICT, ['-dx']), 'daemon hub')
})

const texts = suite('help')

texts('names every option with all its spellings, within 100 columns', () => {
  const text = helpText(BASE)
  for (const o of OPTIONS) assert.ok(text.includes(`--${o.name}`), o.name)
  assert.ok(text.includes('-s, --sock, --vdesock, --unix DIR'))
  assert.ok(text.includes('--trace[=LEVEL]'))
  assert.ok(text.split('\n').every((l) => l.length <= 100))
  assert.ok(text.startsWith('thing: does things\n\nUsage: thing [OPTIONS] [DIR]\n'))
})

texts('roff has an entry an option and no bare dash', () => {
  const roff = optionsRoff(BASE)
  assert.is(roff.match(/^\.TP$/gm)?.length, OPTIONS.length)
  assert.not.ok(/[^\\]-/.test(roff))
})

read.run()
texts.run()
