/** The way back from settings to the words they are told in: what is read of them again are the same settings. */
import { parseOctets, parseRate, parseTime } from './units.ts'
import { INITIAL } from './words.ts'
import type { Settings } from './settings.ts'
import type { Value } from './value.ts'

/** Flags of one direction, as in FLAGS. */
export interface DirectionFlags { readonly fifo: boolean, readonly down: boolean }

/** What a direction has before any word. */
export const INITIAL_FLAGS: DirectionFlags = { fifo: true, down: false }

type Read = (text: string, name: string) => number

/** In the largest unit in which the very same amount is read again. */
const exact = (value: number, units: ReadonlyArray<readonly [unit: string, size: number]>, read: Read): string => {
  for (const [unit, size] of units) {
    const text = plain(value / size)
    if (value >= size && text !== null && read(`${text}${unit}`, unit) === value) return `${text}${unit}`
  }
  const [unit, size] = units.at(-1)!
  return `${plain(value / size) ?? value / size}${unit}`
}

/** A number as the words take it: 15 digits before the point and 9 behind it; null: it has more. */
const plain = (value: number): string | null => {
  const text = String(value)
  return /^\d{1,15}(\.\d{1,9})?$/.test(text) ? text : null
}

const time = (ns: number): string => exact(ns, [['s', 1e9], ['ms', 1e6], ['us', 1e3], ['ns', 1]], parseTime)
const rate = (octets: number): string => exact(octets, [['gbit', 1e9 / 8], ['mbit', 1e6 / 8], ['kbit', 1e3 / 8], ['bit', 1 / 8]], parseRate)
const size = (octets: number): string => exact(octets, [['MB', 1e6], ['kB', 1e3], ['B', 1]], parseOctets)
const percent = (value: number): string => `${value}%`
const share = (value: number): string => percent(Number((value * 100).toPrecision(12)))

const runs = (frames: Float64Array): string => {
  const parts: string[] = []
  for (let i = 0; i < frames.length; i += 2) parts.push(frames[i] === frames[i + 1] ? `${frames[i]}` : `${frames[i]}-${frames[i + 1]}`)
  return parts.join(',')
}

/** Each word with how its value is told; what is as {@link INITIAL} is not told. */
const TELL: Readonly<Record<string, (s: Settings) => string>> = {
  delay: (s) => time(s.delay.base),
  jitter: (s) => time(s.delay.spread),
  law: (s) => s.delay.law,
  'delay-correlation': (s) => share(s.delayCorrelation),
  loss: (s) => percent(s.loss.base),
  burst: (s) => `${s.burst.base}frames`,
  'loss-correlation': (s) => share(s.lossCorrelation),
  gilbert: ({ gilbertElliott: g }) => g === null ? '0' : [g.toBad, g.toGood, g.lossInBad, g.lossInGood].map(share).join(','),
  'loss-every': (s) => String(s.lossEvery),
  'loss-frames': (s) => s.lossFrames === null ? '' : runs(s.lossFrames),
  dup: (s) => percent(s.dup.base),
  'dup-correlation': (s) => share(s.dupCorrelation),
  ber: (s) => String(s.noise.base / 8 / 2 ** 20),
  corrupt: (s) => percent(s.corrupt),
  'corrupt-bits': (s) => String(s.corruptBits),
  'corrupt-correlation': (s) => share(s.corruptCorrelation),
  reorder: (s) => percent(s.reorder),
  gap: (s) => `${s.reorderGap}frames`,
  'reorder-correlation': (s) => share(s.reorderCorrelation),
  rate: (s) => rate(s.rate.base),
  overhead: (s) => size(s.overhead),
  speed: (s) => rate(s.speed.base),
  queue: (s) => s.queueOctets > 0 ? size(s.queueOctets) : s.queueFrames > 0 ? `${s.queueFrames}frames` : '0',
  aqm: (s) => s.discipline,
  red: ({ red }) => `${size(red.min)},${size(red.max)},${share(red.probability)}`,
  codel: ({ codel }) => `${time(codel.target)},${time(codel.interval)}`,
  capacity: (s) => size(s.capacity.base),
  mtu: (s) => size(s.mtu.base)
}

const initial = new Map(Object.entries(TELL).map(([word, tell]) => [word, tell(INITIAL)]))

/** Whether a value varies in a way that has no word. */
const hasTable = ({ law }: Value): boolean => law === 'table'

const words = (settings: Settings, flags: DirectionFlags): Map<string, string> => {
  const told = new Map<string, string>()
  for (const [word, tell] of Object.entries(TELL)) {
    const text = tell(settings)
    if (text !== initial.get(word)) told.set(word, text)
  }
  if (!flags.fifo) told.set('fifo', 'off')
  if (flags.down) told.set('down', 'on')
  return told
}

/**
 * `delay=20ms in.loss=1%`: what both directions have stands without a side. Empty: nothing is set.
 * @throws {RangeError} a law from a file: it is not known any more which
 */
export const formatWords = (inward: Settings, outward: Settings, flags: Readonly<Record<'in' | 'out', DirectionFlags>>): string => {
  if (hasTable(inward.delay) || hasTable(outward.delay)) throw new RangeError('Cannot tell the delay in words: its law was read from a file')
  const [left, right] = [words(inward, flags.in), words(outward, flags.out)]
  const told: string[] = []
  for (const word of [...Object.keys(TELL), 'fifo', 'down']) {
    const [a, b] = [left.get(word), right.get(word)]
    if (a === b) {
      if (a !== undefined) told.push(`${word}=${a}`)
      continue
    }
    if (a !== undefined) told.push(`in.${word}=${a}`)
    if (b !== undefined) told.push(`out.${word}=${b}`)
  }
  return told.join(' ')
}
