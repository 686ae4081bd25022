import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun, seeded } from '@vde-ts/frame/testing.js'
import { ReleaseHeap } from './release-heap.ts'

const test = suite('ReleaseHeap')

/** The order by sorting: by time, then by when it was pushed. */
class SlowHeap {
  readonly entries: Array<{ id: number, time: number, order: number }> = []
  #order = 0
  push (id: number, time: number): void {
    this.entries.push({ id, time, order: this.#order++ })
    this.entries.sort((a, b) => a.time - b.time || a.order - b.order)
  }

  pop (): number { return this.entries.shift()!.id }
  remove (id: number): void { this.entries.splice(this.entries.findIndex((entry) => entry.id === id), 1) }
}

test('push, pop and remove agree with sorting, over 20 000 random steps', () => {
  const random = seeded(7)
  const heap = new ReleaseHeap()
  const slow = new SlowHeap()
  const due = new Float64Array(150)
  const inside = new Set<number>()
  for (let step = 0; step < 20_000; step++) {
    const id = random.int(150)
    const time = random.int(40)
    const act = random.int(5)
    if (act < 2 && !inside.has(id)) {
      due[id] = time
      heap.push(id, due)
      slow.push(id, time)
      inside.add(id)
    } else if (act === 2 && inside.size > 0) {
      assert.is(heap.topTime, slow.entries[0]!.time)
      const first = heap.pop()
      assert.is(first, slow.pop())
      inside.delete(first)
    } else if (act === 3) {
      assert.is(heap.remove(id), inside.has(id))
      if (inside.delete(id)) slow.remove(id)
    } else if (act === 4 && inside.has(id)) {
      due[id] = time
      heap.remove(id)
      heap.push(id, due)
      slow.remove(id)
      slow.push(id, time)
    }
    assert.is(heap.size, inside.size)
    assert.is(heap.has(id), inside.has(id))
  }
})

test('equal times leave in the order they came', () => {
  const heap = new ReleaseHeap()
  const due = new Float64Array(1000).fill(5)
  for (let id = 0; id < 1000; id++) heap.push(id, due)
  for (let id = 0; id < 1000; id++) assert.is(heap.pop(), id)
})

test('nothing is allocated per frame with 100 000 entries', () => {
  const heap = new ReleaseHeap()
  const due = Float64Array.from({ length: 100_000 }, (_, id) => (id * 7919) % 1000003)
  for (let id = 0; id < 100_000; id++) heap.push(id, due)
  let time = 1000003
  const octets = bytesPerRun(() => {
    const id = heap.pop()
    due[id] = time++
    heap.push(id, due)
  })
  assert.ok(octets < 1, `${octets} octets`)
})

test.run()
