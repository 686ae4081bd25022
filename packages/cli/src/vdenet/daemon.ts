/** vdenet daemon: the process behind all networks of a user. Started by the other commands, see connect.ts. */
import { Daemon } from '@vde-ts/lab/daemon/server.js'
import { daemonPaths } from '@vde-ts/lab/daemon/paths.js'
import { native } from '@vde-ts/native'
import type { Program } from '../run.ts'

/** Where whoever started it waits. */
const READY_FD = 3

export const daemonCommand = async (program: Program): Promise<never> => {
  native.setsid()
  for (const signal of ['SIGHUP', 'SIGINT'] as const) program.onSignal(signal, () => {})
  const daemon = await Daemon.start(daemonPaths(), (line) => { program.log(line) }, () => { program.exit(0) })
  program.cleanup.add(() => { daemon.close() })
  native.write(READY_FD, Buffer.from('r'), 0, 1)
  native.close(READY_FD)
  return await new Promise<never>(() => {}) // ends by the end of its last network, or a signal
}
