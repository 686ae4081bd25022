/**
 * From a dpipe command line to pipes. Pure: words in, a table out.
 *
 * Between two neighbours run two lanes, one to the right and one to the left. Walking over the commands, `rightward` is
 * the pipe that what comes next reads, `leftward` the one that it writes:
 *
 *     A = B       A.1 --rightward--> B.0      B.1 --leftward--> A.0
 *     duplex      takes both on 0 and 1, starts new ones on its alternate descriptors
 *     =} B }=     takes `rightward` on 0, starts a new one on 1; `leftward` passes it by
 *     ={ B {=     gives `leftward` on 1, starts a new one on 0; `rightward` passes it by
 *
 * Brackets nest: inside of `=} … }=` a plain `=` joins filters of the same direction.
 */
import { UsageError } from '../command.ts'

/** Numbers of pipes; each has one reader and one writer. */
export interface PlannedCommand {
  readonly argv: readonly string[]
  /** What becomes descriptor 0 and 1. */
  readonly input: number
  readonly output: number
  /** The right-hand neighbour, for a command with two of them; else -1. */
  readonly alternateInput: number
  readonly alternateOutput: number
}

/** All commands, from left to right; pipes are numbered 0..pipes - 1. */
export interface Plan {
  readonly commands: readonly PlannedCommand[]
  readonly pipes: number
}

interface Segment {
  readonly argv: string[]
  /** '' both directions, '}' to the right, '{' to the left. */
  readonly mode: string
}

const SEPARATOR = /^([{}]?)=([{}]?)$/

/** @throws {UsageError} fewer than two commands, an empty one, brackets that do not pair */
export const planPipes = (words: readonly string[]): Plan => {
  const segments = split(words)
  const commands: PlannedCommand[] = []
  let pipes = 2
  let rightward = 0
  let leftward = 1
  segments.forEach(({ argv, mode }, i) => {
    const none = { argv, alternateInput: -1, alternateOutput: -1 }
    if (i === 0) commands.push({ ...none, input: leftward, output: rightward })
    else if (i === segments.length - 1) commands.push({ ...none, input: rightward, output: leftward })
    else if (mode === '}') commands.push({ ...none, input: rightward, output: rightward = pipes++ })
    else if (mode === '{') commands.push({ ...none, output: leftward, input: leftward = pipes++ })
    else {
      commands.push({
        argv, input: rightward, output: leftward, alternateOutput: rightward = pipes++, alternateInput: leftward = pipes++
      })
    }
  })
  return { commands, pipes }
}

const split = (words: readonly string[]): Segment[] => {
  const open: string[] = []
  const segments: Segment[] = [{ argv: [], mode: '' }]
  for (const word of words) {
    const found = SEPARATOR.exec(word)
    if (found === null) {
      // The C program takes any word that starts with = for a separator. Such a word is more likely a slip.
      if (word.startsWith('=')) throw new UsageError(`Cannot read '${word}': want one of = =} }= ={ {= between commands`)
      segments.at(-1)!.argv.push(word)
      continue
    }
    const [, closing, opening] = found
    if (closing !== '' && open.pop() !== closing) throw new UsageError(`Cannot read '${word}': it closes no =${closing} before it`)
    if (opening !== '') open.push(opening!)
    segments.push({ argv: [], mode: open.at(-1) ?? '' })
  }
  if (open.length > 0) throw new UsageError(`Cannot read the command line: =${open.at(-1)} is not closed, want ${open.at(-1)}= before the last command`)
  if (segments.length < 2) throw new UsageError('Cannot read the command line: one command found, want at least two with = between them')
  const empty = segments.findIndex(({ argv }) => argv.length === 0)
  if (empty >= 0) throw new UsageError(`Cannot read the command line: command ${empty + 1} is empty`)
  return segments
}
