/**
 * Impairments in words, the same everywhere: in `impair://[...]`, on a console, in a schedule, in an option.
 *
 *     delay=20ms  in.loss=1%  rate=10mbit  queue=100frames  aqm=codel  down=on
 *
 * `in.` and `out.` (the original's `rl.` and `lr.`) restrict a word to one direction. All words of a text are read before
 * any counts, so a text with a mistake changes nothing.
 */
import type { ImpairedLink } from './impaired-link.ts'
import type { Settings } from './settings.ts'
import { parseFlag } from './units.ts'
import { FLAGS, WORDS, wordHelp, type WordFiles } from './words.ts'

type Side = 'in' | 'out'
/** By what stands in front of the dot. */
const SIDES: ReadonlyMap<string, readonly Side[]> =
  new Map([['', ['in', 'out']], ['in', ['in']], ['out', ['out']], ['rl', ['in']], ['lr', ['out']]])

/** What a text of words does to a link. */
export interface Change {
  readonly in: (settings: Settings) => Settings
  readonly out: (settings: Settings) => Settings
  readonly flags: ReadonlyArray<readonly [side: Side, flag: keyof typeof FLAGS, isOn: boolean]>
}

/**
 * Reads words, each `[in.|out.|lr.|rl.]name[=value]`.
 * @throws {SyntaxError} an unknown word, or a value that cannot be read
 */
export const parseWords = (words: Iterable<readonly [name: string, value: string]>, files: WordFiles): Change => {
  const steps: Record<Side, Array<(settings: Settings) => Settings>> = { in: [], out: [] }
  const flags: Array<readonly [Side, keyof typeof FLAGS, boolean]> = []
  for (const [typed, value] of words) {
    const dot = typed.indexOf('.')
    const sides = SIDES.get(typed.slice(0, Math.max(0, dot)))
    const name = typed.slice(dot + 1)
    if (sides === undefined || (!Object.hasOwn(WORDS, name) && !Object.hasOwn(FLAGS, name))) throw unknownWord(typed)
    if (Object.hasOwn(FLAGS, name)) {
      const isOn = parseFlag(value, typed)
      for (const one of sides) flags.push([one, name as keyof typeof FLAGS, isOn])
    } else {
      const step = WORDS[name]!.read(value, typed, files)
      for (const one of sides) steps[one].push(step)
    }
  }
  return { in: all(steps.in), out: all(steps.out), flags }
}

const all = (steps: Array<(settings: Settings) => Settings>) => (settings: Settings): Settings =>
  steps.reduce((so, step) => step(so), settings)

const unknownWord = (typed: string): SyntaxError =>
  new SyntaxError(`Cannot read "${typed.slice(0, 40)}": want one of ${wordHelp().map(([name]) => name).join(', ')}, alone or behind in. or out.`)

/** The words of a line: `delay=20ms loss=1%`. */
export const splitWords = (line: string): Array<readonly [name: string, value: string]> =>
  line.split(/\s+/).filter((word) => word !== '').map((word) => {
    const equals = word.indexOf('=')
    return equals < 0 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)]
  })

/** Makes a change of a link, all of it at once. */
export const applyChange = (link: ImpairedLink, what: Change): void => {
  link.out.settings = what.out(link.out.settings)
  link.in.settings = what.in(link.in.settings)
  applyFlags(link, what)
}

/** The part of a change that is not settings. @param isOneWay nothing is done to the in direction */
export const applyFlags = (link: ImpairedLink, change: Pick<Change, 'flags'>, isOneWay: boolean = false): void => {
  const flags = change.flags.filter(([side]) => !isOneWay || side === 'out')
  for (const [side, flag, isOn] of flags) {
    if (flag === 'fifo') link[side].isFifo = isOn
  }
  const down = flags.filter(([, flag]) => flag === 'down')
  const isBoth = down.length === 2 && down[0]![2] === down[1]![2]
  if (isBoth) link.setUp('both', !down[0]![2])
  else for (const [side, , isOn] of down) link.setUp(side, !isOn)
}
