import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLOSED, descriptorTable, inheritedDescriptors } from './daemon.ts'
import { Cleanup } from './cleanup.ts'
import { VERSION_TEXT } from './version.ts'
import { readFileSync } from 'node:fs'

const pure = suite('descriptors of the copy')

for (const [standard, inherited, want] of [
  [[-1, -1, 2], [], [-1, -1, 2]],
  [[-1, -1, 2], [3, 4], [-1, -1, 2, 3, 4]],
  [[-1, -1, 2], [6], [-1, -1, 2, CLOSED, CLOSED, CLOSED, 6]],
  [[5, 6, 2, 7, 8], [3, 4, 9], [5, 6, 2, 7, 8, CLOSED, CLOSED, CLOSED, CLOSED, 9]]
] as const) {
  pure(`table of ${standard.join()} and ${inherited.join() || 'nothing'}`, () => {
    assert.equal(descriptorTable(standard, inherited), want)
  })
}

pure('inheritedDescriptors knows the caller\'s from Node\'s own', () => {
  const dir = mkdtempSync('/tmp/vde-fds-')
  try {
    mkdirSync(join(dir, 'fd'))
    mkdirSync(join(dir, 'fdinfo'))
    for (const [fd, target, flags] of [
      [0, '/dev/null', '02000000'], [1, 'pipe:[1]', '02000001'], [2, 'pipe:[1]', '02000001'],
      // Node's
      [3, 'anon_inode:[eventpoll]', '02000002'], [4, 'pipe:[7]', '02000000'], [6, 'pipe:[7]', '02000001'], [9, '/dev/null', '02000000'],
      // The caller's: low ones with close-on-exec, high ones without
      [5, 'socket:[8]', '02000002'], [7, 'pipe:[9]', '02004000'], [8, '/dev/net/tun', '02000002'],
      [20, '/etc/hosts', '0100000'], [21, 'anon_inode:[eventfd]', '02'], [30, 'pipe:[10]', '0'], [31, 'pipe:[10]', '01']
    ] as const) {
      symlinkSync(target, join(dir, 'fd', String(fd)))
      writeFileSync(join(dir, 'fdinfo', String(fd)), `pos:\t0\nflags:\t${flags}\nmnt_id:\t5\n`)
    }
    assert.equal(inheritedDescriptors(dir), [5, 7, 8, 20, 21, 30, 31])
  } finally { rmSync(dir, { recursive: true }) }
})

const undo = suite('Cleanup')

undo('runs last things first, each once, whatever they throw', () => {
  const seen: number[] = []
  const cleanup = new Cleanup()
  cleanup.add(() => { seen.push(1) })
  const forget = cleanup.add(() => { seen.push(2) })
  cleanup.add(() => {
    seen.push(3)
    throw new Error('three')
  })
  forget()
  forget()
  assert.is(cleanup.run().length, 1)
  assert.equal(cleanup.run(), [])
  assert.equal(seen, [3, 1])
})

const version = suite('version')

version('is the one of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  assert.is(VERSION_TEXT, `VDE ${version}`)
})

pure.run()
undo.run()
version.run()
