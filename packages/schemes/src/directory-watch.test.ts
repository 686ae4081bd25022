import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { settle, until } from '@vde-ts/link/testing.js'
import { watchForSwitch } from './directory-watch.ts'
import { scratch, served } from './testing.ts'

const watching = suite('watchForSwitch')

interface Bench { readonly path: string, signs: number, stop (): void }

const bench = (name = 'sw'): Bench => {
  const dir = scratch()
  const made: Bench = { path: `${dir.path}/${name}`, signs: 0, stop () {} }
  const stop = watchForSwitch([made.path], () => { made.signs++ })
  made.stop = () => {
    stop()
    dir.remove()
  }
  return made
}

const signs = async (b: Bench, what: string): Promise<void> => {
  b.signs = 0
  await until(() => b.signs > 0, what)
}

watching('a switch that makes its directory, ends, and comes again', async () => {
  const b = bench()
  for (let i = 0; i < 3; i++) {
    const net = served(b.path)
    await signs(b, 'a sign')
    net.close()
    await settle(20)
  }
  b.stop()
})

watching('a switch that died leaves its directory: the next one is told of', async () => {
  const b = bench()
  mkdirSync(b.path)
  writeFileSync(`${b.path}/ctl`, '')
  await signs(b, 'the first')
  rmSync(`${b.path}/ctl`)
  await settle(20)
  b.signs = 0
  writeFileSync(`${b.path}/001.1`, '')
  writeFileSync(`${b.path}/other`, '')
  await settle(20)
  assert.is(b.signs, 0, 'other names are no sign')
  writeFileSync(`${b.path}/attach`, '')
  await signs(b, 'attach')
  chmodSync(`${b.path}/attach`, 0o600)
  await signs(b, 'its access')
  b.stop()
})

watching('a directory that is moved here, with everything in it', async () => {
  const b = bench()
  mkdirSync(`${b.path}.new`)
  writeFileSync(`${b.path}.new/ctl`, '')
  await settle(20)
  assert.is(b.signs, 0)
  renameSync(`${b.path}.new`, b.path)
  await signs(b, 'the directory')
  b.stop()
})

watching('nothing is told after the end, nor where nothing can be watched', async () => {
  const b = bench()
  const stop = watchForSwitch(['/nonexistent/deep/sw'], () => { b.signs++ })
  b.stop()
  mkdirSync(b.path, { recursive: true })
  writeFileSync(`${b.path}/ctl`, '')
  await settle(20)
  assert.is(b.signs, 0)
  stop()
  rmSync(b.path, { recursive: true })
})

watching.run()
