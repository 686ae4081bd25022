/** `events`: a session becomes a stream of what happens, for programs. */
import { jsonText } from '../escape.ts'
import type { Row } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { portJson } from './port-commands.ts'

/**
 * First a line for each port there is, then `ready`, then what happens. Events are kept from before the first line on, so
 * nothing falls in between; what a port's line has already may come again as an event.
 */
export const eventCommands: ReadonlyArray<Row<SwitchContext>> = [
  {
    path: 'events',
    syntax: '[dbgpath]',
    help: 'be told in JSON, until the session ends, what there is and what happens',
    isOurs: true,
    output: 'raw',
    wantsSession: true,
    isStream: true,
    * run (context, args, { console, subscriber }) {
      console.events.drop(subscriber!)
      console.events.subscribe(subscriber!, args.words[0] ?? '')
      subscriber!.becomeStream?.()
      for (const port of context.sw.ports()) yield `${jsonText({ event: 'port', ...portJson(context, port) })}\n`
      yield `${jsonText({ event: 'ready', program: 'vde-ts', pid: process.pid })}\n`
    }
  }
]
