import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { figure } from './harness.ts'
import { markdown, number, textTable, type Report } from './report.ts'
import { summarise } from './stats.ts'

const report: Report = {
  machine: { date: '2026-01-02 03:04 UTC', kernel: '6.1', cpu: 'A | B', cores: 2, memoryGiB: 4, node: 'v20' },
  commit: 'abc',
  seconds: 1,
  rows: [
    {
      row: 'one',
      work: 'work',
      against: 'them',
      status: 'measured',
      notes: [],
      ours: 'a',
      peer: 'b',
      figures: [
        figure('work', 'u', summarise([1, 2, 3]), summarise([1, 1, 1]), summarise([1, 2, 3]), { op: '>=', value: 3, of: 'ratio' }),
        figure('lost', 'u', summarise([0]), undefined, undefined, { op: '<=', value: 0.05, of: 'ratio' })
      ]
    },
    { row: 'two', work: 'work', against: 'them', status: 'not built', notes: ['no attach | socket'], ours: 'a', figures: [] }
  ]
}

const reports = suite('report')

const NUMBERS: ReadonlyArray<readonly [value: number, text: string]> =
  [[1234.5, '1235'], [99.94, '99.9'], [0, '0.00'], [1.234, '1.23'], [0.0456, '0.046'], [-12.34, '-12.3'], [NaN, '-']]
for (const [value, text] of NUMBERS) reports(`number ${value} is ${text}`, () => { assert.is(number(value), text) })

reports('a target missed, and one that cannot be told', () => {
  const text = textTable(report)
  assert.match(text, /^one +work, against them +u +2\.00 \(1\.50\.\.2\.50\) +1\.00 \(1\.00\.\.1\.00\) +2\.00 \(1\.50\.\.2\.50\) +>= 3 +NO +3$/m)
  assert.match(text, /^ +lost +u +0\.00 +<= 0\.05 +\? +1$/m)
})

reports('what is not built has its reason and no figure', () => {
  const text = textTable(report)
  assert.match(text, /^two +work, against them +not built$/m)
  assert.match(text, /^two: no attach \| socket$/m)
})

reports('markdown: every line of the table has the same columns', () => {
  const table = markdown(report).split('\n').filter((line) => line.startsWith('|'))
  assert.is(table.length, 5)
  for (const line of table) assert.is(line.split(/(?<!\\)\|/).length, 11, line)
})

reports.run()
