import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LineBuffer, MAX_LINE } from './lines.ts'

const test = suite('LineBuffer')

const push = (lines: LineBuffer, text: string): void => {
  const bytes = Buffer.from(`??${text}`) // at an offset, so that one that is forgotten fails
  lines.push(bytes, 2, bytes.length - 2)
}

const all = (lines: LineBuffer): Array<string | null> => {
  const found: Array<string | null> = []
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) found.push(line)
  return found
}

test('gives each line of a batch', () => {
  const lines = new LineBuffer()
  push(lines, 'one\ntwo\r\n\nthree')
  assert.equal(all(lines), ['one', 'two', ''])
  assert.is(lines.pendingText, 'three')
  lines.flush()
  assert.equal(all(lines), ['three'])
})

test('joins a line at every split', () => {
  const text = 'port/create 3\r\nhäßlich\n'
  const bytes = Buffer.from(text)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const lines = new LineBuffer()
    lines.push(bytes, 0, cut)
    lines.push(bytes, cut, bytes.length - cut)
    assert.equal(all(lines), ['port/create 3', 'häßlich'])
  }
})

test('takes one octet at a time', () => {
  const lines = new LineBuffer()
  for (const letter of 'ab\ncd\n') push(lines, letter)
  assert.equal(all(lines), ['ab', 'cd'])
})

test('gives null for a line over the limit, and goes on behind it', () => {
  const lines = new LineBuffer()
  push(lines, 'x'.repeat(MAX_LINE))
  push(lines, 'y'.repeat(MAX_LINE * 3))
  assert.ok(lines.pending <= MAX_LINE)
  push(lines, 'z\nnext\n')
  assert.equal(all(lines), [null, 'next'])
})

test('keeps nothing of the caller\'s buffer', () => {
  const lines = new LineBuffer()
  const lent = Buffer.from('abc')
  lines.push(lent, 0, 3)
  lent.fill(0)
  push(lines, '\n')
  assert.equal(all(lines), ['abc'])
})

test('flush of nothing gives nothing', () => {
  const lines = new LineBuffer()
  lines.flush()
  assert.equal(all(lines), [])
})

test.run()
