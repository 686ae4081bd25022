import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { checkPidFile, writePidFile } from './pidfile.ts'

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

/** Waits until /proc says `text` of the process. */
const statusShows = async (pid: number, text: string): Promise<void> => {
  const end = Date.now() + 5000
  while (!readFileSync(`/proc/${pid}/stat`, 'latin1').includes(text)) {
    if (Date.now() > end) throw new Error(`Cannot see "${text}" of process ${pid}: 5 s went by`)
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
}

files('exclusive: replaces what a zombie left', async () => {
  // The shell becomes a program that never waits for its child, which ends only then.
  const parent = spawn('sh', ['-c', 'exec 3<&0; (read end <&3) & echo $!; exec sleep 60 3<&-'], { stdio: ['pipe', 'pipe', 'ignore'] })
  try {
    const pid = String(await new Promise((resolve) => { parent.stdout.once('data', resolve) }))
    await statusShows(parent.pid!, '(sleep) ')
    parent.stdin.end()
    await statusShows(Number(pid), ') Z ')
    writeFileSync(path, pid)
    writePidFile(path, text, 'exclusive', 'vde_switch')
    assert.is(readFileSync(path, 'latin1'), text)
  } finally { parent.kill() }
})

files('exclusive: replaces a number that a program of others has now', () => {
  writeFileSync(path, '1\n')
  writePidFile(path, text, 'exclusive', 'vde_switch')
  assert.is(readFileSync(path, 'latin1'), text)
})

// The live process is our parent, whatever it is: the made-up /proc says what it looks like.
for (const [what, stat, want] of [
  ['the same program', '(vde_switch) S 1', /vde_switch with pid \d+ runs, stop it or name/],
  ['another of the suite', '(vde_plug2tap) R 1', /vde_plug2tap with pid \d+ runs, remove the file if that is no vde_switch/],
  ['a program that cannot be looked at', null, /a program with pid \d+ runs, remove the file if/],
  ['a dead one', '(vde_switch) X 1', null],
  ['a zombie', '(vde_switch) Z 1', null],
  ['a strange name', '(a) S b) S 1', null]
] as const) {
  files(`exclusive: a file that names ${what} is ${want === null ? 'replaced' : 'refused and left'}`, () => {
    const proc = join(dir, 'proc')
    mkdirSync(join(proc, String(process.ppid)), { recursive: true })
    if (stat !== null) writeFileSync(join(proc, String(process.ppid), 'stat'), `${process.ppid} ${stat}`)
    writeFileSync(path, `${process.ppid}\n`)
    const write = (): unknown => writePidFile(path, text, 'exclusive', 'vde_switch', { write: writeSync, proc })
    if (want === null) write()
    else assert.throws(write, want)
    assert.is(readFileSync(path, 'latin1'), want === null ? text : `${process.ppid}\n`)
  })
}

for (const rule of ['exclusive', 'replace'] as const) {
  files(`${rule}: refuses what is no file, without waiting or reading it`, () => {
    const fifo = join(dir, 'fifo')
    assert.is(spawnSync('mkfifo', [fifo]).status, 0)
    for (const other of ['/dev/full', '/dev/zero', fifo, dir]) {
      assert.throws(() => writePidFile(other, text, rule, 'vde_switch'), /it is a device, a FIFO, a socket or a directory, want/)
      assert.ok(existsSync(other))
    }
  })

  files(`${rule}: a full disk leaves no file`, () => {
    for (const write of [() => { throw Object.assign(new Error('full'), { code: 'ENOSPC', errno: -28 }) }, () => 1]) {
      assert.throws(() => writePidFile(path, text, rule, 'vde_switch', { write, proc: '/proc' }), code('ENOSPC'))
      assert.not.ok(existsSync(path))
    }
  })

  files(`${rule}: a relative path is that of the start`, () => {
    const before = process.cwd()
    process.chdir(dir)
    try {
      const remove = writePidFile('pid', text, rule, 'vde_plug2tap')
      process.chdir('/')
      remove()
      assert.not.ok(existsSync(path))
    } finally { process.chdir(before) }
  })
}

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

files('checkPidFile touches nothing, and takes the file of a process that is about to end', () => {
  checkPidFile(path, 'vde_switch', 1)
  assert.not.ok(existsSync(path))
  for (const there of [text, '', '4194303\n']) {
    writeFileSync(path, there)
    checkPidFile(path, 'vde_switch', process.pid)
    assert.is(readFileSync(path, 'latin1'), there)
  }
})

files('checkPidFile refuses what writing would', () => {
  assert.throws(() => { checkPidFile(join(dir, 'none', 'pid'), 'vde_switch', 1) }, code('ENOENT'))
  writeFileSync(path, 'no number')
  assert.throws(() => { checkPidFile(path, 'vde_switch', 1) }, code('EEXIST'))
  rmSync(path)
  symlinkSync(join(dir, 'other'), path)
  assert.throws(() => { checkPidFile(path, 'vde_switch', 1) }, code('ELOOP'))
})

files.run()
