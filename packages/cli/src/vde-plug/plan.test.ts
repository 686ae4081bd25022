import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, UsageError } from '../command.ts'
import { planPlug } from './plan.ts'
import { spec } from './spec.ts'

const plans = suite('planPlug')

const shown = (line: readonly string[]): string => {
  const { first, other } = planPlug(parse(spec, line))
  const end = ({ vnl, port, group, mode }: typeof first): string => `${vnl}/${port}/${group}/${mode.toString(8)}`
  if (other.kind === 'streams') return `${end(first)} - streams`
  return `${end(first)} - ${other.kind === 'network' ? end(other.end) : other.argv.join(' ')}`
}

const ROWS: ReadonlyArray<readonly [string, string]> = [
  ['', '/0//0 - streams'],
  ['sw', 'sw/0//0 - streams'],
  ['a b', 'a/0//0 - b/0//0'],
  ['= ssh h vde_plug', '/0//0 - ssh h vde_plug'],
  ['sw = ssh -p 22 h', 'sw/0//0 - ssh -p 22 h'],
  ['-- sw = cat', 'sw/0//0 - cat'],
  ['sw = sh -c x = y', 'sw/0//0 - sh -c x = y'],
  ['--port 3 -g users -m 770 sw', 'sw/3/users/770 - streams'],
  ['--port=3 --port2=4 -G two -M 0700 a b', 'a/3//0 - b/4/two/700'],
  ['--descr TEXT --port2 2 --group2 g --mod2 0660 seqpacket://5 vde:///tmp/sw', 'seqpacket://5/0//0 - vde:///tmp/sw/2/g/660'],
  ['-p file -d sw', 'sw/0//0 - streams'],
  ['--impair mgmt=/tmp/m sw', 'impair://[mgmt=%2Ftmp%2Fm]{sw}/0//0 - streams'],
  ['--impair delay=1ms', 'impair://[delay=1ms]{}/0//0 - streams'],
  ['-m 0 sw', 'sw/0//0 - streams']
]
for (const [line, want] of ROWS) plans(`reads '${line}'`, () => { assert.is(shown(line === '' ? [] : line.split(' ')), want) })

plans('an empty VNL is the default network', () => { assert.is(shown(['']), '/0//0 - streams') })

for (const line of ['a b c', 'a b = c', 'a =', '=', '--port 0 a', '--port -1 a', '--port x a', '-m 999 a', '--port2 0 a b', '-s sw', '-v', '-P 1']) {
  plans(`refuses '${line}'`, () => { assert.throws(() => shown(line.split(' ')), (e: Error) => e instanceof UsageError) })
}

plans.run()
