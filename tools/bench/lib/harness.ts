/**
 * Runs rows: ours and the peer's in turn, the order swapped from run to run, so that whatever the machine does meanwhile
 * hits both. What fails costs its own run; a row that keeps failing costs itself, never the others.
 */
import type { Lack, Needs } from './needs.ts'
import type { Figure, Row, RowResult, Sample, Side, Target } from './row.ts'
import { Site } from './site.ts'
import { ratios, summarise, type Summary } from './stats.ts'

export interface Settings {
  /** Runs of each side; absent: what the row asks for. */
  readonly runs?: number
  /** Seconds one run measures. */
  readonly seconds: number
  readonly needs: Pick<Needs, 'lacks'>
  /** False: rows are measured over whatever path there is, to try the harness out. */
  readonly isStrict: boolean
  /** Hears of progress, one line at a time. */
  log (line: string): void
  /** Starts looking at what else the machine does; the function answers the share of the processors that it took. */
  others (): () => number
}

/** Runs of a row that says nothing. */
const RUNS = 9
/** Failures in one row after which it is given up. */
const FAILURES = 2

/** What others may take of the processors during a run; with more it is tried again, so many times in all. */
const DISTURBED = 0.05
const TRIES = 3

interface Run { readonly sample: Sample, readonly disturbed: number }

const measureOnce = async (side: Side, { seconds, isStrict, others }: Settings): Promise<Run> => {
  const site = new Site(isStrict)
  let run: Run
  try {
    const measure = await side.open(site)
    const taken = others()
    let sample: Sample
    let disturbed: number
    try {
      sample = await measure(seconds)
    } finally {
      disturbed = taken()
    }
    run = { sample, disturbed }
  } catch (error) {
    // The first error is the reason; what cannot be cleaned up after it usually follows from it.
    await site.close().catch(() => {})
    throw error
  }
  await site.close()
  return run
}

/** Until nobody disturbs, or patience ends: then the least disturbed. */
const measureQuietly = async (side: Side, settings: Settings): Promise<Run> => {
  let best: Run | null = null
  for (let i = 0; i < TRIES; i++) {
    const run = await measureOnce(side, settings)
    if (best === null || run.disturbed < best.disturbed) best = run
    if (run.disturbed <= DISTURBED) break
    settings.log(`disturbed: others took ${percent(run.disturbed)} of the processors, ${show(run.sample)} is not counted`)
  }
  return best!
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`

export const runRow = async (row: Row, settings: Settings): Promise<RowResult> => {
  const lacks = await settings.needs.lacks(row.ours.needs)
  if (lacks.length > 0) return unmeasured(row, lacks)
  const peerLacks = row.peer === undefined ? [] : await settings.needs.lacks(row.peer.needs)
  const peer = peerLacks.length === 0 ? row.peer : undefined
  const notes = peerLacks.map(({ reason }) => `no figure of the peer: ${reason}`)
  const { ours, theirs, failures, disturbed } = await runPairs(row, peer, settings)
  notes.push(...failures)
  const figures = ours.length === 0 ? [] : figuresOf(row, ours, theirs)
  const status = ours.length === 0 ? 'failed' : notes.length > 0 ? 'partly' : 'measured'
  if (disturbed.length > 0) {
    notes.push(`${disturbed.length} runs were disturbed: others took up to ${percent(Math.max(...disturbed))} of the processors`)
  }
  return { ...titles(row), status, notes, figures }
}

type Titles = Pick<RowResult, 'row' | 'work' | 'against' | 'ours' | 'peer'>

const titles = ({ name, work, against, ours, peer }: Row): Titles =>
  ({ row: name, work, against, ours: ours.name, ...(peer === undefined ? {} : { peer: peer.name }) })

const unmeasured = (row: Row, lacks: readonly Lack[]): RowResult => ({
  ...titles(row),
  status: lacks.some(({ isOurs }) => isOurs) ? 'not built' : 'missing',
  notes: lacks.map(({ reason }) => reason),
  figures: []
})

interface Runs { readonly ours: Sample[], readonly theirs: Sample[], readonly failures: string[], readonly disturbed: number[] }

const runPairs = async (row: Row, peer: Side | undefined, settings: Settings): Promise<Runs> => {
  const runs: Runs = { ours: [], theirs: [], failures: [], disturbed: [] }
  const count = settings.runs ?? row.runs ?? RUNS
  for (let i = 0; i < count && runs.failures.length < FAILURES; i++) {
    const order = peer === undefined ? [row.ours] : i % 2 === 0 ? [row.ours, peer] : [peer, row.ours]
    const found = new Map<Side, Sample>()
    try {
      for (const side of order) {
        const { sample, disturbed } = await measureQuietly(side, settings)
        if (disturbed > DISTURBED) runs.disturbed.push(disturbed)
        found.set(side, sample)
        settings.log(`${row.name} ${i + 1}/${count} ${side === row.ours ? 'ours' : 'peer'}: ${show(sample)} ${row.unit}`)
      }
      // Only whole pairs count: half of one would shift the pairs behind it.
      runs.ours.push(found.get(row.ours)!)
      if (peer !== undefined) runs.theirs.push(found.get(peer)!)
    } catch (error) {
      const failed = order[found.size]!.name
      runs.failures.push(`run ${i + 1} of ${failed}: ${(error as Error).message}`)
      settings.log(`${row.name} ${i + 1}/${count} failed, ${failed}: ${(error as Error).message}`)
    }
  }
  return runs
}

const show = (sample: Sample): string => sample.value.toPrecision(4)

const figuresOf = (row: Row, ours: readonly Sample[], theirs: readonly Sample[]): Figure[] => {
  const pick = (samples: readonly Sample[], extra: string | null): number[] =>
    samples.map((sample) => extra === null ? sample.value : sample.extra?.[extra] ?? NaN)
  const line = (what: string, unit: string, extra: string | null, target?: Target): Figure => {
    const mine = pick(ours, extra)
    const other = pick(theirs, extra)
    const ratio = ratios(mine, other)
    return figure(what, unit, summarise(mine), other.length > 0 ? summarise(other) : undefined,
      ratio.length > 0 ? summarise(ratio) : undefined, target)
  }
  const extras = (row.also ?? []).map(({ extra, unit, target }) => line(extra, unit, extra, target))
  return [line(row.work, row.unit, null, row.target), ...extras]
}

/** A line of the table, its target held against its medians. */
export const figure = (
  what: string, unit: string, ours: Summary, peer?: Summary, ratio?: Summary, target?: Target
): Figure => ({
  what,
  unit,
  ours,
  ...(peer === undefined ? {} : { peer }),
  ...(ratio === undefined ? {} : { ratio }),
  ...(target === undefined ? {} : { target, ...verdict(target, ours, ratio) })
})

const verdict = (target: Target, ours: Summary, ratio: Summary | undefined): { met?: boolean } => {
  const value = target.of === 'value' ? ours.median : ratio?.median
  if (value === undefined) return {}
  return { met: target.op === '>=' ? value >= target.value : value <= target.value }
}
