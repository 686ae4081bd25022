import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import { writePidFile } from './pidfile.ts'

const files = suite('writePidFile')
let dir = ''
let path = ''
files.before.each(() => {
  dir = mkdtempSync('/tmp/vde-pidfile-')
  path = join(dir, 'pid')
})
files.after.each(() => { rmSync(dir, { recursive: true }) })

const code = (want: string) => (e: Error & { code?: string }): boolean => e.code === want
const text = `${process.pid}\n`

for (const rule of ['exclusive', 'replace'] as const) {
  files(`${rule}: writes the text with mode 0644 and removes the file`, () => {
    const remove = writePidFile(path, text, rule, 'vde_switch')
    assert.is(readFileSync(path, 'latin1'), text)
    assert.is(statSync(path).mode & 0o777, 0o644)
    remove()
    assert.not.ok(existsSync(path))
    remove()
  })

  files(`${rule}: never removes what somebody else wrote there since`, () => {
    const remove = writePidFile(path, text, rule, 'vde_switch')
    writeFileSync(path, '99999\n')
    remove()
    assert.is(readFileSync(path, 'latin1'), '99999\n')
  })

  files(`${rule}: refuses a symbolic link, dangling or not`, () => {
    symlinkSync(join(dir, 'other'), path)
    assert.throws(() => writePidFile(path, text, rule, 'vde_switch'), /Cannot write pid file '.*': /)
    assert.not.ok(existsSync(join(dir, 'other')))
    writeFileSync(join(dir, 'other'), '1\n')
    assert.throws(() => writePidFile(path, text, rule, 'vde_switch'), code('ELOOP'))
    assert.is(readFileSync(join(dir, 'other'), 'latin1'), '1\n')
  })

  files(`${rule}: names a missing directory`, () => {
    assert.throws(() => writePidFile(join(dir, 'no/pid'), text, rule, 'vde_switch'), code('ENOENT'))
  })
}

files('exclusive: replaces what a dead process left', () => {
  const { pid } = spawnSync('true')
  writeFileSync(path, `${pid}\n`)
  writePidFile(path, text, 'exclusive', 'vde_switch')
  assert.is(readFileSync(path, 'latin1'), text)
})

files('exclusive: refuses a number that another program has now, and says so', () => {
  writeFileSync(path, '1\n')
  assert.throws(() => writePidFile(path, text, 'exclusive', 'vde_switch'), /with pid 1 runs, remove the file if that is no vde_switch/)
  assert.is(readFileSync(path, 'latin1'), '1\n')
})

files('exclusive: refuses the file of a live instance and leaves it', () => {
  const child = spawn('sleep', ['60'])
  try {
    writeFileSync(path, `${child.pid}\n`)
    assert.throws(() => writePidFile(path, text, 'exclusive', basename('sleep')), code('EEXIST'))
    assert.is(readFileSync(path, 'latin1'), `${child.pid}\n`)
  } finally { child.kill() }
})

files('exclusive: refuses a file that is no pid file', () => {
  writeFileSync(path, 'precious')
  assert.throws(() => writePidFile(path, text, 'exclusive', 'vde_switch'), /holds no process id/)
  assert.is(readFileSync(path, 'latin1'), 'precious')
})

files('replace: overwrites the file of a live instance', () => {
  writeFileSync(path, `${process.ppid}\nlonger text`)
  writePidFile(path, text, 'replace', 'vde_plug')
  assert.is(readFileSync(path, 'latin1'), text)
})

files.run()
