/** The table, on the terminal and in Markdown, and the result as JSON. */
import type { Machine } from './machine.ts'
import type { Figure, RowResult, Target } from './row.ts'
import type { Summary } from './stats.ts'

/** A whole run of the benchmark, as it is written. */
export interface Report {
  readonly machine: Machine
  /** Short hash of the commit that was measured; `+` behind it when files were changed. */
  readonly commit: string
  readonly seconds: number
  readonly rows: readonly RowResult[]
}

/** Three digits that matter, without powers of ten. */
export const number = (value: number): string => {
  if (Number.isNaN(value)) return '-'
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  return size >= 10 ? value.toFixed(1) : size >= 0.1 || value === 0 ? value.toFixed(2) : value.toFixed(3)
}

/** `median (q1..q3)`; one run has no spread. */
const spread = (summary: Summary | undefined): string => {
  if (summary === undefined) return ''
  if (summary.runs < 2) return number(summary.median)
  return `${number(summary.median)} (${number(summary.q1)}..${number(summary.q3)})`
}

const wanted = (target: Target | undefined): string =>
  target === undefined ? '' : `${target.op} ${target.value}${target.unit === undefined ? '' : ` ${target.unit}`}`

const verdict = ({ target, met }: Figure): string => target === undefined ? '' : met === undefined ? '?' : met ? 'yes' : 'NO'

const HEAD = ['row', 'what', 'unit', 'ours', 'peer', 'ratio', 'target', 'met', 'runs'] as const

const lines = (rows: readonly RowResult[]): string[][] => rows.flatMap(({ row, work, against, status, figures }) => {
  const title = `${work}, against ${against}`
  if (figures.length === 0) return [[row, title, '', status, '', '', '', '', '']]
  return figures.map((figure, i) => [
    i === 0 ? row : '', i === 0 && figure.what === work ? title : figure.what, figure.unit, spread(figure.ours),
    spread(figure.peer), spread(figure.ratio), wanted(figure.target), verdict(figure), String(figure.ours.runs)
  ])
})

const notes = (rows: readonly RowResult[]): string[] => rows.flatMap(({ row, notes }) => notes.map((note) => `${row}: ${note}`))

const facts = ({ machine, commit, seconds }: Report): string =>
  `${machine.date}, Linux ${machine.kernel}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ` +
  `Node ${machine.node}, commit ${commit}, ${seconds} s a run`

/** Columns for a terminal. */
export const textTable = (report: Report): string => {
  const table = [[...HEAD], ...lines(report.rows)]
  const widths = HEAD.map((_, column) => Math.max(...table.map((line) => line[column]!.length)))
  const text = table.map((line) => line.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd())
  return [facts(report), '', ...text, '', ...notes(report.rows), 'Medians (quartiles); ratios are ours to the peer\'s, pair by pair.'].join('\n')
}

export const markdown = (report: Report): string => {
  const table = lines(report.rows).map((line) => `| ${line.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
  const rest = notes(report.rows).map((note) => `* ${note.replaceAll('\n', ' ')}`)
  return [
    `# Benchmark of ${report.machine.date.slice(0, 10)}`, '', facts(report), '',
    'Medians with their quartiles in brackets; ratios are ours to the peer\'s, pair by pair. How it is measured: `tools/bench/README.md`.', '',
    `| ${HEAD.join(' | ')} |`, `| ${HEAD.map(() => '---').join(' | ')} |`, ...table, '', ...rest, ...(rest.length > 0 ? [''] : [])
  ].join('\n')
}
