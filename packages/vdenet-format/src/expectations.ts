/**
 * The language of expectations, a line each:
 *
 *     a ping r                     an answer, at once (within 5 s)
 *     a ping 10.0.0.7 within 20s
 *     a no-ping b                  no answer
 *     a tcp r >= 9mbit             one TCP stream
 *     a exec "cat /etc/hostname"   ends with 0
 *     a exec "cat x" = text        prints this
 */
import { parseRate, parseTime } from '@vde-ts/impair/units.js'
import type { Expectation } from '@vde-ts/model/expectation.js'
import { nearest } from '@vde-ts/vnl/nearest.js'

/** How long is tried unless given. */
const WITHIN_MS = 5000
const NS_PER_MS = 1e6

type Rest = readonly string[]
type Verb = (stated: { text: string, node: string }, words: Rest) => Expectation

/** @throws {SyntaxError} the line is none */
export const parseExpectation = (text: string): Expectation => {
  const [node, verb, ...rest] = wordsOf(text)
  if (node === undefined || verb === undefined) throw refusal(text, 'a node, then one of ping, no-ping, tcp, exec')
  if (Object.hasOwn(VERBS, verb)) return VERBS[verb]!({ text, node }, rest)
  const near = nearest(verb, Object.keys(VERBS))
  throw refusal(verb, `one of ${Object.keys(VERBS).join(', ')}${near === null ? '' : `, perhaps "${near}"`}`)
}

const refusal = (found: string, wanted: string): SyntaxError =>
  new SyntaxError(`Cannot read the expectation: found "${found.slice(0, 60)}", want ${wanted}`)

/** Blanks part words; quotes of either kind hold them together, with no escapes inside. */
const wordsOf = (text: string): string[] => {
  const words: string[] = []
  let rest = text.trim()
  while (rest !== '') {
    const found = /^(?:"([^"]*)"|'([^']*)'|([^\s"']+))(?:\s+|$)/.exec(rest)
    if (found === null) throw refusal(rest, 'words, or text in closed quotes')
    words.push(found[1] ?? found[2] ?? found[3]!)
    rest = rest.slice(found[0].length)
  }
  return words
}

const ping = (isWanted: boolean): Verb => (stated, [target, ...rest]) => {
  if (target === undefined) throw refusal(stated.text, 'a node or an address behind ping')
  return { ...stated, kind: 'ping', target, isWanted, withinMs: within(rest) }
}

const within = (words: Rest): number => {
  if (words.length === 0) return WITHIN_MS
  const [word, time, ...more] = words
  if (word !== 'within' || time === undefined || more.length > 0) throw refusal(words.join(' '), '"within TIME" or nothing')
  return parseTime(time, 'within') / NS_PER_MS
}

const tcp: Verb = (stated, words) => {
  const [target, comparison, rate, ...more] = words
  if (target === undefined || rate === undefined || more.length > 0 || (comparison !== '>=' && comparison !== '<=')) {
    throw refusal(words.join(' '), 'NODE >= RATE or NODE <= RATE')
  }
  return { ...stated, kind: 'tcp', target, comparison, rate: parseRate(rate, 'the rate') }
}

const exec: Verb = (stated, [command, ...rest]) => {
  if (command === undefined) throw refusal(stated.text, 'a command in quotes')
  if (rest[0] !== '=') return { ...stated, kind: 'exec', command, output: null, withinMs: within(rest) }
  const [, output, ...more] = rest
  if (output === undefined) throw refusal(stated.text, 'text behind "="')
  return { ...stated, kind: 'exec', command, output, withinMs: within(more) }
}

const VERBS: Readonly<Record<string, Verb>> = { ping: ping(true), 'no-ping': ping(false), tcp, exec }
