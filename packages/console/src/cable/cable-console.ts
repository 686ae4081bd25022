/**
 * The console of whoever runs cables: what `port/impair` is for the ports of a switch, for cables that carry frames already.
 */
import { formatWords, type Change, type Direction, type DirectionFlags, type ImpairedLink } from '@vde-ts/impair'
import { escapeControls } from '@vde-ts/frame/escape.js'
import { VdeError } from '@vde-ts/link'
import { CommandTable, type Row } from '../command.ts'
import { Console } from '../console.ts'
import { EventHub } from '../events.ts'
import { generalCommands } from '../general-commands.ts'
import { linkFacts, linkLines, readChange } from '../switch/impair-commands.ts'
import { VERSION } from '../version.ts'

/** One running cable. */
export interface ImpairableCable {
  /** Of its interface, or of the command: one word. */
  readonly name: string
  /** What it leads to, for people. */
  readonly label: string
  readonly link: ImpairedLink
  change (change: Change): void
}

/** The cables of a process, by name. */
export type Cables = ReadonlyMap<string, ImpairableCable>

const PROMPT = 'vdecable$ '
const BANNER = `\nVDE cable V.${VERSION}\n(C) 2026 the vde-ts authors - MIT\n`

/** @throws {VdeError} ENOENT */
const find = (cables: Cables, name: string): ImpairableCable => {
  const cable = cables.get(name)
  if (cable === undefined) throw new VdeError('ENOENT', 'find a cable', `got "${name}", want ${[...cables.keys()].join(' or ')}`)
  return cable
}

const flagsOf = ({ isFifo, isUp }: Direction): DirectionFlags => ({ fifo: isFifo, down: !isUp })

/** What is set for a link; a law that was read from a file has no words. */
const wordsOf = ({ in: inward, out }: ImpairedLink): string => {
  try {
    return formatWords(inward.settings, out.settings, { in: flagsOf(inward), out: flagsOf(out) })
  } catch { return 'delay from a file' }
}

const rows: ReadonlyArray<Row<Cables>> = [
  {
    path: 'cable/print',
    syntax: '',
    help: 'list the cables: name, what they lead to, what is set for them',
    output: 'data',
    * run (cables) { for (const { name, label, link } of cables.values()) yield `${name} ${escapeControls(label)} ${wordsOf(link)}`.trimEnd() },
    json: (cables) => [...cables.values()].map(({ name, label, link }) => ({ name, label, words: wordsOf(link) }))
  },
  {
    path: 'cable/impair',
    syntax: 'NAME WORD...',
    help: 'put a bad link in the way of a cable, words as in vnl(7): [in|out] delay=20ms loss=1%; out: into its network; off: none',
    run (cables, args) {
      const cable = find(cables, args.word(0, 'NAME'))
      cable.change(readChange(args))
    }
  },
  {
    path: 'cable/impaired',
    syntax: 'NAME',
    help: 'print what the bad link of a cable has done',
    output: 'data',
    run: (cables, args) => linkLines(find(cables, args.word(0, 'NAME')).link),
    json: (cables, args) => linkFacts(find(cables, args.word(0, 'NAME')).link)
  }
]

/** The commands in the order of `help`. A cable ends with what runs it, which other ways lead to. */
export const cableTable = (): CommandTable<Cables> =>
  new CommandTable<Cables>(generalCommands<Cables>('').filter(({ path }) => path !== 'shutdown'), rows)

/** A console for the cables of a process. `onDefect` hears of exceptions in commands that are our own mistakes. */
export const cableConsole = (cables: Cables, onDefect: (error: unknown, line: string) => void = () => {}): Console<Cables> =>
  new Console({ table: cableTable(), context: cables, banner: BANNER, prompt: PROMPT, events: new EventHub(), onDefect })
