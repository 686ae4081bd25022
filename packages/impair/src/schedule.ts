/**
 * Settings over time, from a file:
 *
 *     # seconds from the start, then words
 *     0      rate=10mbit delay=20ms
 *     2.5    rate=1mbit
 *     5      down=on
 *     6      down=off
 *     loop   8            begin again after 8 seconds
 */
import { applyChange, parseWords, splitWords, type Change } from './change.ts'
import type { Due, Engine } from './engine.ts'
import type { ImpairedLink } from './impaired-link.ts'
import { SECOND } from './limits.ts'
import type { WordFiles } from './words.ts'

/** What happens when. */
export interface Schedule {
  /** Nanoseconds from the start, ascending. */
  readonly steps: ReadonlyArray<{ readonly at: number, readonly change: Change }>
  /** Nanoseconds after which it begins again; 0: it does not. */
  readonly loop: number
}

const LINE = /^(\d{1,9}(?:\.\d{1,9})?)\s+(\S.*)$/
const LOOP = /^loop\s+(\d{1,9}(?:\.\d{1,9})?)$/

/** @throws {SyntaxError} a line that is none, times that go back, a loop shorter than the steps, no step */
export const parseSchedule = (text: string, files: WordFiles): Schedule => {
  const steps: Array<{ at: number, change: Change }> = []
  let loop = 0
  text.split('\n').forEach((raw, i) => {
    const line = raw.replace(/#.*/, '').trim()
    if (line === '') return
    const [, period] = LOOP.exec(line) ?? []
    if (period !== undefined) { loop = Number(period) * SECOND; return }
    const [, seconds, words] = LINE.exec(line) ?? []
    const at = Number(seconds) * SECOND
    if (words === undefined || at < (steps.at(-1)?.at ?? 0)) {
      throw new SyntaxError(`Cannot read line ${i + 1} of the schedule: found "${line.slice(0, 40)}", want SECONDS WORDS, seconds never less than before`)
    }
    steps.push({ at, change: parseWords(splitWords(words), files) })
  })
  if (steps.length === 0) throw new SyntaxError('Cannot read the schedule: it has no line with SECONDS WORDS')
  if (loop !== 0 && loop <= steps.at(-1)!.at) throw new SyntaxError('Cannot read the schedule: want a loop longer than its last time')
  return { steps, loop }
}

/** Runs a schedule on a link from its making on, until it has ended or is closed. */
export class ScheduleRun implements Due {
  readonly #engine: Engine
  readonly #link: ImpairedLink
  readonly #schedule: Schedule
  #start: number
  #next = 0
  #timer: number

  constructor (engine: Engine, link: ImpairedLink, schedule: Schedule) {
    this.#engine = engine
    this.#link = link
    this.#schedule = schedule
    this.#timer = engine.newTimer(this)
    this.#start = engine.now()
    // What holds from the start holds before the first frame.
    this.#applyUntil(0)
  }

  onDue (): void { this.#applyUntil(this.#engine.due[this.#timer] - this.#start) }

  #applyUntil (at: number): void {
    const { steps, loop } = this.#schedule
    while (this.#next < steps.length && steps[this.#next]!.at <= at) applyChange(this.#link, steps[this.#next++]!.change)
    if (this.#next < steps.length) return this.#wait(steps[this.#next]!.at)
    if (loop === 0) return this.close()
    this.#start += loop
    this.#next = 0
    this.#wait(steps[0]!.at)
  }

  #wait (at: number): void {
    this.#engine.due[this.#timer] = this.#start + at
    this.#engine.setTimer(this.#timer)
  }

  /** Idempotent: what is set stays. */
  close (): void {
    if (this.#timer >= 0) this.#engine.release(this.#timer)
    this.#timer = -1
  }
}
