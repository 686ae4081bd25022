/** The words in which impairments are told: a table, from which parser, help and manual come. See change.ts. */
import { NOTHING, change, type Discipline, type Settings } from './settings.ts'
import {
  parseCount, parseFrames, parseOctets, parsePercent, parseRate, parseTime
} from './units.ts'
import { ZERO, fixed, parseTable, type Law, type Value } from './value.ts'

/** What may be read from outside: the file of a table of delays. */
export interface WordFiles {
  /** @throws what the caller's callers understand */
  readFile (path: string): string
}

/** A word: what it does, for people and for the parser. */
export interface Word {
  readonly help: string
  /** How the value looks. */
  readonly value: string
  /** @throws {SyntaxError} a value that cannot be read */
  readonly read: (text: string, name: string, files: WordFiles) => (settings: Settings) => Settings
}

/** Frames that wait for a line unless told otherwise: what netem allows. */
export const DEFAULT_QUEUE_FRAMES = 1000

/** What a link is before any word. */
export const INITIAL: Settings = change(NOTHING, { dupMost: 1, queueFrames: DEFAULT_QUEUE_FRAMES })

const set = (changes: Partial<Settings>) => (settings: Settings): Settings => change(settings, changes)

const delay = (how: (value: Value) => Value) => (settings: Settings): Settings => change(settings, { delay: how(settings.delay) })

type Correlation = 'lossCorrelation' | 'dupCorrelation' | 'corruptCorrelation' | 'reorderCorrelation' | 'delayCorrelation'

/** An amount without variation. */
const amount = (key: 'loss' | 'burst' | 'dup' | 'rate' | 'speed' | 'capacity' | 'mtu', parse: (text: string, name: string) => number) =>
  (text: string, name: string): ReturnType<Word['read']> => {
    const base = parse(text, name)
    return set({ [key]: base === 0 ? ZERO : fixed(base) })
  }

const percent = (key: Correlation) =>
  (text: string, name: string): ReturnType<Word['read']> => {
    const share = parsePercent(text, name)
    if (share >= 100) throw new SyntaxError(`Cannot read ${name}: found 100%, want less: all would be as the first`)
    return set({ [key]: share / 100 })
  }

const LAWS: readonly Law[] = ['uniform', 'normal', 'pareto', 'paretonormal']
const DISCIPLINES: readonly Discipline[] = ['tail', 'red', 'codel']

const oneOf = <T extends string>(list: readonly T[], text: string, name: string): T => {
  const found = list.find((item) => item === text)
  if (found !== undefined) return found
  throw new SyntaxError(`Cannot read ${name}: found "${text.slice(0, 40)}", want one of ${list.join(', ')}`)
}

/** The parts of a value with commas. */
const parts = (text: string, name: string, wanted: string): string[] => {
  const found = text.split(',')
  if (found.length === wanted.split(',').length) return found
  throw new SyntaxError(`Cannot read ${name}: found "${text.slice(0, 40)}", want ${wanted}`)
}

/** The words, in the order of help; where one begins another, the shorter one first. */
export const WORDS: Readonly<Record<string, Word>> = {
  delay: {
    help: 'time each frame takes',
    value: 'TIME',
    read: (text, name) => { const base = parseTime(text, name); return delay((value) => ({ ...value, base })) }
  },
  jitter: {
    help: 'its variation: half the width of a uniform law, the standard deviation of the others',
    value: 'TIME',
    read: (text, name) => { const spread = parseTime(text, name); return delay((value) => ({ ...value, spread, scale: spread })) }
  },
  law: {
    help: 'of the variation: uniform, normal, pareto, paretonormal',
    value: 'LAW',
    read: (text, name) => {
      const law = oneOf(LAWS, text, name)
      return delay((value) => ({ ...value, law, scale: value.spread }))
    }
  },
  table: {
    help: 'a law from a file in the form of netem',
    value: 'FILE',
    read: (text, _name, files) => {
      const table = parseTable(files.readFile(text))
      return delay((value) => ({ ...value, law: 'table', table, scale: value.spread }))
    }
  },
  'delay-correlation': { help: 'of successive delays', value: 'PERCENT', read: percent('delayCorrelation') },
  loss: { help: 'frames lost by chance', value: 'PERCENT', read: amount('loss', parsePercent) },
  burst: {
    help: 'mean length of runs of lost frames',
    value: 'FRAMES',
    read: amount('burst', parseFrames)
  },
  'loss-correlation': { help: 'of successive losses', value: 'PERCENT', read: percent('lossCorrelation') },
  gilbert: {
    help: 'chances to go bad, to go good, and of loss while bad and while good (Gilbert and Elliott); 0 is off',
    value: 'P,R,BAD,GOOD',
    read: (text, name) => {
      if (text === '0') return set({ gilbertElliott: null })
      const shares = parts(text, name, 'P,R,BAD,GOOD').map((part) => parsePercent(part, name) / 100)
      const [toBad = 0, toGood = 0, lossInBad = 0, lossInGood = 0] = shares
      return set({ gilbertElliott: { toBad, toGood, lossInBad, lossInGood } })
    }
  },
  'loss-every': {
    help: 'loses every N-th frame',
    value: 'N',
    read: (text, name) => set({ lossEvery: parseCount(text, name, 0, 1e9) })
  },
  'loss-frames': {
    help: 'loses frames by their number, from 1: 3,7-9',
    value: 'LIST',
    read: (text, name) => set({ lossFrames: parseRuns(text, name) })
  },
  dup: { help: 'frames sent twice', value: 'PERCENT', read: amount('dup', parsePercent) },
  'dup-correlation': { help: 'of successive duplications', value: 'PERCENT', read: percent('dupCorrelation') },
  ber: {
    help: 'bits flipped, as a share of all: 1e-6',
    value: 'SHARE',
    read: (text, name) => set({ noise: fixed(parseShare(text, name) * 8 * 2 ** 20) })
  },
  corrupt: {
    help: 'frames with flipped bits',
    value: 'PERCENT',
    read: (text, name) => set({ corrupt: parsePercent(text, name) })
  },
  'corrupt-bits': {
    help: 'how many bits of such a frame',
    value: 'N',
    read: (text, name) => set({ corruptBits: parseCount(text, name, 1, 1000) })
  },
  'corrupt-correlation': { help: 'of successive corruptions', value: 'PERCENT', read: percent('corruptCorrelation') },
  reorder: {
    help: 'frames that overtake those in the delay',
    value: 'PERCENT',
    read: (text, name) => set({ reorder: parsePercent(text, name) })
  },
  gap: {
    help: 'one of so many frames may overtake',
    value: 'FRAMES',
    read: (text, name) => set({ reorderGap: Math.max(1, parseFrames(text, name)) })
  },
  'reorder-correlation': { help: 'of successive overtakings', value: 'PERCENT', read: percent('reorderCorrelation') },
  rate: {
    help: 'of the line',
    value: 'RATE',
    read: amount('rate', parseRate)
  },
  overhead: {
    help: 'octets the line adds to each frame (24 for Ethernet)',
    value: 'OCTETS',
    read: (text, name) => set({ overhead: parseOctets(text, name) })
  },
  speed: {
    help: 'at which frames are accepted: the sender waits',
    value: 'RATE',
    read: amount('speed', parseRate)
  },
  queue: {
    help: 'what may wait for the line, in frames or octets; 0: no limit',
    value: 'FRAMES|OCTETS',
    read: (text, name) => text === '0' || text.includes('frame')
      ? set({ queueFrames: parseFrames(text, name), queueOctets: 0 })
      : set({ queueFrames: 0, queueOctets: parseOctets(text, name) })
  },
  aqm: {
    help: 'how the queue drops: tail, red, codel',
    value: 'NAME',
    read: (text, name) => set({ discipline: oneOf(DISCIPLINES, text, name) })
  },
  red: {
    help: 'thresholds and greatest chance of aqm=red',
    value: 'MIN,MAX,PERCENT',
    read: (text, name) => {
      const [min = '', max = '', most = ''] = parts(text, name, 'MIN,MAX,PERCENT')
      const probability = parsePercent(most, name) / 100
      const red = { min: parseOctets(min, name), max: parseOctets(max, name), probability, limit: 0 }
      if (red.max <= red.min) throw new SyntaxError(`Cannot read ${name}: found "${text.slice(0, 40)}", want MIN below MAX`)
      return set({ red })
    }
  },
  codel: {
    help: 'target and interval of aqm=codel',
    value: 'TIME,TIME',
    read: (text, name) => {
      const [target = '', interval = ''] = parts(text, name, 'TARGET,INTERVAL')
      return set({ codel: { ...NOTHING.codel, target: parseTime(target, name), interval: parseTime(interval, name) } })
    }
  },
  capacity: {
    help: 'octets that queue and delay hold together',
    value: 'OCTETS',
    read: amount('capacity', parseOctets)
  },
  mtu: { help: 'longest frame that passes', value: 'OCTETS', read: amount('mtu', parseOctets) }
}

/** Words about a direction itself, not its settings. */
export const FLAGS = { fifo: 'frames leave in their order, or not', down: 'the link is cut' } as const

/** Every word with how its value looks, for help and manuals. */
export const wordHelp = (): Array<readonly [name: string, value: string, help: string]> => [
  ...Object.entries(WORDS).map(([name, { value, help }]) => [name, value, help] as const),
  ...Object.entries(FLAGS).map(([name, help]) => [name, 'on|off', help] as const)
]

const parseShare = (text: string, name: string): number => {
  const value = /^(\d+(\.\d+)?|\.\d+)(e-?\d{1,2})?$/.test(text) ? Number(text) : NaN
  if (value >= 0 && value <= 0.5) return value
  throw new SyntaxError(`Cannot read ${name}: found "${text.slice(0, 40)}", want a share such as 1e-6`)
}

const MOST_RUNS = 10_000

const parseRuns = (text: string, name: string): Float64Array | null => {
  if (text === '0') return null
  const runs = text.split(',').map((part) => {
    const [, first, last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(part) ?? []
    return [Number(first), Number(last)] as const
  }).sort(([a], [b]) => a - b)
  const isSound = runs.length <= MOST_RUNS &&
    runs.every(([first, last], i) => first >= 1 && first <= last && (i === 0 || first > runs[i - 1]![1]))
  if (!isSound) throw new SyntaxError(`Cannot read ${name}: found "${text.slice(0, 40)}", want frames such as 3,7-9, from 1`)
  return Float64Array.from(runs.flat())
}
