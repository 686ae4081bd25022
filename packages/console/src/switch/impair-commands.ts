/** `port/impair`: a bad link in front of a port. */
import { INITIAL, parseWords, splitWords, type Change, type ImpairedLink } from '@vde-ts/impair'
import { VdeError } from '@vde-ts/link'
import type { Args, Row } from '../command.ts'
import { counterLines, directionFacts } from '../wirefilter/show-info.ts'
import type { SwitchContext } from './context.ts'

/** Only words without files: a console may be reached by others than the owner of the switch's files. */
const NO_FILES = {
  readFile (): never { throw new VdeError('EPERM', 'read a table', 'a switch reads no files for its ports') }
}

/** Everything as it is without a bad link. */
const OFF: Change = { in: () => INITIAL, out: () => INITIAL, flags: parseWords(splitWords('fifo=on down=off'), NO_FILES).flags }

/** Everything as `text` says, and nothing else. @throws {SyntaxError} an unknown word, or a value that cannot be read */
export const readPortChange = (text: string): Change => {
  const words = parseWords(splitWords(text), NO_FILES)
  return { in: () => words.in(INITIAL), out: () => words.out(INITIAL), flags: [...OFF.flags, ...words.flags] }
}

/** `[in|out] WORD...`, or `off`, behind the first word. @throws {VdeError | SyntaxError} */
export const readChange = (args: Args): Change => {
  const [first = '', ...rest] = args.words.slice(1)
  if (first === 'off' && rest.length === 0) return OFF
  const isSided = first === 'in' || first === 'out'
  const words = splitWords((isSided ? rest : [first, ...rest]).join(' '))
  if (words.length === 0) throw new VdeError('EINVAL', 'impair a link', 'words are missing, as delay=20ms')
  return parseWords(isSided ? words.map(([name, value]) => [`${first}.${name}`, value] as const) : words, NO_FILES)
}

/** Rows for the table of a switch. */
export const impairCommands: ReadonlyArray<Row<SwitchContext>> = [
  {
    path: 'port/impair',
    syntax: 'N WORD...',
    help: 'put a bad link in front of port N, words as in vnl(7): [in|out] delay=20ms loss=1%; in: what comes from the port; off: none',
    isOurs: true,
    run: ({ sw, impairments }, args) => {
      impairments.change(sw.port(args.int(0, 'N', 0)), readChange(args))
    }
  },
  {
    path: 'port/impaired',
    syntax: 'N',
    help: 'print what the bad links of port N have done',
    output: 'data',
    isOurs: true,
    * run ({ sw, impairments }, args) {
      for (const link of impairments.linksOf(sw.port(args.int(0, 'N', 0)))) yield * linkLines(link)
    },
    json: ({ sw, impairments }, args) => impairments.linksOf(sw.port(args.int(0, 'N', 0))).map(linkFacts)
  }
]

/** What a bad link has done. */
export function * linkLines (link: ImpairedLink): Generator<string> {
  yield `link ${link.label} seed ${link.seed}`
  yield * counterLines('in', link.in)
  yield * counterLines('out', link.out)
}

/** The same as a value. */
export const linkFacts = (link: ImpairedLink): object =>
  ({ label: link.label, seed: link.seed, in: directionFacts(link.in), out: directionFacts(link.out) })
