import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM } from '@vde-ts/native'
import { loop } from '@vde-ts/link'
import { Recorder, settle, testFrame } from '@vde-ts/link/testing.js'
import { DatagramLink } from './datagram-link.ts'

const link = suite('DatagramLink.snapshot')

link('what the kernel did not take goes on in the link made of its snapshot, after the first resume', async () => {
  const ends = new Int32Array(2)
  native.socketPair(DGRAM, ends)
  const frames = Array.from({ length: 3000 }, (_, i) => testFrame(60, i))
  const old = new DatagramLink(ends[0], new Recorder(), loop, { label: 'old' })
  let sent = 0
  while (old.send(frames[sent]!, 0, 60)) sent++
  await settle() // its flush has found the kernel full
  const snapshot = old.snapshot()
  assert.is(snapshot.unsent.length, old.queued)
  loop.remove(ends[0]) // its process would not get a turn any more
  const copy = native.duplicate(ends[0], 3)
  const next = new DatagramLink(copy, new Recorder(), loop, { label: 'new', snapshot: { ...snapshot, txDrops: 5, runts: 2 } })
  assert.equal([next.queued, next.txDrops, next.rxDrops], [old.queued, 5, 2])
  const sink = new Recorder()
  const far = new DatagramLink(ends[1], sink, loop, { label: 'far' })
  far.resume()
  const inKernel = sent - old.queued
  await sink.until((r) => r.frames.length === inKernel, 'what the kernel had')
  await settle(5)
  assert.is(sink.frames.length, inKernel, 'paused, the new one sends nothing')
  next.resume()
  await sink.until((r) => r.frames.length === sent, 'the rest')
  assert.equal(sink.frames, frames.slice(0, sent))
  for (const one of [next, far]) one.close()
  native.close(ends[0])
})

link.run()
