import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { consolePath, entries, ownPidNamespace, register, registryDir, switches, type Entry } from './registry.ts'

interface World { runtime: string, dir: string }

const test = suite<World>('registry')
test.before.each((world) => {
  world.runtime = mkdtempSync(join(tmpdir(), 'registry-'))
  world.dir = registryDir({ XDG_RUNTIME_DIR: world.runtime })
})
test.after.each(({ runtime }) => { rmSync(runtime, { recursive: true, force: true }) })

const entryOf = (dir: string, pid: number): Entry =>
  ({ kind: 'switch', pid, pidNamespace: ownPidNamespace(), program: 'vde_switch', controlDir: '/tmp/sw', console: consolePath(dir, pid), management: null })

/** The number of a process that has ended. */
const deadPid = (): number => spawnSync('true').pid

test('is for its user only', ({ runtime, dir }) => {
  assert.is(dir, join(runtime, 'vde-ts'))
  assert.is(statSync(dir).mode & 0o777, 0o700)
  chmodSync(dir, 0o755)
  registryDir({ XDG_RUNTIME_DIR: runtime })
  assert.is(statSync(dir).mode & 0o777, 0o700)
})

test('is in /tmp without a runtime directory of the user', () => {
  const dir = registryDir({ XDG_RUNTIME_DIR: '/nosuch' })
  assert.is(dir, `/tmp/vde-ts-${process.geteuid!()}`)
})

test('does not follow a link that somebody laid', ({ runtime }) => {
  const other = join(runtime, 'other')
  mkdirSync(other)
  mkdirSync(join(runtime, 'run'))
  symlinkSync(other, join(runtime, 'run', 'vde-ts'))
  assert.throws(() => registryDir({ XDG_RUNTIME_DIR: join(runtime, 'run') }), /not a directory of this user/)
})

test('has what runs, and forgets it when it is taken back', ({ dir }) => {
  const entry = entryOf(dir, process.pid)
  const undo = register(dir, entry)
  assert.equal(entries(dir), [entry])
  undo()
  assert.not.ok(existsSync(dir))
})

test('who comes sweeps what a dead process left', ({ dir }) => {
  register(dir, entryOf(dir, deadPid()))
  register(dir, entryOf(dir, process.pid))
  assert.equal(readdirSync(dir), [`${process.pid}.json`])
})

test('a process of another PID namespace is left alone, and not told of', ({ dir }) => {
  const pid = deadPid()
  register(dir, { ...entryOf(dir, pid), pidNamespace: 'pid:[1]' })
  register(dir, { ...entryOf(dir, process.pid), pidNamespace: 'pid:[1]' })
  assert.equal(entries(dir), [])
  assert.equal(readdirSync(dir).sort(), [`${pid}.json`, `${process.pid}.json`].sort())
})

test('cables are no switches', ({ dir }) => {
  const { pid, pidNamespace, console } = entryOf(dir, process.pid)
  register(dir, { kind: 'cable', pid, pidNamespace, program: 'vde_plug', console })
  assert.equal([entries(dir).length, switches(dir).length], [1, 0])
})

test('what a dead process left is removed, and strange files stay', ({ dir }) => {
  const pid = deadPid()
  register(dir, entryOf(dir, pid))
  writeFileSync(consolePath(dir, pid), '')
  writeFileSync(join(dir, 'notes.txt'), '')
  writeFileSync(join(dir, `${process.pid}.json`), 'no json')
  assert.equal(entries(dir), [])
  assert.equal(readdirSync(dir).sort(), [`${process.pid}.json`, 'notes.txt'])
})

test.run()
