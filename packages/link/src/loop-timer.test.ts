import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { loop } from './loop.ts'
import { LoopTimer } from './loop-timer.ts'
import { settle, within } from './testing.ts'

const test = suite('LoopTimer')
const now = (): number => {
  const cell = new Float64Array(1)
  native.clockRead(cell)
  return cell[0]!
}

/** Times at which a timer came due that was armed for these, one after the other. */
const fired = async (dues: number[]): Promise<number[]> => {
  const times: number[] = []
  const next = (timer: LoopTimer): void => { timer.arm(Float64Array.of(dues[times.length] ?? Infinity)) }
  await within(5000, new Promise<void>((resolve) => {
    const timer = new LoopTimer(loop, () => {
      times.push(now())
      next(timer)
      if (times.length === dues.length) {
        timer.close()
        resolve()
      }
    })
    next(timer)
  }), `${dues.length} expirations`)
  return times
}

test('comes due at its times, never before; past ones at once, and the same again', async () => {
  const start = now()
  const dues = [start + 2e6, start + 3e6, start + 3e6, 1, start + 4e6]
  const alive = setTimeout(() => {}, 5000)
  const times = await fired(dues)
  clearTimeout(alive)
  times.forEach((time, i) => { assert.ok(time >= dues[i]!, `${i}`) })
})

test('armed again before it came due counts the last time; closed, it is silent', async () => {
  let count = 0
  const timer = new LoopTimer(loop, () => { count++ })
  timer.arm(Float64Array.of(1))
  timer.arm(Float64Array.of(Infinity))
  await settle(20)
  assert.is(count, 0)
  timer.arm(Float64Array.of(1))
  timer.close()
  timer.close()
  await settle(20)
  assert.is(count, 0)
})

test.run()
