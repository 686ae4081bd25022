import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from '../command.ts'
import { readSettings, type SwitchSettings } from './settings.ts'
import { spec } from './spec.ts'

const settings = suite('readSettings')

const read = (line: string, isRoot = false): SwitchSettings =>
  readSettings(parse(spec, line === '' ? [] : line.split(' ')), isRoot)

settings('defaults', () => {
  const s = read('')
  assert.equal(
    [s.path, s.modes, s.gid, s.management, s.numPorts, s.isHub, s.mac, s.priority, s.hashSize, s.taps, s.readsStdin],
    ['/tmp/vde.ctl', { mode: 0o600, dirMode: 0o2700 }, -1, null, 32, false, null, 0x8000, 128, [], true])
  assert.equal([s.pidFile, s.rcFile], [null, null])
  assert.is(read('', true).path, '/var/run/vde.ctl')
})

const ROWS: ReadonlyArray<readonly [string, (s: SwitchSettings) => unknown, unknown]> = [
  ['-n 0x10', (s) => s.numPorts, 16],
  ['-n 010', (s) => s.numPorts, 8],
  ['-numports=65535', (s) => s.numPorts, 65535],
  ['--hashsize 100', (s) => s.hashSize, 128],
  ['--hashsize 0', (s) => s.hashSize, 1],
  ['--hashsize 4096', (s) => s.hashSize, 4096],
  ['--priority 0x9001', (s) => s.priority, 0x9001],
  ['-mod 660', (s) => s.modes, { mode: 0o660, dirMode: 0o2770 }],
  ['-m 640 --dirmode 0711', (s) => s.modes, { mode: 0o640, dirMode: 0o711 }],
  ['--dirmode 2755', (s) => s.modes, { mode: 0o644, dirMode: 0o2755 }],
  ['-g root', (s) => s.gid, 0],
  ['-t a -tap b,c', (s) => s.taps, ['a', 'b,c']],
  ['--t a', (s) => s.taps, ['a']],
  ['--trunk', (s) => s.isVlanTransparent, true],
  ['--vlan-transparent', (s) => s.isVlanTransparent, true],
  ['-d', (s) => s.readsStdin, false],
  ['--nostdin', (s) => s.readsStdin, false],
  ['-x -F', (s) => [s.isHub, s.wantsTree], [true, false]],
  ['-F', (s) => s.wantsTree, true],
  ['--macaddr 2:0:0:0:0:a', (s) => s.mac?.join(), '2,0,0,0,0,10'],
  ['-M m --mgmtmode 660', (s) => s.management, { path: `${process.cwd()}/m`, mode: 0o660, gid: -1 }],
  ['-p p -f /x/../f', (s) => [s.pidFile, s.rcFile], [`${process.cwd()}/p`, '/f']],
  ['--limit user=3 --limit port=2 --limit total=9', (s) => s.limits, { perUser: 3, perPort: 2, total: 9 }],
  ['-D 3', (s) => s.numPorts, 32]
]
for (const [line, get, want] of ROWS) settings(`reads ${line}`, () => { assert.equal(get(read(line)), want) })

for (const line of [
  '-n 0', '-n -1', '-n 65536', '-n many', '-n 1.5', '--hashsize -1', '--hashsize 2000000000', '-m 888', '-m', '--mode=', '--mgmtmode 77777',
  '--macaddr 1.2.3', '--macaddr 0102.0304.0506', '-g no-such-group', '--mgmtgroup no-such-group', 'operand', '--priority x',
  '--priority 70000', '--priority -1', '--limit 3', '--limit uid=3', '--limit user=', '--limit user=-1', '--macaddr 01:00:5e:00:00:01'
]) {
  settings(`refuses ${line} with one line that names it`, () => {
    const named = new RegExp(line.split(/[ =]/).at(-1)!.replace(/[-.]/g, '\\$&'))
    assert.throws(() => read(line), (e: Error) => /^Cannot [^\n]+$/.test(e.message) && named.test(e.message))
  })
}

settings('as many endpoints as there can be descriptors for, unless told otherwise', () => {
  const [, files] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))!
  assert.equal(read('--limit user=3').limits, { perUser: 3, perPort: null, total: Math.floor((Number(files) - 64) / 2) })
})

settings('refuses an empty control directory', () => {
  assert.throws(() => read('-s='), /name of the control directory is empty/)
})

settings.run()
