/** The console of a wirefilter: the original's greeting, prompt and commands, and ours. */
import { CommandTable } from '../command.ts'
import { Console } from '../console.ts'
import { EventHub } from '../events.ts'
import { generalCommands, loadCommand } from '../general-commands.ts'
import { VERSION } from '../version.ts'
import { MARKOV_EVENTS, wirefilterRows } from './commands.ts'
import type { WirefilterContext } from './context.ts'

const PROMPT = 'VDEwf$ '
/** What stands in front of the number of the state in an event: 3801 is "now in state 1". */
const EVENT = 3800

/** What clients read first. */
export const WIREFILTER_BANNER: string = `\nVDE wirefilter V.${VERSION}\n(C) 2026 the vde-ts authors - MIT\n`

/** The commands in the order of `help`. */
export const wirefilterTable = (): CommandTable<WirefilterContext> => {
  const table = new CommandTable<WirefilterContext>(
    generalCommands('filter'), [loadCommand((path, line) => `\n${PROMPT} (${path}) ${line}\n`)], wirefilterRows)
  table.isGlued = true
  return table
}

/** A console for one filter. `onDefect` hears of exceptions in commands that are our own mistakes. */
export const wirefilterConsole = (
  context: WirefilterContext, onDefect: (error: unknown, line: string) => void = () => {}
): Console<WirefilterContext> => {
  const events = new EventHub()
  const { states } = context
  const topic = events.add({ path: MARKOV_EVENTS, tag: 0, help: 'changes of state', line: (text) => text })
  states.onChange = (from, to) => {
    if (topic.isWanted) topic.publish(`${EVENT + to} Node ${from} "${states.state(from).name}" -> ${to} "${states.state(to).name}"`)
  }
  return new Console({ table: wirefilterTable(), context, banner: WIREFILTER_BANNER, prompt: PROMPT, events, onDefect })
}
