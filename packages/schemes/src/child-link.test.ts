/** What is left of a child when its link cannot be made: nothing. */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { VdeError, loop, type Loop, type Watcher } from '@vde-ts/link'
import { Recorder, until } from '@vde-ts/link/testing.js'
import { openVnl } from './registry.ts'
import { descriptors, program, refusal } from './testing.ts'

const failing = suite('a link that cannot be watched')

/** The loop, until `adds` descriptors have been added: then the kernel's limit is reached. */
const limited = (adds: number): Loop => {
  let left = adds
  const add = (fd: number, events: number, watcher: Watcher, keepsAlive?: boolean): void => {
    if (left-- === 0) throw new VdeError('ENOSPC', `watch descriptor ${fd}`, 'the limit is reached')
    loop.add(fd, events, watcher, keepsAlive)
  }
  const remove = (fd: number): void => { loop.remove(fd) }
  const modify = (fd: number, events: number): void => { loop.modify(fd, events) }
  return { add, remove, modify } as Loop
}

const children = (): string => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')

for (const [name, vnl, adds] of [['sleep', 'cmd://sleep 1000', 3], ['passt', 'slirp:///engine=passt', 2]] as const) {
  const run = program(name) === null ? failing.skip : failing
  if (program(name) === null) console.log(`skipped: ${vnl}, because ${name} is not installed`)
  for (let i = 0; i < adds; i++) {
    run(`${vnl}, at descriptor ${i + 1} of ${adds}: neither the child nor a descriptor is left`, async () => {
      const [ours, open] = [children(), descriptors()]
      const why = await refusal(openVnl(vnl, new Recorder(), { loop: limited(i) }))
      assert.is(why.code, 'ENOSPC')
      await until(() => children() === ours, 'the end of the child')
      await until(() => descriptors().length === open.length, 'its descriptors closed')
      assert.equal(descriptors(), open)
    })
  }
}

failing.run()
