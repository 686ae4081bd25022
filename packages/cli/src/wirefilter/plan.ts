/** What wirefilter is asked to join and to do, from its command line. Pure. */
import { parseOctets } from '@vde-ts/impair/units.js'
import { UsageError, type Parsed, type Values } from '../command.ts'
import { ZERO_WINDOW } from './spec.ts'

/** Where the frames come from and go to. */
export type Ends =
  | { readonly kind: 'networks', readonly left: string, readonly right: string }
  | { readonly kind: 'chain' }

/** Everything about one filter. */
export interface FilterPlan {
  readonly ends: Ends
  /** Console commands that the options stand for, in order. */
  readonly commands: readonly string[]
  readonly seed: number | undefined
  readonly mgmtMode: number
  readonly memory: number | undefined
}

/** The standard streams, as one of the ends. */
export const STREAMS = '-'

/** Options that are console commands, in the order they are executed. */
const COMMANDS: ReadonlyArray<readonly [option: string, command: string]> = [
  ['loss', 'loss'], ['lostburst', 'lostburst'], ['delay', 'delay'], ['dup', 'dup'], ['band', 'bandwidth'], ['speed', 'speed'],
  ['chanbufsize', 'chanbufsize'], ['noise', 'noise'], ['mtu', 'mtu'], ['RED', 'RED'], ['set', 'set']
]
const LEAST_MEMORY = 65536

/** @throws {UsageError} */
export const planFilter = ({ values, operands }: Parsed): FilterPlan => ({
  ends: readEnds(checked(values), operands),
  commands: [
    ...COMMANDS.flatMap(([option, command]) => values.list(option).map((value) => `${command} ${value}`)),
    ...(values.has('nofifo') ? ['fifo 0'] : [])
  ],
  seed: number(values, 'seed', /^\d{1,16}$/, 10, Number.MAX_SAFE_INTEGER),
  mgmtMode: number(values, 'mgmtmode', /^[0-7]{1,4}$/, 8, 0o7777) ?? 0o700,
  memory: readMemory(values)
})

/**
 * A window of 0 in the place of the one that a receiver offered takes back what was offered [RFC 9293 3.8.6]: the stream
 * stands still until the sender probes, whoever measures TCP on such a link measures that, and of encrypted traffic nothing
 * can be rewritten.
 */
const checked = (values: Values): Values => {
  if (!values.has(ZERO_WINDOW)) return values
  throw new UsageError('Cannot do -A: it would rewrite the windows of TCP, which a cable does not; --set "queue=100frames aqm=codel" keeps the queue short')
}

const readEnds = (values: Values, operands: readonly string[]): Ends => {
  const pair = values.text('vde-plug')
  if (pair !== undefined && operands.length > 0) throw new UsageError(`Cannot read '${operands[0]}': the networks are named by -v already`)
  if (pair === undefined && operands.length === 0) return { kind: 'chain' }
  const [left, right, extra] = pair === undefined ? operands : splitPair(pair)
  if (left === undefined || right === undefined || extra !== undefined) {
    throw new UsageError(`Cannot read the command line: two networks are wanted, ${operands.length} found`)
  }
  if (left === STREAMS && right === STREAMS) throw new UsageError('Cannot read the command line: only one end can be the standard streams')
  return { kind: 'networks', left, right }
}

/**
 * Parts `LEFT:RIGHT` at the first colon that is not one of `scheme://` and stands in no brackets, braces or quotes.
 * @throws {UsageError} there is none
 */
export const splitPair = (text: string): [string, string] => {
  let depth = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if ('[{'.includes(character)) depth++
    else if (']}'.includes(character)) depth--
    else if (character === ':' && depth === 0 && !text.startsWith('//', at + 1)) return [text.slice(0, at), text.slice(at + 1)]
  }
  throw new UsageError(`Cannot read -v '${text}': LEFT:RIGHT is wanted`)
}

const number = (values: Values, name: string, shape: RegExp, base: number, most: number): number | undefined => {
  const text = values.text(name)
  if (text === undefined) return undefined
  const value = shape.test(text) ? parseInt(text, base) : NaN
  if (value <= most) return value
  throw new UsageError(`Cannot read --${name} '${text}': ${base === 8 ? 'permissions in octal are' : `a number up to ${most} is`} wanted`)
}

const readMemory = (values: Values): number | undefined => {
  const text = values.text('memory')
  if (text === undefined) return undefined
  try {
    const octets = parseOctets(text, '--memory')
    if (octets >= LEAST_MEMORY) return octets
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  throw new UsageError(`Cannot read --memory '${text}': ${LEAST_MEMORY}B or more is wanted`)
}
