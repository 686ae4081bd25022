/** A switch tells the other programs of its user that it is there. */
import { VdeError } from '@vde-ts/link/errors.js'
import { ConsoleServer } from '@vde-ts/console/server.js'
import { debugLog } from '../log.ts'
import { consolePath, register, registryDir } from '../registry/registry.ts'
import type { Program } from '../run.ts'
import { consoleServing, type Station } from './station.ts'

const debug = debugLog('switch')
/** The last of the others may be removing the directory just now. */
const TRIES = 3

type Announced = Pick<Station, 'console' | 'listener' | 'server'>

/** Makes entry and private console. A switch that cannot serves all the same. @returns what takes both back */
export const announce = (program: Program, station: Announced): () => void => {
  for (let left = TRIES; ; left--) {
    try {
      return tryAnnounce(program, station)
    } catch (error) {
      if (!(error instanceof VdeError) && !(error instanceof Error && 'code' in error)) throw error
      if (left > 1 && error.code === 'ENOENT') continue
      debug('not announced: %s', error.message)
      return () => {}
    }
  }
}

const tryAnnounce = (program: Program, { console, listener, server }: Announced): () => void => {
  const dir = registryDir()
  const path = consolePath(dir)
  const own = new ConsoleServer({ path, mode: 0o600, ...consoleServing(program, console) })
  const management = server === null ? null : server.path
  try {
    const controlDir = listener.directory.path
    const forget = register(dir, { pid: process.pid, program: program.name, controlDir, console: path, management })
    return () => {
      own.close()
      forget()
    }
  } catch (error) {
    own.close()
    throw error
  }
}
