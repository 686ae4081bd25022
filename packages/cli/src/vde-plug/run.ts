/**
 * vde_plug: joins a network with the standard streams, with another network, or with a command.
 *
 *     network --Cable--wire.left-- Wire --wire.right-- streams | network | command
 *
 * It ends when either side does, with status 0 unless that side never came up or its program failed, and as the command
 * behind `=` ended if that came first; what it had sent has left by then. A switch that was handed the interface of the other
 * side, and died, is waited for (tap-network.ts). INT and HUP kill this process alone: the C program passes them on to its
 * whole process group, and with it kills the script that started it. A terminal's Ctrl-C reaches everybody in the group
 * without help.
 */
import { randomBytes } from 'node:crypto'
import { describe } from '@vde-ts/frame/describe.js'
import { VdeError } from '@vde-ts/link/errors.js'
import type { FrameSink, Link } from '@vde-ts/link/link.js'
import { loop } from '@vde-ts/link/loop.js'
import { Wire, type FrameObserver, type Side } from '@vde-ts/link/wire.js'
import type { Child } from '@vde-ts/link/child.js'
import { TapLink } from '@vde-ts/schemes/tap-link.js'
import { TapUplink } from '@vde-ts/schemes/tap-uplink.js'
import { announceCables } from '../cable/announce-cables.ts'
import { CABLE, Cable, type HandOver } from '../cable/cable.ts'
import type { Parsed } from '../command.ts'
import { endingWithErrno } from '../errno-text.ts'
import { debugLog } from '../log.ts'
import { writePidFile } from '../pidfile.ts'
import { ExitError, type Program } from '../run.ts'
import { standardStreams } from '../standard-streams.ts'
import { openTapNetwork } from '../tap-network.ts'
import { AddressLog } from './address-log.ts'
import { startCommand } from './command-link.ts'
import { checkLogin, logAddress, writeSystemLog, type LogLevel } from './login.ts'
import { planPlug, type PlugEnd, type PlugPlan } from './plan.ts'

const debug = debugLog('plug')
/** How long a command may take to end after its output did, to learn how it ended. */
const REAP_MS = 500
const NEVER_MS = 2 ** 31 - 1

export const run = async (program: Program, parsed: Parsed): Promise<void> => {
  const plan = planPlug(parsed)
  const level = checkLogin(program, parsed)
  const pidFile = parsed.values.text('pidfile')
  if (pidFile !== undefined) program.cleanup.add(writePidFile(pidFile, `${process.pid}\n`, 'replace', program.name))
  const wire = new Wire((line) => { program.log(line) })
  program.cleanup.add(() => { wire.close() })
  const description = parsed.values.text('descr') || 'vdeplug:'
  const watched = level.withAddresses || parsed.values.has('verbose')
  const cable = new Cable(CABLE, plan.label, wire.left)
  const sinks = { left: cable.link, right: wire.right }
  const { first, link, child, handOver } = await openBoth(program, plan, description, sinks, watched)
  observe(program, wire, level, parsed.values.has('verbose'))
  if (level.isOn) {
    writeSystemLog('START')
    program.cleanup.add(() => { writeSystemLog('STOP') })
  }
  wire.join(cable.connect(first, handOver), link, (side, why) => {
    debug('%s side ended: %s', side, why?.message ?? 'in order')
    void end(program, { why, isFailure: why !== undefined && (!wire[side].wasUp || isCommandFailure(why)) }, child)
  })
  // Two networks may both have nothing to watch (null://): the process stays all the same.
  setInterval(() => {}, NEVER_MS)
  announceCables(program, [cable])
  program.ready()
}

interface Ends {
  readonly first: Link
  readonly link: Link
  readonly child: Child | null
  readonly handOver: HandOver | null
}

type Sinks = Readonly<Record<Side, FrameSink>>

/**
 * Opens both sides. An interface and a switch that takes it are joined directly, unless somebody wants to see the frames.
 */
const openBoth = async (
  program: Program, plan: PlugPlan, description: string, sinks: Sinks, isWatched: boolean
): Promise<Ends> => {
  const second = plan.other.kind === 'network' ? plan.other.end : null
  if (second !== null && !isWatched && isTap(plan.first.vnl) !== isTap(second.vnl)) {
    return await openHandedOver(program, plan.first, second, description, sinks)
  }
  // What looks at frames, or is no network, wants them as they are on the wire.
  const takesOffload = second !== null && !isWatched
  const first = await openNetwork(program, plan.first, sinks.left, { description, takesOffload })
  if (second === null) return { first, ...openOther(program, plan, sinks.right), handOver: null }
  const link = await openNetwork(program, second, sinks.right, { description, takesOffload })
  return { first, link, child: null, handOver: null }
}

const isTap = (vnl: string): boolean => vnl.startsWith('tap://')

/** One of both is an interface, which the other one takes if it can. */
const openHandedOver = async (
  program: Program, first: PlugEnd, second: PlugEnd, description: string, sinks: Sinks
): Promise<Ends> => {
  const isSecond = isTap(second.vnl)
  const tap = await openNetwork(program, isSecond ? second : first, isSecond ? sinks.right : sinks.left, { description })
  const [end, sink] = isSecond ? [first, sinks.left] as const : [second, sinks.right] as const
  const { link, handOver } = await openFor(program, end, sink, { description, tap })
  return { first: isSecond ? link : tap, link: isSecond ? tap : link, child: null, handOver }
}

interface NetworkOptions {
  readonly description: string
  readonly takesOffload?: boolean
}

const openNetwork = async (program: Program, end: PlugEnd, sink: FrameSink, options: NetworkOptions): Promise<Link> =>
  (await openFor(program, end, sink, options)).link

/**
 * Opens one network; its link is closed at the end, also when the next one cannot be opened.
 * @param options.tap to be handed to the network, where it takes it
 */
const openFor = async (
  program: Program, end: PlugEnd, sink: FrameSink,
  { description, tap, takesOffload = false }: NetworkOptions & { readonly tap?: Link }
): Promise<{ readonly link: Link, readonly handOver: HandOver | null }> => {
  try {
    const log = (line: string): void => { program.log(line) }
    const uplink = new TapUplink(end.vnl, { description, port: end.port, group: end.group, mode: end.mode, log, takesOffload })
    if (tap instanceof TapLink) uplink.use(tap)
    const network = tap === undefined ? null : await openTapNetwork(uplink, sink, end.vnl, log)
    const link = network?.link ?? await uplink.open(sink)
    program.cleanup.add(() => { link.close() })
    return { link, handOver: network === null ? null : { uplink, network } }
  } catch (error) {
    if (!(error instanceof VdeError)) throw error
    throw new ExitError(1, `vde_open ${end.vnl || 'default switch'}: ${endingWithErrno(error)}`, { cause: error })
  }
}

/** Opens what stands in the place of a second network. */
const openOther = (
  program: Program, { other }: PlugPlan, sink: FrameSink
): { readonly link: Link, readonly child: Child | null } => {
  if (other.kind === 'command') {
    // A daemon's stderr is its starter's until it is ready: the command would hold it open for ever.
    return startCommand(other.argv, program.isDaemon ? -1 : 2, program.inherited, sink, loop)
  }
  return { link: standardStreams(sink, 'standard streams'), child: null }
}

/** Shows frames to whoever wants to see them; nobody does unless asked, and then it costs nothing. */
const observe = (program: Program, wire: Wire, level: LogLevel, isVerbose: boolean): void => {
  const observers: FrameObserver[] = []
  if (level.withAddresses) {
    const log = new AddressLog(randomBytes(4).readInt32LE(0), logAddress)
    // Frames on their way into the first network.
    observers.push((side, buf, off, len) => { if (side === 'right') log.look(buf, off, len) })
  }
  if (isVerbose) {
    observers.push((side, buf, off, len) => { program.log(`${side === 'left' ? 'from' : 'into'} the network: ${describe(buf, off, len)}`) })
  }
  if (observers.length === 0) return
  wire.observe((side, buf, off, len) => { for (const look of observers) look(side, buf, off, len) })
}

/** The program of a `cmd://` ended with a status or a signal of its own. */
const isCommandFailure = (why: Error): boolean => why instanceof VdeError && why.code === 'ECHILD'

interface Ended { readonly why: Error | undefined, readonly isFailure: boolean }

const end = async (program: Program, { why, isFailure }: Ended, child: Child | null): Promise<void> => {
  if (why !== undefined) program.log(why.message)
  if (child !== null) {
    const ended = await Promise.race([child.exited, new Promise<null>((resolve) => { setTimeout(resolve, REAP_MS, null) })])
    if (ended !== null && ended.code !== 0) {
      program.log(`the command ended with ${ended.signal ?? `status ${ended.code}`}`)
      program.exit(ended.code)
    }
  }
  program.exit(isFailure ? 1 : 0)
}
