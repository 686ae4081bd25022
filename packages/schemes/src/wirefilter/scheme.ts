/**
 * wirefilter://[delay=100/loss=LR5+1/mgmt="/tmp/wf"]{VNL} - as impair://, with the keys and values of the plugin of that
 * name: the original's value syntax, and its console on a socket.
 */
import { resolve } from 'node:path'
import { writeFileSync, rmSync } from 'node:fs'
import { VdeError, systemError, type FrameSink, type Link } from '@vde-ts/link'
import { parseClassic } from '@vde-ts/impair'
import { parseMode, parseNumber } from '@vde-ts/vnl'
import type { OpenContext, Parameter, Scheme, Tail } from '../scheme.ts'
import { Filter } from './filter.ts'

const value = (help: string): Parameter => ({ help, value: 'VALUE', fallback: '' })

const params: Readonly<Record<string, Parameter>> = {
  rc: { help: 'file of console commands', value: 'FILE', fallback: '' },
  delay: value('ms'),
  dup: value('percent'),
  loss: value('percent'),
  lostburst: value('mean length of bursts of loss'),
  mtu: value('octets'),
  nofifo: { help: 'frames may overtake each other', value: '', fallback: '' },
  bufsize: value('octets that the line holds'),
  bandwidth: value('octets per second'),
  speed: value('octets per second that are accepted'),
  noise: value('bits flipped in a MiB'),
  blink: { help: 'socket that hears of every frame', value: 'SOCKET', fallback: '' },
  blinkid: { help: 'what it is told first', value: 'TEXT', fallback: 'the process id' },
  mgmt: { help: 'socket of the console', value: 'SOCKET', fallback: '' },
  mgmtmode: { help: 'its permissions', value: 'MODE', fallback: '0700' },
  pidfile: { help: 'file for the process id', value: 'FILE', fallback: '' },
  seed: { help: 'of all chance', value: 'N', fallback: 'random' }
}

/** Keys that are console commands, by the command. */
const COMMANDS: ReadonlyArray<readonly [key: string, command: string]> = [
  ['delay', 'delay'], ['dup', 'dup'], ['loss', 'loss'], ['lostburst', 'lostburst'], ['mtu', 'mtu'], ['bufsize', 'chanbufsize'],
  ['bandwidth', 'bandwidth'], ['speed', 'speed'], ['noise', 'noise']
]

/** Default id of a lamp: the process id in six digits. */
export const defaultBlinkId = (): string => String(process.pid).padStart(6, '0')

const open = async (tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link> => {
  const text = (key: string): string | undefined => tail.params.get(key)
  const seed = text('seed')
  const blink = text('blink')
  const filter = new Filter(context.loop, sink, {
    seed: seed === undefined ? undefined : parseNumber(seed, 'seed', 0, Number.MAX_SAFE_INTEGER),
    blink: blink === undefined ? undefined : { path: resolve(blink), id: text('blinkid') ?? defaultBlinkId() },
    log (line) { context.log(`wirefilter://: ${line}`) }
  })
  try {
    setUp(filter, tail)
    const mgmt = text('mgmt')
    if (mgmt !== undefined) filter.listen(resolve(mgmt), parseMode(text('mgmtmode') ?? '0700', 'mgmtmode'), () => { filter.link.onClose() })
    const pidFile = text('pidfile')
    if (pidFile !== undefined) writePid(filter, resolve(pidFile))
    filter.connect(await context.open(tail.inner, filter.link, context.takesOffload))
    filter.link.onSettings = context.onRate
    return filter.link
  } catch (error) {
    filter.link.close()
    throw error
  }
}

const setUp = (filter: Filter, tail: Tail): void => {
  const rc = tail.params.get('rc')
  if (rc !== undefined) filter.load(rc)
  const lines = COMMANDS.filter(([key]) => tail.params.has(key)).map(([key, command]) => `${command} ${tail.params.get(key) ?? ''}`)
  if (tail.params.has('nofifo')) lines.push('fifo 0')
  for (const line of lines) {
    const failure = filter.command(line)
    if (failure !== '') throw new VdeError('EINVAL', 'open wirefilter://', failure)
  }
}

const writePid = (filter: Filter, path: string): void => {
  try {
    writeFileSync(path, `${process.pid}\n`, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    throw systemError((error as NodeJS.ErrnoException).errno ?? -5, `write pid file "${path}"`)
  }
  filter.link.own({ close () { rmSync(path, { force: true }) } })
}

/** What does not need a filter to be read. */
const check = ({ params }: Tail): void => {
  parseMode(params.get('mgmtmode') ?? '0700', 'mgmtmode')
  parseNumber(params.get('seed') ?? '0', 'seed', 0, Number.MAX_SAFE_INTEGER)
  for (const [key] of COMMANDS) {
    const text = params.get(key)
    if (text !== undefined) parseClassic(text)
  }
}

/** See above. */
export const wirefilterScheme: Scheme = {
  name: 'wirefilter',
  summary: 'another network behind a bad link, as the original tool tells it; see wirefilter(1)',
  form: '{VNL}',
  style: 'nested-path',
  params,
  check,
  open
}
