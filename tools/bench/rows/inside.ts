/**
 * The row of what is ours alone: nanoseconds and heap octets per frame by path, each in processes of its own. Against the
 * last result kept, or (`--against=DIR`) another checkout of this project, whose runs alternate with ours.
 */
import { unbuilt } from '../lib/clients.ts'
import { figure, type Settings } from '../lib/harness.ts'
import { repository } from '../lib/programs.ts'
import type { Figure, RowResult } from '../lib/row.ts'
import { Site } from '../lib/site.ts'
import { ratios, summarise } from '../lib/stats.ts'

const RUNS = 3
/** Frames per path; an octet per frame and more is an allocation. */
const HEAP = { op: '<=', value: 1, of: 'value', unit: 'octets' } as const
const MINUTE = 60_000

type Cost = readonly [ns: number, octets: number]

/** What to measure, and against what. */
export interface InsideOptions {
  /** Root of another checkout, built, with a `helpers/inside.ts` that knows what ours does; absent: the last result kept. */
  readonly against?: string
  /** Names of paths, or how they begin and `*`; absent: all. */
  readonly paths?: readonly string[]
}

/** What one path took, run by run. */
interface Taken { readonly name: string, readonly ours: Cost[], readonly other: Cost[], readonly otherName: string | null }

export const insideRow = {
  name: 'inside',
  work: 'nanoseconds and heap octets per frame inside our code, by path',
  against: 'last result kept in the repository',
  ours: 'our code, without system calls'
} as const

/** @param last the result kept of this row, null when there is none */
export const runInside = async (settings: Settings, last: RowResult | null, options: InsideOptions = {}): Promise<RowResult> => {
  const { name, ...titles } = insideRow
  const { against, paths } = options
  const result = { row: name, ...titles, ...(against === undefined ? {} : { against }) }
  const all: Taken[] = []
  try {
    const known = against === undefined ? [] : Object.keys(await runOnce(against, 0, 'list'))
    const names = Object.keys(await runOnce(repository, 0, 'list')).filter((one) => paths?.some(isNamed(one)) ?? true)
    for (const one of names) {
      const taken: Taken = { name: one, ours: [], other: [], otherName: counterpart(one, known) }
      for (let i = 0; i < (settings.runs ?? RUNS); i++) await takeTurns(taken, i, settings.seconds / 10, against)
      settings.log(`${name}: ${one}`)
      all.push(taken)
    }
  } catch (error) {
    return { ...result, status: 'failed', notes: [(error as Error).message], figures: [] }
  }
  const notes = last === null && against === undefined ? ['no result is kept yet to compare with'] : []
  return { ...result, status: 'measured', notes, figures: all.flatMap((taken) => figuresOf(taken, last, against)) }
}

const isNamed = (name: string) => (pattern: string): boolean => pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern

/** The path of the same name, or, of BASE, FEATURE, the base: before there was such a feature. */
const counterpart = (name: string, known: readonly string[]): string | null => {
  const bases = name.split(', ').map((_, i, words) => words.slice(0, words.length - i).join(', '))
  return bases.find((base) => known.includes(base)) ?? null
}

/** Who begins changes from run to run. */
const takeTurns = async (
  { name, ours, other, otherName }: Taken, run: number, seconds: number, against?: string
): Promise<void> => {
  const turns = [async (): Promise<void> => { ours.push((await runOnce(repository, seconds, name))[name]!) }]
  if (against !== undefined && otherName !== null) {
    turns.push(async () => { other.push((await runOnce(against, seconds, otherName))[otherName]!) })
  }
  for (const turn of run % 2 === 0 ? turns : turns.reverse()) await turn()
}

const runOnce = async (root: string, seconds: number, path: string): Promise<Readonly<Record<string, Cost>>> => {
  const site = new Site()
  try {
    const program = site.start([...unbuilt('inside.ts', ['--expose-gc'], root), String(seconds), path])
    const [line] = await program.says(/^\{.*\}\n/, MINUTE)
    return JSON.parse(line) as Readonly<Record<string, Cost>>
  } finally {
    await site.close()
  }
}

const figuresOf = ({ name, ours, other, otherName }: Taken, last: RowResult | null, against?: string): Figure[] => {
  const [ns, otherNs] = [ours, other].map((costs) => costs.map(([time]) => time)) as [number[], number[]]
  const times = summarise(ns)
  const heap = figure(name, 'heap octets', summarise(ours.map(([, octets]) => octets)), undefined, undefined, HEAP)
  if (against !== undefined) {
    const what = otherName === null || otherName === name ? name : `${name}, against ${otherName}`
    const theirs = otherNs.length === 0 ? [] as const : [summarise(otherNs), summarise(ratios(ns, otherNs))] as const
    return [figure(what, 'ns', times, ...theirs), heap]
  }
  const before = last?.figures.find(({ what, unit }) => what === name && unit === 'ns')?.ours
  return [figure(name, 'ns', times, before, before === undefined ? undefined : summarise([times.median / before.median])), heap]
}
