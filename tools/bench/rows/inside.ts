/** The row of what is ours alone: nanoseconds and heap octets per frame by path, against the last result kept. */
import { unbuilt } from '../lib/clients.ts'
import { figure, type Settings } from '../lib/harness.ts'
import type { Figure, RowResult } from '../lib/row.ts'
import { Site } from '../lib/site.ts'
import { summarise } from '../lib/stats.ts'

const RUNS = 3
/** Frames per path; an octet per frame and more is an allocation. */
const HEAP = { op: '<=', value: 1, of: 'value', unit: 'octets' } as const
const MINUTE = 60_000

type Paths = Readonly<Record<string, readonly [ns: number, octets: number]>>

export const insideRow = {
  name: 'inside',
  work: 'nanoseconds and heap octets per frame inside our code, by path',
  against: 'last result kept in the repository',
  ours: 'our code, without system calls'
} as const

/** @param last the result kept of this row, null when there is none */
export const runInside = async (settings: Settings, last: RowResult | null): Promise<RowResult> => {
  const { name, ...titles } = insideRow
  const result = { row: name, ...titles }
  const runs: Paths[] = []
  try {
    for (let i = 0; i < (settings.runs ?? RUNS); i++) {
      runs.push(await runOnce(settings.seconds / 10))
      settings.log(`${name} ${i + 1}/${settings.runs ?? RUNS}: ${Object.keys(runs[0]!).length} paths`)
    }
  } catch (error) {
    return { ...result, status: 'failed', notes: [(error as Error).message], figures: [] }
  }
  const notes = last === null ? ['no result is kept yet to compare with'] : []
  return { ...result, status: 'measured', notes, figures: figuresOf(runs, last) }
}

const runOnce = async (seconds: number): Promise<Paths> => {
  const site = new Site()
  try {
    const program = site.start([...unbuilt('inside.ts', ['--expose-gc']), String(seconds)])
    const [line] = await program.says(/^\{.*\}\n/, MINUTE * 2)
    return JSON.parse(line) as Paths
  } finally {
    await site.close()
  }
}

const figuresOf = (runs: readonly Paths[], last: RowResult | null): Figure[] => Object.keys(runs[0] ?? {}).flatMap((path) => {
  const times = summarise(runs.map((run) => run[path]![0]))
  const octets = summarise(runs.map((run) => run[path]![1]))
  const before = last?.figures.find(({ what, unit }) => what === path && unit === 'ns')?.ours
  const ratio = before === undefined ? undefined : summarise([times.median / before.median])
  return [figure(path, 'ns', times, before, ratio), figure(path, 'heap octets', octets, undefined, undefined, HEAP)]
})
