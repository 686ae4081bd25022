/** A program tells the others of its user that it is there, with a console of its own. */
import type { Console } from '@vde-ts/console/console.js'
import { ConsoleServer } from '@vde-ts/console/server.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { consoleServing } from '../console-serving.ts'
import { debugLog } from '../log.ts'
import type { Program } from '../run.ts'
import { consolePath, ownPidNamespace, register, registryDir, type CableEntry, type SwitchEntry } from './registry.ts'

const debug = debugLog('registry')
/** The last of the others may be removing the directory just now. */
const TRIES = 3

/** What is told besides what every program has. */
export type Facts = Pick<SwitchEntry, 'kind' | 'controlDir' | 'management'> | Pick<CableEntry, 'kind'>

/** Makes entry and private console. A program that cannot works all the same. @returns what takes both back */
export const announce = <C>(program: Program, console: Console<C>, facts: Facts): () => void => {
  for (let left = TRIES; ; left--) {
    try {
      return tryAnnounce(program, console, facts)
    } catch (error) {
      if (!(error instanceof VdeError) && !(error instanceof Error && 'code' in error)) throw error
      if (left > 1 && error.code === 'ENOENT') continue
      debug('not announced: %s', error.message)
      return () => {}
    }
  }
}

const tryAnnounce = <C>(program: Program, console: Console<C>, facts: Facts): () => void => {
  const dir = registryDir()
  const path = consolePath(dir)
  const own = new ConsoleServer({ path, mode: 0o600, ...consoleServing(program, console) })
  try {
    const { pid } = process
    const forget = register(dir, { pid, pidNamespace: ownPidNamespace(), program: program.name, console: path, ...facts })
    return () => {
      own.close()
      forget()
    }
  } catch (error) {
    own.close()
    throw error
  }
}
