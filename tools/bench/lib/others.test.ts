import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { readOthers, watchOthers } from './others.ts'

/** Says its pid after half a second of work, and waits a while. */
const WORK = 'const end = Date.now() + 500; while (Date.now() < end); console.log(String(process.pid)); setTimeout(() => {}, 2000)'

const others = suite('watchOthers')

others('what we started is not among the others, nor are we', async () => {
  const child = spawn(process.execPath, ['-e', WORK])
  const [said] = await once(child.stdout, 'data') as [Buffer]
  const found = readOthers()
  child.kill()
  assert.equal([found.has(Number(String(said))), found.has(process.pid), found.has(1)], [false, false, true])
})

others('the work of a process of somebody else counts, and never for more than there is', async () => {
  const start = performance.now()
  const taken = watchOthers()
  // Its starter ends at once, so the worker is a child of init.
  const starter = spawn('setsid', ['--fork', process.execPath, '-e', WORK], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [said] = await once(starter.stdout, 'data') as [Buffer]
  const share = taken()
  const seconds = share * cpus().length * (performance.now() - start) / 1000
  const isOther = readOthers().has(Number(String(said)))
  process.kill(Number(String(said)))
  assert.ok(isOther)
  assert.ok(seconds > 0.1 && share < 1.1, `${seconds} s, ${share} of the processors`)
})

others.run()
