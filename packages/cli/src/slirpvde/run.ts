/**
 * slirpvde: a Wire between a network and the engine of slirp://.
 *
 *     network --wire.left-- Wire --wire.right-- engine
 *
 * It ends when either does.
 */
import { AF_INET, STREAM, native } from '@vde-ts/native'
import { VdeError, loop, type FrameSink, type Link } from '@vde-ts/link'
import { Wire } from '@vde-ts/link/wire.js'
import { emptyAddress } from '@vde-ts/schemes/internet/address.js'
import { openVnl } from '@vde-ts/schemes/registry.js'
import { openEngine } from '@vde-ts/schemes/slirp/engine-link.js'
import { UsageError, type Parsed } from '../command.ts'
import { writePidFile } from '../pidfile.ts'
import type { Program } from '../run.ts'
import { standardStreams } from '../standard-streams.ts'
import { writeAll } from '../stderr.ts'
import { X_PORT, displayForward, planSlirp, startLines, type Display, type SlirpPlan } from './plan.ts'

const DESCRIPTION = 'slirpvde:'
const STREAMS = '-'
/** X displays that are tried. */
const MOST_DISPLAYS = 100

export const run = async (program: Program, parsed: Parsed): Promise<void> => {
  const plan = planSlirp(parsed)
  const isStream = plan.network === STREAMS
  if (program.isDaemon && isStream) throw new UsageError('Cannot go to the background: the network is the standard streams')
  const pidFile = parsed.values.text('pidfile')
  if (pidFile !== undefined) program.cleanup.add(writePidFile(pidFile, `${process.pid}\n`, 'replace', program.name))
  const wire = new Wire((line) => { program.log(line) })
  program.cleanup.add(() => { wire.close() })
  const network = await openNetwork(program, plan, wire.left)
  program.cleanup.add(() => { network.close() })
  const forwards = [...plan.settings.forwards, ...findDisplays(plan.displays)]
  const engine = await openEngine({ ...plan.settings, forwards }, wire.right, loop)
  program.cleanup.add(() => { engine.close() })
  if (!isStream && !parsed.values.has('quiet')) writeAll(2, [...startLines(plan), ''].join('\n'))
  wire.join(network, engine, (side, why) => {
    if (why !== undefined) program.log(why.message)
    program.exit(side === 'right' && why !== undefined ? 1 : 0)
  })
  program.ready()
}

const openNetwork = async (program: Program, plan: SlirpPlan, sink: FrameSink): Promise<Link> => {
  const { network, port, group, mode } = plan
  if (network === STREAMS) return standardStreams(sink)
  const log = (line: string): void => { program.log(line) }
  return await openVnl(network, sink, { description: DESCRIPTION, port, group, mode, takesOffload: true, log })
}

/** A forward for each display, on the first one that nobody has here. @throws {VdeError} EADDRINUSE */
const findDisplays = (displays: readonly Display[]): ReturnType<typeof displayForward>[] => {
  let local = 0
  return displays.map((display) => {
    while (local < MOST_DISPLAYS && !isFree(X_PORT + local)) local++
    if (local === MOST_DISPLAYS) throw new VdeError('EADDRINUSE', 'forward an X display', `displays 0 to ${MOST_DISPLAYS - 1} are taken`)
    return displayForward(display, local++)
  })
}

const isFree = (port: number): boolean => {
  const address = emptyAddress(4, port)
  const fd = native.internetSocket(AF_INET, STREAM)
  if (fd < 0) return false
  const result = native.bindInternet(fd, address, 0, address.length)
  native.close(fd)
  return result === 0
}
