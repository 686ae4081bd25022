/** Commands on text: `string` and `format`. */
import { count, sub } from './arguments.ts'
import { LimitError, TclError } from './error.ts'
import { needInteger, needNumber, numberOf } from './expression.ts'
import { globMatch } from './glob.ts'
import { LIMITS, type Run } from './interpreter.ts'
import { parseList } from './list.ts'
import { indexOf } from './values.ts'

const flag = (value: boolean): string => value ? '1' : '0'

const CLASSES: Readonly<Record<string, (text: string) => boolean>> = {
  integer: (text) => /^\s*[+-]?(?:\d+|0x[0-9a-f]+)\s*$/i.test(text),
  double: (text) => numberOf(text) !== null,
  boolean: (text) => /^(?:[01]|true|false|yes|no|on|off)$/i.test(text),
  alpha: (text) => /^\p{L}*$/u.test(text),
  digit: (text) => /^\d*$/.test(text),
  alnum: (text) => /^[\p{L}\d]*$/u.test(text),
  space: (text) => /^\s*$/.test(text),
  xdigit: (text) => /^[0-9a-f]*$/i.test(text)
}

const trim = (text: string, characters: string, isLeft: boolean, isRight: boolean): string => {
  let [from, to] = [0, text.length]
  if (isLeft) while (from < to && characters.includes(text[from]!)) from++
  if (isRight) while (to > from && characters.includes(text[to - 1]!)) to--
  return text.slice(from, to)
}
const BLANKS = ' \t\n\r\v\f\0'

const compared = (words: readonly string[]): { a: string, b: string } => {
  const isCaseless = words[0] === '-nocase'
  const rest = isCaseless ? words.slice(1) : words
  count(rest, 2, 2, 'string compare ?-nocase? string1 string2')
  const [a, b] = isCaseless ? rest.map((one) => one.toLowerCase()) : rest
  return { a: a!, b: b! }
}

const mapped: Run = ([pairs = '', text = '']) => {
  const words = parseList(pairs)
  let result = ''
  for (let at = 0; at < text.length;) {
    let i = 0
    while (i + 1 < words.length && (words[i] === '' || !text.startsWith(words[i]!, at))) i += 2
    const isFound = i + 1 < words.length
    result += isFound ? words[i + 1]! : text[at]!
    at += isFound ? words[i]!.length : 1
    if (result.length > LIMITS.text) throw new LimitError(`a value of more than ${LIMITS.text} characters`)
  }
  return result
}

const STRING: Readonly<Record<string, Run>> = {
  length: ([text = '']) => String(text.length),
  index: ([text = '', index = '']) => text[indexOf(index, text.length)] ?? '',
  range: ([text = '', first = '', last = '']) => text.slice(Math.max(0, indexOf(first, text.length)), Math.max(0, indexOf(last, text.length) + 1)),
  tolower: ([text = '']) => text.toLowerCase(),
  toupper: ([text = '']) => text.toUpperCase(),
  trim: ([text = '', characters = BLANKS]) => trim(text, characters, true, true),
  trimleft: ([text = '', characters = BLANKS]) => trim(text, characters, true, false),
  trimright: ([text = '', characters = BLANKS]) => trim(text, characters, false, true),
  equal (words) { const { a, b } = compared(words); return flag(a === b) },
  compare (words) { const { a, b } = compared(words); return String(a < b ? -1 : a > b ? 1 : 0) },
  match (words) { const { a, b } = compared(words); return flag(globMatch(a, b)) },
  first: ([needle = '', text = '']) => String(needle === '' ? -1 : text.indexOf(needle)),
  last: ([needle = '', text = '']) => String(needle === '' ? -1 : text.lastIndexOf(needle)),
  repeat ([text = '', times = '0']) {
    const n = Math.max(0, needInteger(times))
    if (text.length * n > LIMITS.text) throw new LimitError(`a value of more than ${LIMITS.text} characters`)
    return text.repeat(n)
  },
  reverse: ([text = '']) => [...text].reverse().join(''),
  cat: (words) => words.join(''),
  map: mapped,
  is ([kind, ...words]) {
    const isStrict = words[0] === '-strict'
    const text = words.at(-1) ?? ''
    return flag((text !== '' || !isStrict) && (text === '' || sub(CLASSES, kind, 'string is')(text)))
  }
}

const FORMAT = /%(?:%|([-+ 0#]*)(\d*)(?:\.(\d+))?[hl]*([a-zA-Z]))/g
/** Of a number that is filled up. */
const MAX_WIDTH = 1000

const CONVERSIONS: Readonly<Record<string, (value: string, precision: number | null) => string>> = {
  s: (value, precision) => precision === null ? value : value.slice(0, precision),
  d: (value) => String(needInteger(value)),
  i: (value) => String(needInteger(value)),
  u: (value) => String(needInteger(value) >>> 0),
  x: (value) => (needInteger(value) < 0 ? needInteger(value) >>> 0 : needInteger(value)).toString(16),
  X: (value) => (needInteger(value) < 0 ? needInteger(value) >>> 0 : needInteger(value)).toString(16).toUpperCase(),
  o: (value) => needInteger(value).toString(8),
  b: (value) => needInteger(value).toString(2),
  c: (value) => String.fromCodePoint(Math.min(0x10ffff, Math.max(0, needInteger(value)))),
  f: (value, precision) => needNumber(value).toFixed(Math.min(100, precision ?? 6)),
  e: (value, precision) => needNumber(value).toExponential(Math.min(100, precision ?? 6)),
  g: (value, precision) => String(Number(needNumber(value).toPrecision(Math.min(100, Math.max(1, precision ?? 6)))))
}

const format: Run = ([template = '', ...values]) => {
  let next = 0
  type Piece = (whole: string, flags: string | undefined, width: string, digits: string | undefined, kind: string) => string
  const piece: Piece = (whole, flags, width, digits, kind) => {
    if (flags === undefined) return '%'
    if (next >= values.length) throw new TclError('not enough arguments for all format specifiers')
    if (Number(width) > MAX_WIDTH) throw new TclError(`bad field width "${width}": want at most ${MAX_WIDTH}`)
    if (!Object.hasOwn(CONVERSIONS, kind)) throw new TclError(`bad field specifier "${whole.at(-1)}"`)
    const text = CONVERSIONS[kind]!(values[next++]!, digits === undefined ? null : Number(digits))
    const signed = flags.includes('+') && /[dife]/.test(kind) && !text.startsWith('-') ? `+${text}` : text
    if (flags.includes('-')) return signed.padEnd(Number(width))
    if (!flags.includes('0') || kind === 's') return signed.padStart(Number(width))
    const [sign = ''] = /^[+-]/.exec(signed) ?? []
    return sign + signed.slice(sign.length).padStart(Number(width) - sign.length, '0')
  }
  return template.replaceAll(FORMAT, piece)
}

/** The commands. */
export const TEXT: Readonly<Record<string, Run>> = {
  format,
  async string ([word, ...words], interpreter) { return await sub(STRING, word, 'string')(words, interpreter) }
}
