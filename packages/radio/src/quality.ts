/**
 * What a radio link is worth: the contract between whoever knows distances and whoever carries frames.
 *
 *     distance of a pair --QualityModel, once per direction--> Quality: settings of the impairment engine | null: no link
 *
 * "No link" is null, never a number. A quality is all knobs of one direction, each in effect by itself; the direction from a
 * to b is impaired where b receives.
 */
import { parseWords, splitWords } from '@vde-ts/impair/change.js'
import type { Settings } from '@vde-ts/impair/settings.js'
import { INITIAL, type WordFiles } from '@vde-ts/impair/words.js'

/** One direction of a link that is there. Never changed once made: what is the same is often the same object. */
export type Quality = Settings

/** A pure function: the same arguments give an equal answer, on any machine, whatever was asked before. */
export interface QualityModel {
  /**
   * The direction `from` -> `to`, names of nodes, when they are `distance` metres apart (>= 0, finite).
   * @param isOpen whether the direction is open before this step: all that a model may know of the past
   */
  quality (distance: number, from: string, to: string, isOpen: boolean): Quality | null
  /** Metres beyond which there is never a link; Infinity where the model cannot say. */
  readonly reach: number
}

const NO_FILES: WordFiles = {
  readFile: (path) => { throw new SyntaxError(`Cannot read the table "${path.slice(0, 40)}": a quality names no files, want a law`) }
}

/**
 * What words of the impairment engine, `rate=1mbit delay=5ms`, make of a quality.
 * @throws {SyntaxError} an unknown word, a value that cannot be read, a side (`in.`, `out.`), `down` or `fifo`
 */
export const readQuality = (words: string): (base: Quality) => Quality => {
  const typed = splitWords(words)
  const sided = typed.find(([name]) => name.includes('.'))
  if (sided !== undefined) {
    throw new SyntaxError(`Cannot read "${sided[0].slice(0, 40)}": a quality is of one direction, want the word without its side`)
  }
  const { out, flags } = parseWords(typed, NO_FILES)
  if (flags.length > 0) throw new SyntaxError(`Cannot read "${flags[0]![1]}": a quality has settings only, want another word`)
  return out
}

/** The quality that words tell of a link that has nothing else. @throws {SyntaxError} as {@link readQuality} */
export const qualityOf = (words: string, base: Quality = INITIAL): Quality => readQuality(words)(base)
