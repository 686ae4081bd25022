/**
 * impair://[delay=20ms/loss=1%/rate=10mbit]{VNL} - any network behind a bad link.
 *
 * `out` is the way of the frames that whoever opens it sends into VNL, `in` the other. The words are those of every place
 * where impairments are told; see packages/impair/src/words.ts.
 */
import { randomInt } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { VdeError, systemError, type FrameSink, type Link } from '@vde-ts/link'
import { ImpairedLink, INITIAL, ScheduleRun, applyChange, parseSchedule, parseWords, wordHelp, type WordFiles } from '@vde-ts/impair'
import { parseNumber } from '@vde-ts/vnl'
import { engineOf } from './impairment.ts'
import type { OpenContext, Parameter, Scheme, Tail } from './scheme.ts'

/** A seed that nobody chose: shown, so that it can be chosen next time. */
export const randomSeed = (): number => randomInt(2 ** 47)

/** Octets of a table or a schedule. */
const MOST_FILE = 4 * 1024 * 1024

/** Reads the files that words name. @throws {VdeError} ENOENT, EACCES, EINVAL no regular file, EFBIG */
export const wordFiles: WordFiles = {
  readFile (path) {
    const action = `read "${path}"`
    try {
      const found = statSync(path)
      if (!found.isFile()) throw new VdeError('EINVAL', action, 'it is not a regular file')
      if (found.size > MOST_FILE) throw new VdeError('EFBIG', action, `it has ${found.size} octets, ${MOST_FILE} at most are read`)
      return readFileSync(path, 'utf8')
    } catch (error) {
      if (error instanceof VdeError) throw error
      throw systemError((error as NodeJS.ErrnoException).errno ?? -5, action)
    }
  }
}

const params: Readonly<Record<string, Parameter>> = {
  ...Object.fromEntries(wordHelp().map(([name, value, help]) => [name, { help, value, fallback: '' }])),
  seed: { help: 'of all chance: the same seed, the same fate for each frame', value: 'N', fallback: 'random' },
  schedule: { help: 'file of lines SECONDS WORDS, and loop SECONDS', value: 'FILE', fallback: '' }
}

const OWN = new Set(['seed', 'schedule'])

/** Opens the inner network before anything is set, so that a mistake in either leaves nothing behind. */
const open = async (tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link> => {
  const { words, steps, seed } = read(tail)
  const engine = engineOf(context.loop)
  const link = new ImpairedLink(engine, sink, { seed })
  link.connect(await context.open(tail.inner, link))
  link.out.settings = link.in.settings = INITIAL
  applyChange(link, words)
  if (steps !== null) link.own(new ScheduleRun(engine, link, steps))
  return link
}

/** Tables and schedules are read too: they are values. */
const read = ({ params }: Tail) => {
  const words = parseWords([...params].filter(([name]) => !OWN.has(name)), wordFiles)
  const schedule = params.get('schedule')
  const steps = schedule === undefined ? null : parseSchedule(wordFiles.readFile(schedule), wordFiles)
  const seed = params.get('seed')
  return { words, steps, seed: seed === undefined ? randomSeed() : parseNumber(seed, 'seed', 0, Number.MAX_SAFE_INTEGER) }
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
