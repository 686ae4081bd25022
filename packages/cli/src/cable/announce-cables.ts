/** Has the cables of a program be found and impaired by `vde_impair`. */
import { cableConsole, type ImpairableCable } from '@vde-ts/console/cable/cable-console.js'
import { announce } from '../registry/announce.ts'
import type { Program } from '../run.ts'

/** Until the program ends. */
export const announceCables = (program: Program, cables: readonly ImpairableCable[]): void => {
  const console = cableConsole(new Map(cables.map((cable) => [cable.name, cable])), (error, line) => {
    program.log(`our own mistake in "${line}": ${error instanceof Error ? error.stack : String(error)}`)
  })
  program.cleanup.add(announce(program, console, { kind: 'cable' }))
}
