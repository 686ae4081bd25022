/** Commands every console has: help, load, the ends, why, and events. */
import { escapeControls } from '@vde-ts/frame/escape.js'
import { VdeError } from '@vde-ts/link'
import { fromStart } from '@vde-ts/link/start-directory.js'
import type { Args, Call, Row } from './command.ts'
import { tagText, type Topic } from './events.ts'
import { readScript } from './script.ts'

/** `help`, `logout`, `shutdown`, `why`; what a program adds to these comes behind them. `what` is ended by shutdown. */
export const generalCommands = <C>(what: string): Array<Row<C>> => [
  {
    path: 'help',
    syntax: '[arg]',
    help: 'list the commands (those that begin with arg)',
    output: 'data',
    run: (_, args, { console }) => console.table.help(args.words[0] ?? '')
  },
  { path: 'logout', syntax: '', help: 'end this session', ends: 'logout', run: () => {} },
  { path: 'shutdown', syntax: '', help: `end the ${what}`, ends: 'shutdown', run: () => {} },
  {
    path: 'why',
    syntax: '',
    help: 'tell why the last line that was refused was',
    isOurs: true,
    output: 'data',
    wantsSession: true,
    run: (_, _args, { subscriber }) => subscriber!.refusal == null ? [] : [escapeControls(subscriber!.refusal.message)],
    json: (_, _args, { subscriber }) => subscriber!.refusal ?? null
  }
]

/**
 * `load PATH`: every line is echoed and answered; a session that may call it may read any file that the program may.
 */
export const loadCommand = <C>(echo: Echo = (path, line) => `vde[${path}]: ${line}\n`): Row<C> => ({
  path: 'load',
  syntax: 'path',
  help: 'run the commands in a file',
  output: 'raw',
  wantsSession: true,
  run: (_, args, call) => load(args.words.join(' '), call, echo)
})

/** How a line of a file is shown in front of its reply. */
type Echo = (path: string, line: string) => string

/** Echoes each line, then answers it as if it had been typed. */
function * load <C> (path: string, { console, subscriber, depth }: Call<C>, echo: Echo): Generator<string> {
  const shown = escapeControls(path)
  for (const line of readScript(fromStart(path))) {
    yield echo(shown, escapeControls(line))
    yield * console.execute(line, subscriber, depth + 1)
  }
}

const CATEGORIES = ['CATEGORY               TAG STATUS HELP', '------------           --- ------ ----']

/** `debug/`: which categories exist, and which of them this session hears. */
export const debugCommands = <C>(): Array<Row<C>> => [
  { path: 'debug', help: 'EVENTS' },
  {
    path: 'debug/list',
    syntax: '',
    help: 'list the categories of events',
    output: 'data',
    wantsSession: true,
    run: (_, args, call) => listCategories(args, call)
  },
  {
    path: 'debug/add',
    syntax: 'dbgpath',
    help: 'show the events of the categories that begin so',
    wantsSession: true,
    run: (_, args, { console, subscriber }) => { console.events.subscribe(subscriber!, args.words[0] ?? '') }
  },
  {
    path: 'debug/del',
    syntax: 'dbgpath',
    help: 'show them no longer',
    wantsSession: true,
    run: (_, args, { console, subscriber }) => { console.events.unsubscribe(subscriber!, args.words[0] ?? '') }
  }
]

function * listCategories <C> (args: Args, { console, subscriber }: Call<C>): Generator<string> {
  yield * CATEGORIES
  const topics = [...console.events.matching(args.words[0] ?? '')]
  if (topics.length === 0) throw new VdeError('ENOENT', 'list events', 'no category begins so')
  for (const topic of topics) yield categoryLine(topic, topic.has(subscriber!))
}

const categoryLine = ({ category }: Topic, isOn: boolean): string =>
  `${category.path.padEnd(22)} ${tagText(category.tag)} ${(isOn ? 'ON' : 'OFF').padEnd(6)} ${category.help}`
