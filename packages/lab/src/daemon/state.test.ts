import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyModel } from '@vde-ts/model'
import { Lab, type LabHost } from './lab.ts'
import { labNames, removeDirectories } from './paths.ts'
import { Lines } from './protocol.ts'
import { readState, writeState, type LabState } from './state.ts'

const dir = mkdtempSync(join(tmpdir(), 'lab-state-'))
const STATE: LabState = {
  version: 1, file: '/x.yaml', fileDir: '/', declared: emptyModel('x'), previous: null, trialUntil: null, programs: {}
}
const host: LabHost = { labs: dir, log () {}, tell () {} }

const states = suite('lab state')

states('what is written is read, and replaces what was there', () => {
  mkdirSync(join(dir, 'a'))
  assert.is(readState(join(dir, 'a')), null)
  writeState(join(dir, 'a'), STATE)
  writeState(join(dir, 'a'), { ...STATE, trialUntil: 5 })
  assert.equal(readState(join(dir, 'a')), { ...STATE, trialUntil: 5 })
  assert.equal(readdirSync(join(dir, 'a')), ['state.json'])
})

states('what cannot be written is refused, and what was there stays', () => {
  // A directory in the way of the new file is refused to root as well, like a full disk.
  mkdirSync(join(dir, 'a', 'state.json.new'))
  assert.throws(() => writeState(join(dir, 'a'), STATE), /Cannot remember the network/)
  assert.is(readState(join(dir, 'a'))?.trialUntil, 5)
})

states('what is no state is refused', () => {
  mkdirSync(join(dir, 'b'))
  for (const text of ['', '{', '{"version":2}', 'null']) {
    writeFileSync(join(dir, 'b', 'state.json'), text)
    assert.throws(() => readState(join(dir, 'b')), /Cannot read what runs: ".*" is no state of this version/)
  }
})

states('a lab whose state makes no sense is removed: it blocks nothing', async () => {
  assert.is(await Lab.adopt('b', host), null)
  assert.equal(labNames({ root: dir, socket: '', log: '', labs: dir }), ['a'])
})

states('lines come whole, however they were cut', () => {
  const lines = new Lines()
  assert.equal(['{"a', '":1}\n{}', '\n\n', 'x'].map((chunk) => lines.take(chunk)), [[], ['{"a":1}'], ['{}', ''], []])
})

states('directories are removed from below while they are empty', () => {
  const root = join(dir, 'c', 'root')
  const paths = { root, socket: join(root, 'daemon'), log: join(root, 'log'), labs: join(root, 'labs') }
  mkdirSync(paths.labs, { recursive: true })
  writeFileSync(paths.log, '')
  removeDirectories(paths)
  assert.equal(readdirSync(root), ['log'])
  rmSync(paths.log)
  removeDirectories(paths)
  assert.equal(readdirSync(dir), ['a'])
})

states.after(() => { rmSync(dir, { recursive: true, force: true }) })
states.run()
