/**
 * The way to the daemon: an existing one, or one that is started here and now.
 *
 *     we: spawn "vdenet daemon" (its own session, descriptor 3 a pipe) --> it serves --> "ready" on 3 --> we connect
 */
import { openSync, closeSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { DaemonClient } from '@vde-ts/lab/daemon/client.js'
import { daemonPaths, labNames, makeDirectories, removeDirectories, type Paths } from '@vde-ts/lab/daemon/paths.js'
import { COMMANDS_VARIABLE } from '@vde-ts/lab/node/commands.js'
import { environment } from '@vde-ts/link/child.js'
import { VdeError, errnoName, systemError } from '@vde-ts/link/errors.js'
import { native, IN } from '@vde-ts/native'

/** Far more than a start takes; nodes of a daemon before are found in it. */
const PATIENCE_MS = 30_000
const TRIES = 3

/** The daemon, started if it does not run. @throws {VdeError} why it cannot be */
export const connectDaemon = async (): Promise<DaemonClient> => {
  const paths = daemonPaths()
  for (let tries = 1; ; tries++) {
    const client = await existing(paths)
    if (client !== null) return client
    const failure = startDaemon(paths)
    // Two may start one at the same time: then the other's serves.
    if (failure !== null && tries === TRIES) throw failure
  }
}

/** The daemon, if it runs or has left something to take care of; null: no network runs. */
export const findDaemon = async (): Promise<DaemonClient | null> => {
  const paths = daemonPaths()
  const client = await existing(paths)
  if (client !== null) return client
  if (labNames(paths).length > 0) return await connectDaemon()
  removeDirectories(paths) // to look is to leave nothing
  return null
}

const existing = async ({ socket }: Paths): Promise<DaemonClient | null> => {
  try {
    return await DaemonClient.open(socket)
  } catch (error) {
    if (error instanceof VdeError && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')) return null
    throw error
  }
}

/** vdenet is beside whatever command asks for the daemon. */
const vdenetFile = (): string => {
  const own = realpathSync(process.argv[1]!)
  return join(dirname(own), `vdenet${extname(own)}`)
}

/** @returns why it did not get ready, null: it did */
const startDaemon = (paths: Paths): VdeError | null => {
  makeDirectories(paths)
  const ends = new Int32Array(2)
  const made = native.pipe(ends, false)
  if (made < 0) throw systemError(made, 'start the daemon')
  const [reader, writer] = [ends[0]!, ends[1]!]
  const log = openSync(paths.log, 'a', 0o600)
  const program = [process.execPath, ...process.execArgv, vdenetFile(), 'daemon']
  const started = native.spawn({
    file: process.execPath, argv: program, env: environment({ [COMMANDS_VARIABLE]: dirname(process.argv[1]!) }), fds: [-1, log, log, writer], cwd: '/', pgid: 0
  })
  native.close(writer)
  closeSync(log)
  if ('step' in started) {
    native.close(reader)
    throw new VdeError(errnoName(started.errno), 'start the daemon', `${started.step}: ${native.strerror(started.errno)}`)
  }
  native.close(started.pidfd)
  const word = new Uint8Array(1)
  const isReady = native.poll(reader, IN, PATIENCE_MS) > 0 && native.read(reader, word, 0, 1) === 1
  native.close(reader)
  return isReady ? null : new VdeError('EIO', 'start the daemon', `it ended: ${lastLine(paths.log)}`)
}

const lastLine = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').at(-1) ?? ''
  } catch { return 'it left no word' }
}
