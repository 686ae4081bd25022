import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readVnl } from '@vde-ts/schemes/registry.js'
import { readPolicy, refusedPart } from './policy.ts'

const refused = async (lines: readonly string[] | null, named: string | null, vnl: string): Promise<string | null> =>
  refusedPart(readPolicy(lines, named), vnl, (await readVnl(vnl)).top)

const ROWS: ReadonlyArray<readonly [lines: string[] | null, named: string | null, vnl: string, refused: string | null]> = [
  [null, null, 'cmd://reboot', null],
  [null, 'vde:///tmp/sw', 'vde:///tmp/sw', null],
  [null, 'vde:///tmp/sw', 'vde:///tmp/other', 'vde:///tmp/other'],
  [null, 'vlan://4{vde:///tmp/sw}', 'vlan://4{vde:///tmp/sw}', null],
  [null, 'vlan://4{vde:///tmp/sw}', 'vlan://5{vde:///tmp/sw}', 'vlan://5'],
  [[], null, 'null://', 'null://'],
  [['allow null://'], null, 'null://', null],
  [['# allow null://', '', '  ALLOW   null://  '], null, 'null://', null],
  [['allow null://'], null, 'null://x', 'null://x'],
  [['pfxallow vxvde://'], null, 'vxvde://239.1.2.3', null],
  [['deny vxvde://239.1.2.3', 'pfxallow vxvde://'], null, 'vxvde://239.1.2.3', 'vxvde://239.1.2.3'],
  [['pfxallow vxvde://', 'deny vxvde://239.1.2.3'], null, 'vxvde://239.1.2.3', null],
  [['pfxdeny vxvde://239', 'pfxallow vxvde://'], null, 'vxvde://239.1.2.3', 'vxvde://239.1.2.3'],
  [['pfxallow vlan://', 'allow vde:///tmp/sw'], null, 'vlan://4{vde:///tmp/sw}', null],
  [['pfxallow vlan://'], null, 'vlan://4{cmd://reboot}', 'cmd://reboot'],
  [['allow vde:///tmp/sw'], null, 'vlan://4{vde:///tmp/sw}', 'vlan://4'],
  [['default null://'], null, 'null://', null],
  [['deny vlan://4', 'default vlan://4{null://}'], null, 'vlan://4{null://}', 'vlan://4']
]

const policy = suite('policy')
for (const [lines, named, vnl, want] of ROWS) {
  policy(`${JSON.stringify(lines)} and ${named} ${want === null ? 'allow' : 'refuse'} ${vnl}`, async () => {
    assert.is(await refused(lines, named, vnl), want)
  })
}

policy('the default is that of the command line, or the first of the file', () => {
  assert.is(readPolicy(null, null).fallback, null)
  assert.is(readPolicy(['default a', 'default b'], null).fallback, 'a')
  assert.is(readPolicy(['default a'], 'c').fallback, 'c')
})

for (const line of ['alow null://', 'allow', 'null://']) {
  policy(`"${line}" is refused, with its number`, () => { assert.throws(() => readPolicy(['', line], null), /Cannot read line 2/) })
}

policy.run()
