import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const start = suite('npm start')

start('refuses an unknown option with 2 and one line that names it', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath,
    [fileURLToPath(new URL('start.mjs', import.meta.url)), '--bogus'], { encoding: 'utf8', timeout: 20_000 })
  assert.equal([status, stdout], [2, ''])
  assert.match(stderr, /^npm start: [^\n]*'--bogus'[^\n]*\n$/)
})

start.run()
