/**
 * The benchmark: `pnpm bench [--list] [--only=ROW,...] [--runs=N] [--seconds=N] [--quick] [--write] [--anyway]
 * [--against=DIR] [--paths=NAME;...]`.
 *
 * Measures the rows below on this machine and prints a table. A whole run is also written to `results/`, as DATE.json and
 * DATE.md. See README.md for how it is measured.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runRow, type Settings } from './lib/harness.ts'
import { machine } from './lib/machine.ts'
import { Needs, type Need } from './lib/needs.ts'
import { watchOthers } from './lib/others.ts'
import { repository } from './lib/programs.ts'
import { markdown, textTable, type Report } from './lib/report.ts'
import type { Row, RowResult } from './lib/row.ts'
import { closeSites } from './lib/site.ts'
import { impairRows } from './rows/impair.ts'
import { insideRow, runInside, type InsideOptions } from './rows/inside.ts'
import { labRows } from './rows/lab.ts'
import { radioRows } from './rows/radio.ts'
import { scaleRows } from './rows/scale.ts'
import { schemeRows } from './rows/schemes.ts'
import { slirpRows } from './rows/slirp.ts'
import { smallRows } from './rows/small.ts'
import { tcpRows } from './rows/tcp.ts'

const ROWS: readonly Row[] =
  [...tcpRows, ...smallRows, ...scaleRows, ...schemeRows, ...slirpRows, ...impairRows, ...labRows, ...radioRows]
const NAMES: readonly string[] = [...ROWS.map(({ name }) => name), insideRow.name]
const RESULTS = fileURLToPath(new URL('results/', import.meta.url))
const SECONDS = 3
const QUICK = { runs: 1, seconds: 1 }
/** Features of ours that `--anyway` takes as built, so that their rows can be tried over the path there is. */
const WAIVED: readonly Need[] = ['attach']

interface Options extends Settings {
  readonly only: readonly string[]
  readonly isQuick: boolean
  readonly writes: boolean
  readonly inside: InsideOptions
}

const refuse = (why: string): never => {
  console.error(`bench: ${why}`)
  process.exit(2)
}

/** A whole number from 1 up, or undefined when it was not given. */
const count = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,5}$/.test(text)) return refuse(`Cannot read --${name}: "${text}" found, a whole number from 1 up wanted`)
  return Number(text)
}

const parse = (): ReturnType<typeof parseArgs<typeof FLAGS>>['values'] => {
  try {
    return parseArgs(FLAGS).values
  } catch (error) {
    return refuse((error as Error).message)
  }
}

const FLAGS = {
  options: {
    list: { type: 'boolean' },
    only: { type: 'string' },
    runs: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
    anyway: { type: 'boolean' },
    against: { type: 'string' },
    paths: { type: 'string' }
  }
} as const

const readOptions = (): Options => {
  const { only, runs, seconds, quick = false, write = false, anyway = false, against, paths } = parse()
  const names = only?.split(',').filter((name) => name !== '') ?? NAMES
  const unknown = names.find((name) => !NAMES.includes(name))
  if (unknown !== undefined) refuse(`Cannot measure "${unknown}": no such row, see --list`)
  if (write && anyway) refuse('Cannot keep the results: --anyway measures other paths than the rows say')
  const wanted = count('runs', runs) ?? (quick ? QUICK.runs : undefined)
  return {
    only: names,
    isQuick: quick,
    ...(wanted === undefined ? {} : { runs: wanted }),
    seconds: count('seconds', seconds) ?? (quick ? QUICK.seconds : SECONDS),
    writes: write || (only === undefined && !quick && !anyway && against === undefined && paths === undefined),
    inside: { ...(against === undefined ? {} : { against: resolve(against) }), ...(paths === undefined ? {} : { paths: paths.split(';') }) },
    needs: new Needs(anyway ? WAIVED : []),
    isStrict: !anyway,
    log (line) { console.error(`  ${line}`) },
    others: watchOthers
  }
}

const list = (): void => {
  const width = Math.max(...NAMES.map((name) => name.length))
  for (const { name, work, against } of [...ROWS, insideRow]) console.log(`${name.padEnd(width)}  ${work}, against ${against}`)
}

/** The row of the latest whole result that is kept; null when there is none. */
const lastResult = (name: string): RowResult | null => {
  const file = readdirSync(RESULTS).filter((entry) => /^\d{4}-\d\d-\d\d\.json$/.test(entry)).sort().at(-1)
  if (file === undefined) return null
  const report = JSON.parse(readFileSync(join(RESULTS, file), 'utf8')) as Report
  return report.rows.find(({ row }) => row === name) ?? null
}

const commit = (): string => {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    return git('rev-parse', '--short', 'HEAD').trim() + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+')
  } catch {
    return 'unknown'
  }
}

const write = (report: Report, options: Options): void => {
  const isWhole = options.only === NAMES && !options.isQuick
  const base = join(RESULTS, report.machine.date.slice(0, 10) + (isWhole ? '' : '-partial'))
  writeFileSync(`${base}.json`, `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(`${base}.md`, markdown(report))
}

const main = async (): Promise<void> => {
  const options = readOptions()
  const rows: RowResult[] = []
  const report: Report = { machine: machine(), commit: commit(), seconds: options.seconds, rows }
  const last = lastResult(insideRow.name)
  const add = (row: RowResult): void => {
    rows.push(row)
    if (options.writes) write(report, options) // after each: a run that is ended early keeps what it has
  }
  for (const row of ROWS) {
    if (options.only.includes(row.name)) add(await runRow(row, options))
  }
  if (options.only.includes(insideRow.name)) add(await runInside(options, last, options.inside))
  console.log(textTable(report))
  if (!options.isStrict) console.log('Tried with --anyway: rows of the fast path were measured over the path there is.')
  if (rows.some(({ status }) => status === 'failed')) process.exitCode = 1
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => { void closeSites().finally(() => { process.exit(1) }) })
}
if (parse().list === true) list()
else await main()
