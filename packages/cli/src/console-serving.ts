/** What a console on a socket wants of the program it is part of. */
import type { Console } from '@vde-ts/console/console.js'
import type { ServerOptions } from '@vde-ts/console/server.js'
import { loop } from '@vde-ts/link/loop.js'
import type { Program } from './run.ts'

/** Serving a console on a socket, whose `shutdown` ends the program. */
export const consoleServing = <C>(program: Program, console: Console<C>): Pick<ServerOptions<C>, 'console' | 'loop' | 'onShutdown'> =>
  ({ console, loop, onShutdown: ending(program, 'Shutdown from mgmt command') })

/** Ends the program in order. @param why for its log */
export const ending = (program: Program, why: string) => (): never => {
  program.log(why)
  program.exit(0)
}
