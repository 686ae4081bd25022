/**
 * impair://[delay=20ms/loss=1%/rate=10mbit]{VNL} - any network behind a bad link.
 *
 * `out` is the way of the frames that whoever opens it sends into VNL, `in` the other. The words are those of every place
 * where impairments are told; see packages/impair/src/words.ts.
 */
import { resolve } from 'node:path'
import type { FrameSink, Link } from '@vde-ts/link'
import { ImpairedLink, INITIAL, ScheduleRun, applyChange, applyFlags, parseSchedule, parseWords, wordHelp } from '@vde-ts/impair'
import { parseMode, parseNumber } from '@vde-ts/vnl'
import { engineOf } from './impairment.ts'
import type { OpenContext, Parameter, Scheme, Tail } from './scheme.ts'
import { Filter } from './wirefilter/filter.ts'
import { randomSeed, wordFiles } from './word-files.ts'

const params: Readonly<Record<string, Parameter>> = {
  ...Object.fromEntries(wordHelp().map(([name, value, help]) => [name, { help, value, fallback: '' }])),
  seed: { help: 'of all chance: the same seed, the same fate for each frame', value: 'N', fallback: 'random' },
  schedule: { help: 'file of lines SECONDS WORDS, and loop SECONDS', value: 'FILE', fallback: '' },
  mgmt: { help: 'socket of a console as of wirefilter(1), which changes all this while frames pass', value: 'SOCKET', fallback: '' },
  mgmtmode: { help: 'its permissions', value: 'MODE', fallback: '0700' }
}

const OWN = new Set(['seed', 'schedule', 'mgmt', 'mgmtmode'])

/** Opens the inner network before anything is set, so that a mistake in either leaves nothing behind. */
const open = async (tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link> => {
  const wanted = read(tail)
  if (wanted.mgmt === undefined) return await openFixed(tail, wanted, sink, context)
  return await openManaged(tail, wanted, wanted.mgmt, sink, context)
}

type Wanted = ReturnType<typeof read>

const openFixed = async (tail: Tail, { words, steps, seed }: Wanted, sink: FrameSink, context: OpenContext): Promise<Link> => {
  const engine = engineOf(context.loop)
  const link = new ImpairedLink(engine, sink, { seed })
  link.connect(await context.open(tail.inner, link, context.takesOffload))
  link.out.settings = link.in.settings = INITIAL
  applyChange(link, words)
  link.onSettings = context.onRate
  if (steps !== null) link.own(new ScheduleRun(engine, link, steps))
  return link
}

/** The same with a console. */
const openManaged = async (
  tail: Tail, { words, steps, seed, mgmtMode }: Wanted, mgmt: string, sink: FrameSink, context: OpenContext
): Promise<Link> => {
  const filter = new Filter(context.loop, sink, { seed, isNetemu: true, initial: INITIAL, log (line) { context.log(`impair://: ${line}`) } })
  const { link, states } = filter
  try {
    filter.listen(resolve(mgmt), mgmtMode, () => { link.onClose() })
    filter.connect(await context.open(tail.inner, link, context.takesOffload))
    states.change(0, 'out', words.out)
    states.change(0, 'in', words.in)
    applyFlags(link, words)
    link.onSettings = context.onRate
    if (steps !== null) link.own(new ScheduleRun(engineOf(context.loop), link, steps))
    return link
  } catch (error) {
    link.close()
    throw error
  }
}

/** Tables and schedules are read too: they are values. */
const read = ({ params }: Tail) => {
  const words = parseWords([...params].filter(([name]) => !OWN.has(name)), wordFiles)
  const schedule = params.get('schedule')
  const steps = schedule === undefined ? null : parseSchedule(wordFiles.readFile(schedule), wordFiles)
  const seed = params.get('seed')
  return {
    words,
    steps,
    seed: seed === undefined ? randomSeed() : parseNumber(seed, 'seed', 0, Number.MAX_SAFE_INTEGER),
    mgmt: params.get('mgmt'),
    mgmtMode: parseMode(params.get('mgmtmode') ?? '0700', 'mgmtmode')
  }
}

/** See above. */
export const impairScheme: Scheme = {
  name: 'impair',
  summary: 'another network behind a bad link: delay, loss, rate and more',
  form: '{VNL}',
  style: 'nested-path',
  params,
  prefixes: ['in.', 'out.', 'lr.', 'rl.'],
  check: read,
  open
}
