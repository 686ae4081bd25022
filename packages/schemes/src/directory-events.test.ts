import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { appendFileSync, chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { VdeError } from '@vde-ts/link'
import { until } from '@vde-ts/link/testing.js'
import { watchNames } from './directory-events.ts'
import { scratch } from './testing.ts'

const names = suite('watchNames')

interface Heard { readonly names: Array<string | null>, stop (): void }

const hear = (path: string): Heard => {
  const heard: Array<string | null> = []
  return { names: heard, stop: watchNames(path, (name) => { heard.push(name) }, 'watch') }
}

const open = (): number => readdirSync('/proc/self/fd').length

names('what is made, removed, moved or changes its access; not what is written', async () => {
  const dir = scratch()
  writeFileSync(`${dir.path}/log`, '')
  const heard = hear(dir.path)
  appendFileSync(`${dir.path}/log`, 'a line')
  writeFileSync(`${dir.path}/a`, 'text')
  chmodSync(`${dir.path}/a`, 0o600)
  renameSync(`${dir.path}/a`, `${dir.path}/grün`)
  rmSync(`${dir.path}/grün`)
  await until(() => heard.names.length >= 5, 'five events')
  assert.equal(heard.names, ['a', 'a', 'a', 'grün', 'grün'])
  heard.stop()
  dir.remove()
})

names('two listeners of one directory, each until it stops; the descriptor goes with the last', async () => {
  const dir = scratch()
  const before = open()
  const [a, b] = [hear(dir.path), hear(dir.path)]
  writeFileSync(`${dir.path}/1`, '')
  await until(() => a.names.length + b.names.length === 2, 'both')
  a.stop()
  a.stop()
  writeFileSync(`${dir.path}/2`, '')
  await until(() => b.names.length === 2, 'the other')
  assert.equal([a.names, b.names], [['1'], ['1', '2']])
  b.stop()
  assert.is(open(), before)
  dir.remove()
})

names('a listener that stops all of them and listens again, from within', async () => {
  const dir = scratch()
  const heard: string[] = []
  let stop = watchNames(dir.path, (name) => {
    heard.push(`first ${name}`)
    stop()
    stop = watchNames(dir.path, (other) => { heard.push(`then ${other}`) }, 'watch')
  }, 'watch')
  writeFileSync(`${dir.path}/1`, '')
  writeFileSync(`${dir.path}/2`, '')
  await until(() => heard.length === 1, 'the first')
  writeFileSync(`${dir.path}/3`, '')
  await until(() => heard.length === 2, 'the third')
  assert.equal(heard, ['first 1', 'then 3'], 'what was read before is not for who came later')
  stop()
  dir.remove()
})

names('a directory that goes is told without a name, and one in its place is another', async () => {
  const dir = scratch()
  const path = `${dir.path}/d`
  mkdirSync(path)
  const first = hear(path)
  rmSync(path, { recursive: true })
  await until(() => first.names.includes(null), 'the end')
  mkdirSync(path)
  const second = hear(path)
  const told = first.names.length
  writeFileSync(`${path}/x`, '')
  await until(() => second.names.length === 1, 'the new one')
  first.stop()
  writeFileSync(`${path}/y`, '')
  await until(() => second.names.length === 2, 'the new one, after the end of the old one')
  assert.is(first.names.length, told)
  second.stop()
  dir.remove()
})

names('refused: what is no directory, or not there; nothing is left open', () => {
  const dir = scratch()
  writeFileSync(`${dir.path}/file`, '')
  const before = open()
  for (const [path, code] of [['none', 'ENOENT'], ['file', 'ENOTDIR']] as const) {
    assert.throws(() => hear(`${dir.path}/${path}`), (error: unknown) => error instanceof VdeError && error.code === code)
  }
  assert.is(open(), before)
  dir.remove()
})

names.run()
