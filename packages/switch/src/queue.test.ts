import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded, testFrame } from '@vde-ts/frame/testing.js'
import { HEADROOM, OFFLOAD } from '@vde-ts/link/link.js'
import { FrameQueue, QueueBudget, QUEUE_OCTETS } from './queue.ts'
import { FakeLink } from './testing.ts'

const push = (queue: FrameQueue, frame: Uint8Array): boolean => {
  const buf = new Uint8Array(HEADROOM + frame.length)
  buf.set(frame, HEADROOM)
  const taken = queue.push(buf, HEADROOM, frame.length)
  buf.fill(0xee) // lent: the queue must have copied it
  return taken
}

const order = suite('FrameQueue order')

order('frames of every size leave whole, in the order they came, through full and writable turns', () => {
  const chance = seeded(4)
  const budget = new QueueBudget()
  const queue = new FrameQueue(budget, 1024)
  const link = new FakeLink()
  const want: string[] = []
  let room = 0
  link.onSend = () => { if (--room === 0) link.isFull = true }
  for (let serial = 0; serial < 4000; serial++) {
    const frame = testFrame(chance.pick([14, 60, 61, 1514, 9000, 16368, 16369, 65557]), serial)
    if (push(queue, frame)) want.push(Buffer.from(frame).toString('hex'))
    if (chance.int(3) > 0) continue
    room = 1 + chance.int(6)
    link.isFull = false
    queue.drain(link)
  }
  room = Infinity
  link.isFull = false
  queue.drain(link)
  assert.is(link.sent.length, want.length)
  assert.equal(link.sent, want)
  assert.is(queue.frames, 0)
  assert.is(queue.octets, 0)
  assert.is(budget.used, 0)
})

order('the offload header travels with its frame', () => {
  const queue = new FrameQueue(new QueueBudget(), 10)
  const buf = new Uint8Array(HEADROOM + 60)
  for (let i = 0; i < OFFLOAD; i++) buf[HEADROOM - OFFLOAD + i] = i + 1
  queue.push(buf, HEADROOM, 60)
  const link = new FakeLink()
  let header = ''
  link.onSend = (chunk, off) => { header = Buffer.from(chunk.subarray(off - OFFLOAD, off)).toString('hex') }
  queue.drain(link)
  assert.is(header, '0102030405060708090a0b0c')
})

order.run()

const bounds = suite('FrameQueue bounds')

bounds('it takes as many frames as its limit, and none with limit 0', () => {
  const queue = new FrameQueue(new QueueBudget(), 3)
  const frame = testFrame(60)
  assert.equal([1, 2, 3, 4].map(() => push(queue, frame)), [true, true, true, false])
  queue.limit = 0
  assert.not.ok(push(queue, frame))
  assert.is(queue.frames, 3)
})

bounds('it takes at most 2 MiB of frames', () => {
  const queue = new FrameQueue(new QueueBudget(), 1 << 20)
  const frame = testFrame(65536)
  let taken = 0
  while (push(queue, frame)) taken++
  assert.is(taken, QUEUE_OCTETS / 65536)
})

bounds('1 024 full frames fit', () => {
  const queue = new FrameQueue(new QueueBudget(), 1024)
  const frame = testFrame(1514)
  for (let i = 0; i < 1024; i++) assert.ok(push(queue, frame))
  assert.not.ok(push(queue, frame))
})

bounds('all queues together stay within the budget', () => {
  const budget = new QueueBudget(1 << 20)
  const queues = Array.from({ length: 10 }, () => new FrameQueue(budget, 1024))
  const frame = testFrame(1514)
  for (const queue of queues) while (push(queue, frame));
  assert.ok(budget.used <= budget.limit)
  assert.ok(queues.slice(0, 5).every((queue) => queue.frames > 0))
  for (const queue of queues) queue.close()
  assert.is(budget.used, 0)
})

bounds('queues that are never read leave a share for the next one', () => {
  const budget = new QueueBudget(1 << 20)
  const frame = testFrame(1514)
  const stuck = Array.from({ length: 10 }, () => new FrameQueue(budget, 1024))
  for (let i = 0; i < 1024; i++) for (const queue of stuck) push(queue, frame)
  const late = new FrameQueue(budget, 1024)
  let taken = 0
  while (push(late, frame)) taken++
  assert.ok(taken >= 20, `${taken} frames`)
})

bounds('storage is taken on use, kept for the next burst, and let go when idle', () => {
  const budget = new QueueBudget()
  const queue = new FrameQueue(budget, 1024)
  assert.is(budget.used, 0)
  for (let i = 0; i < 100; i++) push(queue, testFrame(1514))
  assert.ok(budget.used > 100 * 1514)
  queue.drain(new FakeLink())
  assert.is(budget.used, 0)
  assert.ok(budget.spare > 0)
  for (let i = 0; i < 10; i++) budget.trim()
  assert.is(budget.spare, 0)
})

bounds.run()

const reentry = suite('FrameQueue re-entry')

reentry('closed while it drains, it sends nothing more and gives everything back', () => {
  const budget = new QueueBudget()
  const queue = new FrameQueue(budget, 1024)
  for (let i = 0; i < 100; i++) push(queue, testFrame(1514, i))
  const link = new FakeLink()
  link.onSend = () => {
    if (link.count < 5) return
    queue.close()
    assert.ok(budget.used > 0) // the chunk being sent is still in use
  }
  queue.drain(link)
  assert.is(link.count, 5)
  assert.is(queue.frames, 0)
  assert.is(budget.used, 0)
  assert.not.ok(push(queue, testFrame(60)))
})

reentry('a frame that comes while it drains goes behind the others', () => {
  const queue = new FrameQueue(new QueueBudget(), 1024)
  push(queue, testFrame(60, 1))
  const link = new FakeLink()
  link.onSend = () => {
    if (link.count === 1) push(queue, testFrame(60, 2))
    queue.drain(link)
  }
  queue.drain(link)
  assert.equal(link.sent, [1, 2].map((serial) => Buffer.from(testFrame(60, serial)).toString('hex')))
  assert.is(queue.frames, 0)
})

reentry.run()
