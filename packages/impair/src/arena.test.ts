import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun, seeded } from '@vde-ts/frame/testing.js'
import { Arena } from './arena.ts'
import { HEADROOM, MAX_CELL_FRAME } from './limits.ts'

const test = suite('Arena')
const BLOCK = 65664

test('cells do not overlap, hold their frame and its headroom, over 20 000 random steps', () => {
  const random = seeded(3)
  const arena = new Arena(64 * 1024 * 1024)
  const held = new Map<number, { len: number, mark: number }>()
  const fill = (cell: number, len: number, mark: number): void => {
    const at = arena.at(cell)
    assert.ok(at >= HEADROOM && at + len <= arena.buf(cell).length)
    arena.buf(cell).fill(mark, at - HEADROOM, at + len)
  }
  for (let step = 0; step < 20_000; step++) {
    if (random.int(2) === 0 || held.size < 50) {
      const len = random.pick([14, 60, 96, 97, 600, 1514, 1518, 9014, 40_000, MAX_CELL_FRAME])
      const cell = arena.take(len)
      assert.ok(cell >= 0 && !held.has(cell))
      const mark = random.int(256)
      fill(cell, len, mark)
      held.set(cell, { len, mark })
      if (held.size < 300) continue
    }
    const [cell, { len, mark }] = random.pick([...held])
    const at = arena.at(cell)
    for (const place of [at - HEADROOM, at - 1, at, at + len - 1]) assert.is(arena.buf(cell)[place], mark)
    held.delete(cell)
    arena.give(cell)
  }
  for (const cell of held.keys()) arena.give(cell)
  assert.is(arena.used, 0)
})

test('a frame costs what it needs: 500 small ones a block, 39 of Ethernet, one super-frame', () => {
  for (const [len, count] of [[60, 513], [96, 513], [97, 256], [1514, 39], [1518, 39], [9014, 7], [MAX_CELL_FRAME, 1]] as const) {
    const arena = new Arena(10 * BLOCK)
    for (let i = 0; i < count; i++) arena.take(len)
    assert.is(arena.used, BLOCK, `${count} frames of ${len}`)
    arena.take(len)
    assert.is(arena.used, 2 * BLOCK, `one more of ${len}`)
  }
})

test('the cap refuses, lowering it frees nothing, and what is given back can be taken again', () => {
  const arena = new Arena(2 * BLOCK)
  const cells: number[] = []
  for (let cell = arena.take(1514); cell >= 0; cell = arena.take(1514)) cells.push(cell)
  assert.is(cells.length, 78)
  arena.limit = 0
  assert.is(arena.used, 2 * BLOCK)
  arena.give(cells.pop()!)
  assert.ok(arena.take(1514) >= 0, 'a free cell of a block in use')
  assert.is(arena.take(60), -1)
})

test('blocks serve another class once they are empty', () => {
  const arena = new Arena(BLOCK)
  const cell = arena.take(60)
  assert.is(arena.take(1514), -1)
  arena.give(cell)
  assert.ok(arena.take(1514) >= 0)
})

test('nothing is allocated per frame', () => {
  const arena = new Arena(64 * 1024 * 1024)
  const ring = new Int32Array(1000).fill(-1)
  let at = 0
  const octets = bytesPerRun((i) => {
    if (ring[at] >= 0) arena.give(ring[at])
    ring[at] = arena.take(i % 3 === 0 ? 60 : 1514)
    at = (at + 1) % 1000
  })
  assert.ok(octets < 1, `${octets} octets`)
})

test.run()
