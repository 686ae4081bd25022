import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Recorder } from './direction.ts'
import { RECORD_HEADER, decisionLine, dropLine, parseRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { Numbered, bench } from './testing.ts'
import { fixed } from './value.ts'

const test = suite('record')
const MS = 1e6

/** Sends 500 frames, and writes down what was decided. */
const recorded = (settings: Partial<Settings>, seed: number, replay: string | null): { lines: string[], arrived: string[] } => {
  const { world, link, far } = bench(settings, { seed })
  const lines = [RECORD_HEADER]
  const recorder: Recorder = {
    onJudged (index, len, reason, fate, s) { lines.push(decisionLine(world.time / 1e9, 'out', index, len, reason, fate, s).trimEnd()) },
    onDropped (index, len, reason) { lines.push(dropLine(world.time / 1e9, 'out', index, len, reason).trimEnd()) }
  }
  link.out.recorder = recorder
  if (replay !== null) link.out.follow(parseRecord(replay))
  const frame = new Numbered(100)
  for (let i = 0; i < 500; i++) {
    world.runUntil(i * MS)
    frame.send(link, i)
  }
  world.drain()
  return { lines, arrived: far.frames.map((octets) => Buffer.from(octets).toString('hex')) }
}

const noisy: Partial<Settings> = {
  loss: fixed(10),
  dup: fixed(10),
  corrupt: 10,
  corruptBits: 2,
  reorder: 5,
  delay: { base: 5 * MS, spread: 2 * MS, scale: 2 * MS, law: 'uniform', table: null },
  capacity: fixed(800)
}

test('a record that is replayed gives the same frames, octet for octet, and the same record', () => {
  const first = recorded(noisy, 1, null)
  assert.ok(first.lines.some((line) => line.includes(',capacity,')), 'time decided something')
  const again = recorded({ capacity: fixed(800) }, 2, first.lines.join('\n'))
  assert.equal(again.arrived, first.arrived)
  assert.equal(again.lines, first.lines)
})

test('the lines are what the header says', () => {
  const { lines } = recorded({ lossEvery: 2, delay: fixed(MS) }, 1, null)
  assert.equal(lines.slice(1, 3), ['0.000000,out,1,100,sent,1,0,1000000,', '0.001000,out,2,100,loss,0,0,,'])
})

for (const text of ['', 'time_s', `${RECORD_HEADER}\nx`, `${RECORD_HEADER}\n0,out,1,60,sent,99,0,,`, `${RECORD_HEADER}\n0,up,1,60,sent,1,0,0,`]) {
  test(`"${text.replace(RECORD_HEADER, 'header').replace('\n', '|')}" is refused`, () => {
    assert.throws(() => parseRecord(text), /Cannot read/)
  })
}

test.run()
