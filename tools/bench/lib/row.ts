/**
 * The contract of a row: what one line of the table measures. A row is two sides, ours and the peer's, which the harness
 * opens and measures in turn; each run opens a side anew, so that the luck of one start does not colour all of them.
 */
import type { Need } from './needs.ts'
import type { Site } from './site.ts'
import type { Summary } from './stats.ts'

/** What one run found: its figure, and what else was counted on the way (retransmits, losses). */
export interface Sample {
  readonly value: number
  readonly extra?: Readonly<Record<string, number>>
}

/** Measures for about `seconds`, on a side that is open. */
export type Measure = (seconds: number) => Promise<Sample>

/** One contender. */
export interface Side {
  /** For people: `vde_switch + vdens, offload`. */
  readonly name: string
  /** What must be there. A side that lacks one is named in the report and not measured. */
  readonly needs: readonly Need[]
  /** Starts everything. All of it belongs to `site`, which ends it. @throws {Error} what could not be started and why */
  open (site: Site): Promise<Measure>
}

/** A figure to reach: of the ratio, or (`of: 'value'`) of our own figure. */
export interface Target {
  readonly op: '>=' | '<='
  readonly value: number
  readonly of: 'ratio' | 'value'
  /** Unit of the target of a value. */
  readonly unit?: string
}

/** A second figure of the same runs, by its name in `Sample.extra`. */
export interface Also {
  readonly extra: string
  readonly unit: string
  readonly target?: Target
}

export interface Row {
  readonly name: string
  readonly work: string
  readonly against: string
  readonly unit: string
  readonly target?: Target
  readonly also?: readonly Also[]
  readonly ours: Side
  /** Absent: nothing to compare with. */
  readonly peer?: Side
  /** Runs when nothing is said; costly rows ask for fewer. */
  readonly runs?: number
}

/** One line of the table. */
export interface Figure {
  readonly what: string
  readonly unit: string
  readonly ours: Summary
  readonly peer?: Summary
  readonly ratio?: Summary
  readonly target?: Target
  /** Absent when there is no target, or nothing to hold against it. */
  readonly met?: boolean
}

/** What became of a row. */
export interface RowResult {
  readonly row: string
  readonly work: string
  readonly against: string
  /** `partly`: only ours could be measured, or only some of the runs. */
  readonly status: 'measured' | 'partly' | 'not built' | 'missing' | 'failed'
  /** Why, where it is not simply measured. */
  readonly notes: readonly string[]
  readonly ours: string
  readonly peer?: string
  readonly figures: readonly Figure[]
}
