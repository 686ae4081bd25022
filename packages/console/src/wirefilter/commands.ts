/**
 * The commands of a wirefilter: the original's, whose values have its own syntax, and ours, which take words with units.
 */
import { applyFlags, change, general, parseClassic, parseWords, scaled, splitWords, type Value } from '@vde-ts/impair'
import { VdeError } from '@vde-ts/link'
import type { Args, Call, Command, Row } from '../command.ts'
import type { WirefilterContext } from './context.ts'
import { PARAMETERS, counterLines, directionFacts, infoLines, type Parameter } from './show-info.ts'

const MS = 1e6
/** Category of the events of changing states. */
export const MARKOV_EVENTS = 'markov'

type Filter = WirefilterContext
type Run = Command<Filter>['run']

const text = (args: Args): string => args.words.join(' ')

/**
 * What no line has is refused; the original made whatever its integers had room for of it. More than 100 percent are taken, as
 * by the original: loss of 200 is loss of everything.
 */
const checkRange = (name: Parameter, { base, spread }: Value): void => {
  const { most = Number.MAX_SAFE_INTEGER } = PARAMETERS[name]
  if (Math.abs(base) + spread <= most) return
  throw new VdeError('EINVAL', `set ${name}`, `got ${general(base)}+${general(spread)}, want at most ${general(most)}`)
}

/** Sets one of the original's parameters. */
const setValue = (name: Parameter): Run => ({ states, hasBits, isOneWay }, args) => {
  const { key, unit } = PARAMETERS[name]
  const { value, direction, node } = parseClassic(text(args), hasBits)
  checkRange(name, value)
  // Of one direction the way back is inside of the filter.
  if (isOneWay && direction === 'in') return
  states.change(node, isOneWay ? 'out' : direction, (settings) => change(settings, { [key]: scaled(value, unit) }))
}

/** Names that scripts use besides. */
const ALIASES: ReadonlyArray<readonly [string, Parameter]> = [['band', 'bandwidth'], ['capacity', 'chanbufsize']]

const valueRow = (path: string, name: Parameter): Row<Filter> =>
  ({ path, syntax: 'VALUE', help: PARAMETERS[name].help, run: setValue(name) })

const valueRows: ReadonlyArray<Row<Filter>> = [
  ...(Object.keys(PARAMETERS) as Parameter[]).map((name) => valueRow(name, name)),
  ...ALIASES.map(([path, name]) => valueRow(path, name))
]

/** Numbers parted by commas. @throws {VdeError} EINVAL */
const numbers = (args: Args, names: readonly string[]): number[] => {
  const words = text(args).split(',').map((word) => word.trim())
  if (words.length === names.length && words.every((word) => /^-?\d{1,9}(\.\d{1,9})?$/.test(word))) return words.map(Number)
  throw new VdeError('EINVAL', 'read the numbers', `got "${text(args)}", want ${names.join(',')}`)
}

/** The index of a state that may be left out: the current one. */
const stateIndex = ({ states }: Filter, args: Args): number => args.optionalInt(0, 'n') ?? states.current

const stateName = ({ states }: Filter, index: number): string => `${index} "${states.state(index).name}"`

function * edgeLines (filter: Filter, from: number): Generator<string> {
  for (let to = 0; to < filter.states.count; to++) {
    const weight = filter.states.weight(from, to)
    const names = `"${filter.states.state(from).name}"->"${filter.states.state(to).name}"`
    if (weight !== 0) yield `Edge ${from} ->${to}  ${names} weight ${general(weight)}`
  }
}

/** `markov-debug N`: the session hears of changes of state, or no more. */
const debug = (_: Filter, args: Args, { console, subscriber }: Call<Filter>): void => {
  for (const topic of console.events.matching(MARKOV_EVENTS)) {
    if (args.int(0, 'n') > 0) topic.add(subscriber!)
    else topic.delete(subscriber!)
  }
}

const nameState = ({ states }: Filter, args: Args): void => {
  const [, index, name] = /^\s*(\d{1,6})\s*,(.*)$/.exec(text(args)) ?? []
  if (index === undefined || name === undefined) throw new VdeError('EINVAL', 'name a state', `got "${text(args)}", want N,NAME`)
  states.state(Number(index)).name = name
}

const markovRows: ReadonlyArray<Row<Filter>> = [
  {
    path: 'markov-numnodes',
    syntax: 'n',
    help: 'set the number of states',
    run: ({ states }, args) => { states.setCount(args.int(0, 'n')) }
  },
  { path: 'markov-setnode', syntax: 'n', help: 'enter state n', run: ({ states }, args) => { states.goTo(args.int(0, 'n')) } },
  { path: 'markov-name', syntax: 'n,name', help: 'name state n', run: nameState },
  {
    path: 'markov-time',
    syntax: 'ms',
    help: 'set the time from step to step',
    run: ({ states }, args) => { states.period = args.int(0, 'ms', 1, 1e9) * MS }
  },
  {
    path: 'setedge',
    syntax: 'n1,n2,w',
    help: 'set the percentage of steps from n1 to n2',
    run ({ states }, args) {
      const [from = 0, to = 0, weight = 0] = numbers(args, ['n1', 'n2', 'w'])
      states.setEdge(from, to, weight)
    }
  },
  {
    path: 'showedges',
    syntax: '[n]',
    help: 'show where the steps from state n lead',
    output: 'data',
    run: (filter, args) => edgeLines(filter, stateIndex(filter, args))
  },
  {
    path: 'showcurrent',
    syntax: '',
    help: 'show the current state',
    output: 'data',
    * run (filter) {
      yield `Current Markov Node ${stateName(filter, filter.states.current)} (0,..,${filter.states.count - 1})`
    }
  },
  { path: 'markov-debug', syntax: 'n', help: 'show changes of state here (0: no longer)', wantsSession: true, run: debug }
]

const infoRows: ReadonlyArray<Row<Filter>> = [
  {
    path: 'showinfo',
    syntax: '[n]',
    help: 'show what is set (in state n)',
    output: 'data',
    run: (filter, args) => infoLines(filter, stateIndex(filter, args))
  }
]

const fifoRows: ReadonlyArray<Row<Filter>> = [
  {
    path: 'fifo',
    syntax: '0|1',
    help: 'keep frames in their order, or not',
    run ({ link }, args) { link.out.isFifo = link.in.isFifo = args.flag(0, 'fifo') }
  }
]

/** All words of a line at once, or none. */
const setWords = ({ states, link, files, isOneWay }: Filter, args: Args): void => {
  const words = parseWords(splitWords(text(args)), files)
  states.change(states.current, 'out', words.out)
  if (!isOneWay) states.change(states.current, 'in', words.in)
  applyFlags(link, words, isOneWay)
}

const ours: ReadonlyArray<Row<Filter>> = [
  { path: 'set', syntax: 'WORD...', help: 'set several values at once: delay=20ms in.loss=1%', isOurs: true, run: setWords },
  {
    path: 'show',
    syntax: '',
    help: 'show settings and counters of both directions (--json)',
    output: 'data',
    isOurs: true,
    * run ({ link }) {
      for (const side of ['out', 'in'] as const) {
        for (const [name, fact] of Object.entries(directionFacts(link[side]))) yield `${side} ${name} ${JSON.stringify(fact)}`
      }
    },
    json: ({ link }) => ({ seed: link.seed, out: directionFacts(link.out), in: directionFacts(link.in) })
  },
  {
    path: 'counters',
    syntax: '',
    help: 'show what was counted',
    output: 'data',
    isOurs: true,
    * run ({ link }) {
      yield * counterLines('L->R', link.out)
      yield * counterLines('R->L', link.in)
    },
    json: ({ link }) => ({ out: link.out.counters, in: link.in.counters })
  },
  {
    path: 'reset-counters',
    syntax: '',
    help: 'count from 0 again',
    isOurs: true,
    run ({ link }) {
      link.out.counters.reset()
      link.in.counters.reset()
    }
  },
  {
    path: 'RED',
    syntax: 'min,max,prob,limit',
    help: 'drop early: octets, percent, octets (0,0,0,0: no longer)',
    isOurs: true,
    run ({ states, isOneWay }, args) {
      const [min = 0, max = 0, percent = 0, limit = 0] = numbers(args, ['min', 'max', 'prob', 'limit'])
      if (max !== 0 && max <= min) throw new VdeError('EINVAL', 'set RED', `got min ${min} and max ${max}, want min below max`)
      const red = { min, max, probability: percent / 100, limit }
      states.change(states.current, isOneWay ? 'out' : 'both', (settings) => change(settings, { red, discipline: max === 0 ? 'tail' : 'red' }))
    }
  },
  {
    path: 'record',
    syntax: 'FILE|off',
    help: 'write what is decided about each frame, as CSV',
    isOurs: true,
    run ({ records }, args) {
      if (args.word(0, 'FILE') === 'off') records.stop()
      else records.start(text(args))
    }
  },
  {
    path: 'replay',
    syntax: 'FILE|off',
    help: 'decide about each frame as a record says',
    isOurs: true,
    run ({ records }, args) { records.replay(args.word(0, 'FILE') === 'off' ? null : text(args)) }
  }
]

/** In the order in which the start of a line chooses among them. */
export const wirefilterRows: ReadonlyArray<Row<Filter>> = [...infoRows, ...valueRows, ...fifoRows, ...markovRows, ...ours]
