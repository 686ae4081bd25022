import { readdirSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, type SpawnSpec } from '@vde-ts/native'
import { childEnd, environment, startChild } from './child.ts'
import { VdeError } from './errors.ts'
import { DEADLINE_MS, within } from './testing.ts'

const shell = (script: string, fds: readonly number[] = [-1, -1, 2]): SpawnSpec =>
  ({ file: 'sh', argv: ['sh', '-c', script], env: environment(), fds })

const child = suite('startChild')

for (const [script, code, signal] of [['exit 0', 0, null], ['exit 7', 7, null], ['kill -TERM $$', 143, 'SIGTERM']] as const) {
  child(`exited tells the end of "${script}"`, async () => {
    const started = startChild(shell(script))
    assert.ok(started.pid > 1)
    assert.equal(await within(DEADLINE_MS, started.exited, 'the child to end'), { code, signal })
    assert.not(started.signal('SIGTERM'))
  })
}

child('signal ends it', async () => {
  const started = startChild({ file: 'sleep', argv: ['sleep', '60'], env: environment(), fds: [-1, -1, 2] })
  assert.ok(started.signal('SIGKILL'))
  assert.equal(await within(DEADLINE_MS, started.exited, 'the child to end'), { code: 137, signal: 'SIGKILL' })
})

child('gives the child its descriptors and environment', async () => {
  const ends = new Int32Array(2)
  assert.is(native.pipe(ends, false), 0)
  const spec = { ...shell('printf %s "$WORD"', [-1, ends[1], 2]), env: environment({ WORD: 'here' }) }
  const started = startChild(spec)
  native.close(ends[1])
  await within(DEADLINE_MS, started.exited, 'the child to end')
  const buf = new Uint8Array(16)
  assert.is(native.read(ends[0], buf, 0, 16), 4)
  assert.is(Buffer.from(buf.subarray(0, 4)).toString(), 'here')
  native.close(ends[0])
})

for (const [file, code, why] of [
  ['no-such-program', 'ENOENT', /^Cannot run "no-such-program": .*a program in PATH is wanted$/], ['/etc/passwd', 'EACCES', /"\/etc\/passwd"/]
] as const) {
  child(`"${file}" is refused with ${code}`, () => {
    assert.throws(
      () => startChild({ file, argv: [file], env: environment(), fds: [-1, -1, 2] }),
      (error: unknown) => error instanceof VdeError && error.code === code && why.test(error.message))
  })
}

child('a directory that is missing names the step', () => {
  assert.throws(() => startChild({ ...shell('true'), cwd: '/nowhere' }), /^Cannot start "sh": .* \(chdir\)$/)
})

child('leaves no descriptor behind', async () => {
  const before = readdirSync('/proc/self/fd').length
  for (let i = 0; i < 5; i++) await within(DEADLINE_MS, startChild(shell('exit 0')).exited, 'the child to end')
  const closed = startChild(shell('exit 0'))
  closed.close()
  closed.close()
  assert.throws(() => startChild({ file: 'no-such-program', argv: ['x'], env: [], fds: [] }))
  assert.is(readdirSync('/proc/self/fd').length, before)
})

child('childEnd reads a wait status', () => {
  assert.equal([childEnd(0), childEnd(0x0300), childEnd(9), childEnd(0x8b), childEnd(-10)], [
    { code: 0, signal: null }, { code: 3, signal: null }, { code: 137, signal: 'SIGKILL' }, { code: 139, signal: 'SIGSEGV' },
    { code: 0, signal: null }
  ])
})

child.run()
