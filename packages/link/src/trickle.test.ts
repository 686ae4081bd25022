import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { settle, until } from './testing.ts'
import { Trickle } from './trickle.ts'

const trickle = suite('Trickle')

trickle('does everything in order, a few per turn, nothing within add', async () => {
  const done: number[] = []
  const some = new Trickle<number>((item) => { done.push(item) })
  for (let i = 0; i < 100; i++) some.add(i)
  assert.is(done.length, 0)
  await settle(1)
  assert.ok(done.length > 0 && done.length < 20, `${done.length} in a turn`)
  assert.is(some.waiting, 100 - done.length)
  await until(() => done.length === 100, 'all of it')
  assert.equal(done, Array.from({ length: 100 }, (_, i) => i))
  assert.is(some.waiting, 0)
})

trickle('takes more while it works', async () => {
  const done: number[] = []
  const some: Trickle<number> = new Trickle((item) => {
    done.push(item)
    if (item < 30) some.add(item + 1)
  })
  some.add(0)
  await until(() => done.length === 31, 'all of it')
  assert.is(some.waiting, 0)
})

trickle.run()
