import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun } from '@vde-ts/link/testing.js'
import { LOST_MS, SAMPLE, WriteMeter } from './write-meter.ts'

const run = (writes: number, ms: (sample: number) => number): number => {
  let told = 0
  const meter = new WriteMeter(() => { told++ })
  let sample = 0
  for (let i = 0; i < writes; i++) if (meter.isDue()) meter.took(ms(sample++))
  return told
}

const meter = suite('WriteMeter')
meter('times one write in SAMPLE', () => {
  const one = new WriteMeter(() => {})
  let due = 0
  for (let i = 0; i < SAMPLE * 10; i++) if (one.isDue()) due++
  assert.is(due, 10)
})
meter('quick writes are never slow', () => { assert.is(run(1_000_000, () => 0.03), 0) })
meter('slow ones are told once, after LOST_MS', () => {
  assert.is(run(Math.ceil(LOST_MS / 1.7) - 2 * SAMPLE, () => 1.7), 0)
  assert.is(run(Math.ceil(LOST_MS / 1.7) + 2 * SAMPLE, () => 1.7), 1)
  assert.is(run(100_000, () => 1.7), 1)
})
meter('a thread that waits for the processor now and then is not slow', () => {
  assert.is(run(1_000_000, (sample) => sample % 3 === 0 ? 10 : 0.03), 0)
})
meter('costs no memory', () => {
  const one = new WriteMeter(() => {})
  assert.ok(bytesPerRun(() => { if (one.isDue()) one.took(0.01) }) < 1)
})
meter.run()
