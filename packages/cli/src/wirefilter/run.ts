/**
 * wirefilter: a Wire, one of whose links is a filter around another link.
 *
 *     left link --wire.left-- Wire --wire.right-- Filter --> right link          LR: from left to right
 *
 * In a chain the left link is the standard streams, the right one those whose numbers dpipe gives in ALTERNATE_STDIN and
 * ALTERNATE_STDOUT. Without these there is one direction, from standard input to standard output, and one link: what the
 * filter delivers comes back into it.
 */
import { resolve } from 'node:path'
import { applyFlags } from '@vde-ts/impair'
import { native } from '@vde-ts/native'
import { findScript, readScript, StdinConsole, type ImpairableCable } from '@vde-ts/console'
import { sharedIo } from '@vde-ts/link/fd-io.js'
import type { FrameSink, Link } from '@vde-ts/link/link.js'
import { loop } from '@vde-ts/link/loop.js'
import { Wire } from '@vde-ts/link/wire.js'
import { engineOf } from '@vde-ts/schemes/impairment.js'
import { openVnl } from '@vde-ts/schemes/registry.js'
import { StreamLink } from '@vde-ts/schemes/stream-link.js'
import { Filter } from '@vde-ts/schemes/wirefilter/filter.js'
import { defaultBlinkId } from '@vde-ts/schemes/wirefilter/scheme.js'
import { announceCables } from '../cable/announce-cables.ts'
import { CABLE } from '../cable/cable.ts'
import { UsageError, type Parsed } from '../command.ts'
import { writePidFile } from '../pidfile.ts'
import { ExitError, type Program } from '../run.ts'
import { netemuSpec } from './spec.ts'
import { STREAMS, planFilter, type FilterPlan } from './plan.ts'

const FIFO = 0o010000
const SOCKET = 0o140000
const DESCRIPTION = 'vde_crosscable'
const NEVER_MS = 2 ** 31 - 1

export const run = async (program: Program, parsed: Parsed): Promise<void> => {
  const plan = planFilter(parsed)
  if (program.isDaemon && usesStreams(plan)) {
    throw new UsageError('Cannot go to the background: one of its ends is the standard streams')
  }
  const alternates = plan.ends.kind === 'chain' ? findAlternates() : null
  if (usesStreams(plan)) for (const fd of [0, 1]) checkStream(fd)
  const pidFile = parsed.values.text('pidfile')
  if (pidFile !== undefined) program.cleanup.add(writePidFile(pidFile, `${process.pid}\n`, 'replace', program.name))
  if (plan.memory !== undefined) engineOf(loop).arena.limit = plan.memory
  const wire = new Wire((line) => { program.log(line) })
  program.cleanup.add(() => { wire.close() })
  const isOneWay = plan.ends.kind === 'chain' && alternates === null
  const filter = makeFilter(program, parsed, plan, isOneWay ? backInto(wire) : wire.right, isOneWay)
  program.cleanup.add(() => { filter.link.close() })
  program.log(`${startText(plan, isOneWay)} starting...`)
  const left = await connect(program, plan, filter, wire, alternates)
  wire.join(left, filter.link, (_side, why) => {
    if (why !== undefined) program.log(why.message)
    program.exit(0)
  })
  offerConsoles(program, parsed, plan, filter)
  announceCables(program, [cableOf(plan, filter, isOneWay)])
  setInterval(() => {}, NEVER_MS)
  program.ready()
}

const usesStreams = ({ ends }: FilterPlan): boolean => ends.kind === 'chain' || ends.left === STREAMS || ends.right === STREAMS

const cableOf = ({ ends }: FilterPlan, { link, states }: Filter, isOneWay: boolean): ImpairableCable => ({
  name: CABLE,
  label: ends.kind === 'chain' ? 'chain' : `${ends.left} ${ends.right}`,
  link,
  change (change) {
    states.change(states.current, 'out', change.out)
    if (!isOneWay) states.change(states.current, 'in', change.in)
    applyFlags(link, change, isOneWay)
  }
})

/** Of one direction: what comes out on the left is what goes in there. */
const backInto = (wire: Wire): FrameSink => ({
  onFrame (buf, off, len) { wire.left.onFrame(buf, off, len) },
  onWritable () { wire.right.onWritable() },
  onUp () { wire.right.onUp() },
  onDown () { wire.right.onDown() },
  onClose (why) { wire.left.onClose(why) }
})

const makeFilter = (program: Program, { values }: Parsed, plan: FilterPlan, sink: FrameSink, isOneWay: boolean): Filter => {
  const blink = values.text('blink')
  const filter = new Filter(loop, sink, {
    seed: plan.seed,
    isOneWay,
    isNetemu: program.name === netemuSpec.name,
    blink: blink === undefined ? undefined : { path: resolve(blink), id: values.text('blinkid') ?? defaultBlinkId() },
    log (line) { program.log(line) }
  })
  const named = values.text('rcfile')
  // A line that fails is reported and the rest runs; a file that was named must be there.
  if (named !== undefined) readScript(named)
  const script = findScript('wirefilter', named, process.env['HOME'])
  if (script !== null) filter.load(script)
  for (const command of plan.commands) {
    const failure = filter.command(command)
    if (failure !== '') throw new UsageError(failure)
  }
  return filter
}

const startText = ({ ends }: FilterPlan, isOneWay: boolean): string => {
  if (ends.kind === 'networks') return `bidirectional vdeplug filter L=${ends.left} R=${ends.right}`
  return `${isOneWay ? 'monodirectional' : 'bidirectional'} filter`
}

/** Of one direction: what comes in is not on its way out of the filter, and goes to the wire without a step through it. */
const straightInto = (wire: Wire, link: FrameSink): FrameSink => ({
  onFrame (buf, off, len) { wire.left.onFrame(buf, off, len) },
  onWritable () { link.onWritable() },
  onUp () { link.onUp() },
  onDown (why) { link.onDown(why) },
  onClose (why) { link.onClose(why) }
})

/** Opens both ends. @returns the left link */
const connect = async (
  program: Program, { ends }: FilterPlan, filter: Filter, wire: Wire, alternates: readonly [number, number] | null
): Promise<Link> => {
  if (ends.kind === 'networks') {
    // Super-frames need another network to go to.
    const takesOffload = ends.left !== STREAMS && ends.right !== STREAMS
    const left = await openEnd(program, ends.left, wire.left, takesOffload)
    filter.connect(await openEnd(program, ends.right, filter.link, takesOffload))
    return left
  }
  if (alternates === null) {
    filter.connect(streams(0, 1, straightInto(wire, filter.link)))
    return filter.link
  }
  filter.connect(streams(...alternates, filter.link))
  return streams(0, 1, wire.left)
}

const streams = (input: number, output: number, sink: FrameSink): Link =>
  new StreamLink(input, output, sink, loop, { label: 'standard streams', io: sharedIo(), onRelease: () => {} })

const openEnd = async (program: Program, vnl: string, sink: FrameSink, takesOffload: boolean): Promise<Link> => {
  if (vnl === STREAMS) return streams(0, 1, sink)
  try {
    const link = await openVnl(vnl, sink, { description: DESCRIPTION, takesOffload, log (line) { program.log(line) } })
    program.cleanup.add(() => { link.close() })
    return link
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'VdeError') throw error
    throw new ExitError(1, `vde_open ${vnl || 'default switch'}: ${error.message}`, { cause: error })
  }
}

const isStream = (fd: number): boolean => [FIFO, SOCKET].includes(native.fileType(fd))

const checkStream = (fd: number): void => {
  if (isStream(fd)) return
  throw new UsageError(`Error on ${fd === 0 ? 'stdin' : 'stdout'}: it is not a pipe; name two networks, or use dpipe`)
}

/** The streams of the right neighbour; null: there is none. All commands of dpipe see its variables, also those without. */
const findAlternates = (): [number, number] | null => {
  const [input, output] = ['ALTERNATE_STDIN', 'ALTERNATE_STDOUT'].map((name) => {
    const text = process.env[name] ?? ''
    return /^\d{1,5}$/.test(text) && isStream(Number(text)) ? Number(text) : -1
  })
  return input === undefined || output === undefined || input < 0 || output < 0 ? null : [input, output]
}

const offerConsoles = (program: Program, { values }: Parsed, plan: FilterPlan, filter: Filter): void => {
  const onEnd = (): void => { program.exit(0) }
  const mgmt = values.text('mgmt')
  if (mgmt !== undefined) filter.listen(resolve(mgmt), plan.mgmtMode, onEnd)
  if (program.isDaemon || usesStreams(plan)) return
  // As the original does: graphical labs send the next command when they have read the prompt.
  const console = new StdinConsole({ console: filter.console, loop, isPromptingPipes: true, onEnd })
  program.cleanup.add(() => { console.close() })
}
