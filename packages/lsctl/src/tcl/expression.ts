/**
 * Tcl's expressions: numbers, text in quotes, variables, commands, and the operators, lazily where C's are.
 *
 *     ternary > or > and > | ^ & > == != eq ne in ni > < > <= >= > << >> > + - > * / % > ** > unary > operand
 *
 * Read and evaluated in one pass; what a lazy operator does not want is read and not evaluated.
 */
import { TclError } from './error.ts'
import type { Interpreter } from './interpreter.ts'
import { parseList } from './list.ts'
import { parseParts } from './parse.ts'

type Operator = (a: string, b: string) => string | number | boolean

/** A number of Tcl: decimal, 0x, 0b, 0o, or with a point; null for text. */
export const numberOf = (text: string): number | null => {
  const trimmed = text.trim()
  const [, sign = '', digits] = /^([+-]?)(0x[0-9a-f]+|0b[01]+|0o[0-7]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i.exec(trimmed) ?? []
  if (digits === undefined) return null
  const value = Number(digits)
  return sign === '-' ? -value : value
}

/** @throws {TclError} it is none */
export const needNumber = (text: string): number => {
  const value = numberOf(text)
  if (value !== null) return value
  throw new TclError(`expected a number but got "${text.slice(0, 60)}"`)
}

/** @throws {TclError} it is none, or more than 53 bits */
export const needInteger = (text: string): number => {
  const value = numberOf(text)
  if (value !== null && Number.isSafeInteger(value) && !/[.e]/i.test(text.replace(/^[+-]?0x/i, ''))) return value
  if (value !== null && /^\s*[+-]?0x[0-9a-f]+\s*$/i.test(text) && Number.isSafeInteger(value)) return value
  throw new TclError(`expected integer but got "${text.slice(0, 60)}"`)
}

/** @throws {TclError} it is neither a number nor a word of truth */
export const needBoolean = (text: string): boolean => {
  const value = numberOf(text)
  if (value !== null) return value !== 0
  const word = text.trim().toLowerCase()
  if (['true', 'yes', 'on'].includes(word)) return true
  if (['false', 'no', 'off'].includes(word)) return false
  throw new TclError(`expected boolean value but got "${text.slice(0, 60)}"`)
}

const compare = (a: string, b: string): number => {
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== null && y !== null) return x - y
  return a < b ? -1 : a > b ? 1 : 0
}

const isFloat = (text: string): boolean => !/^\s*[+-]?0x/i.test(text) && /[.e]/i.test(text)

const arithmetic = (calculate: (a: number, b: number, isWhole: boolean) => number): Operator => (a, b) => {
  const isWhole = !isFloat(a) && !isFloat(b)
  const value = calculate(needNumber(a), needNumber(b), isWhole)
  if (isWhole && !Number.isSafeInteger(value)) throw new TclError('integer value too large to represent')
  return isWhole || !Number.isInteger(value) ? value : `${value}.0`
}

const divided = (what: (a: number, b: number) => number) => (a: number, b: number): number => {
  if (b === 0) throw new TclError('divide by zero')
  return what(a, b)
}

const bits = (calculate: (a: bigint, b: bigint) => bigint): Operator => (a, b) =>
  Number(BigInt.asIntN(64, calculate(BigInt(needInteger(a)), BigInt(needInteger(b)))))

const shift = (left: boolean): Operator => bits((a, b) => {
  if (b < 0n || b > 64n) throw new TclError('shift by more than a word')
  return left ? a << b : a >> b
})

/** Operators of two operands by what binds them, weakest first. */
const LEVELS: ReadonlyArray<Readonly<Record<string, Operator>>> = [
  { '|': bits((a, b) => a | b) },
  { '^': bits((a, b) => a ^ b) },
  { '&': bits((a, b) => a & b) },
  {
    '==': (a, b) => compare(a, b) === 0,
    '!=': (a, b) => compare(a, b) !== 0,
    eq: (a, b) => a === b,
    ne: (a, b) => a !== b,
    in: (a, b) => parseList(b).includes(a),
    ni: (a, b) => !parseList(b).includes(a)
  },
  { '<=': (a, b) => compare(a, b) <= 0, '>=': (a, b) => compare(a, b) >= 0, '<': (a, b) => compare(a, b) < 0, '>': (a, b) => compare(a, b) > 0 },
  { '<<': shift(true), '>>': shift(false) },
  { '+': arithmetic((a, b) => a + b), '-': arithmetic((a, b) => a - b) },
  {
    '*': arithmetic((a, b) => a * b),
    '/': arithmetic((a, b, isWhole) => divided((x, y) => isWhole ? Math.floor(x / y) : x / y)(a, b)),
    '%': (a, b) => divided((x, y) => x - y * Math.floor(x / y))(needInteger(a), needInteger(b))
  },
  { '**': arithmetic((a, b) => a ** b) }
]

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number | string>> = {
  int: (value = 0) => Math.trunc(value),
  round: (value = 0) => Math.sign(value) * Math.round(Math.abs(value)),
  double: (value = 0) => Number.isInteger(value) ? `${value}.0` : value,
  abs: (value = 0) => Math.abs(value),
  min: (...values) => Math.min(...values),
  max: (...values) => Math.max(...values),
  floor: (value = 0) => `${Math.floor(value)}.0`,
  ceil: (value = 0) => `${Math.ceil(value)}.0`,
  sqrt: (value = 0) => Math.sqrt(value),
  pow: (a = 0, b = 0) => a ** b
}

const MAX_DEPTH = 100

/** The value of an expression. @throws {TclError} it cannot be read, or not be calculated */
export const evaluate = async (text: string, interpreter: Interpreter): Promise<string> => {
  const reader = new Reader(text, interpreter)
  const value = await reader.ternary(true)
  reader.end()
  return value
}

const textOf = (value: string | number | boolean): string => typeof value === 'boolean' ? (value ? '1' : '0') : String(value)

class Reader {
  #rest: string
  #depth = 0
  readonly #text: string
  readonly #interpreter: Interpreter

  constructor (text: string, interpreter: Interpreter) {
    this.#text = text
    this.#rest = text.trimStart()
    this.#interpreter = interpreter
  }

  end (): void { if (this.#rest !== '') throw this.#wrong() }

  #wrong (): TclError { return new TclError(`syntax error in expression "${this.#text.slice(0, 60)}"`) }

  #take (pattern: RegExp): string | null {
    const found = pattern.exec(this.#rest)
    if (found === null) return null
    this.#rest = this.#rest.slice(found[0].length).trimStart()
    return found[1] ?? found[0]
  }

  async ternary (isWanted: boolean): Promise<string> {
    if (++this.#depth > MAX_DEPTH) throw new TclError('expression is nested too deep')
    const condition = await this.#or(isWanted)
    this.#depth--
    if (this.#take(/^\?/) === null) return condition
    const isTrue = isWanted && needBoolean(condition)
    const yes = await this.ternary(isWanted && isTrue)
    if (this.#take(/^:/) === null) throw this.#wrong()
    const no = await this.ternary(isWanted && !isTrue)
    return isTrue ? yes : no
  }

  async #or (isWanted: boolean): Promise<string> {
    let value = await this.#and(isWanted)
    while (this.#take(/^\|\|/) !== null) {
      const isTrue = isWanted && needBoolean(value)
      const right = await this.#and(isWanted && !isTrue)
      if (isWanted) value = textOf(isTrue || needBoolean(right))
    }
    return value
  }

  async #and (isWanted: boolean): Promise<string> {
    let value = await this.#level(0, isWanted)
    while (this.#take(/^&&/) !== null) {
      const isTrue = isWanted && needBoolean(value)
      const right = await this.#level(0, isTrue)
      if (isWanted) value = textOf(isTrue && needBoolean(right))
    }
    return value
  }

  async #level (level: number, isWanted: boolean): Promise<string> {
    const operators = LEVELS[level]
    if (operators === undefined) return await this.#unary(isWanted)
    let value = await this.#level(level + 1, isWanted)
    for (;;) {
      const name = Object.keys(operators).find((one) => this.#isNext(one))
      if (name === undefined) return value
      this.#rest = this.#rest.slice(name.length).trimStart()
      // ** binds from the right.
      const right = await this.#level(name === '**' ? level : level + 1, isWanted)
      if (isWanted) value = textOf(operators[name]!(value, right))
    }
  }

  /** Whether an operator stands here, and not a longer one that begins like it. */
  #isNext (name: string): boolean {
    if (!this.#rest.startsWith(name)) return false
    if (/^[a-z]/.test(name)) return !/^\w/.test(this.#rest.slice(name.length))
    return !['**', '<<', '>>', '<=', '>=', '==', '||', '&&'].some((longer) =>
      longer !== name && longer.startsWith(name) && this.#rest.startsWith(longer))
  }

  async #unary (isWanted: boolean): Promise<string> {
    if (++this.#depth > MAX_DEPTH) throw new TclError('expression is nested too deep')
    const sign = this.#take(/^[!~+-]/)
    const value = sign === null ? await this.#operand(isWanted) : await this.#unary(isWanted)
    this.#depth--
    if (sign === null || !isWanted) return value
    if (sign === '!') return textOf(!needBoolean(value))
    if (sign === '~') return String(~needInteger(value))
    return sign === '-' ? textOf(LEVELS[6]!['-']!('0', value)) : value
  }

  async #operand (isWanted: boolean): Promise<string> {
    if (this.#take(/^\(/) !== null) {
      const value = await this.ternary(isWanted)
      if (this.#take(/^\)/) === null) throw this.#wrong()
      return value
    }
    const number = this.#take(/^(?:0x[0-9a-f]+|0b[01]+|0o[0-7]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i)
    if (number !== null) return /^0[xbo]/i.test(number) ? String(Number(number)) : number
    const call = this.#take(/^([a-z]\w*)\s*\(/)
    if (call !== null) return await this.#call(call, isWanted)
    const word = this.#take(/^(?:true|false|yes|no|on|off)\b/i)
    if (word !== null) return word
    return await this.#substituted(isWanted)
  }

  async #call (name: string, isWanted: boolean): Promise<string> {
    const values: string[] = []
    while (this.#take(/^\)/) === null) {
      if (values.length > 0 && this.#take(/^,/) === null) throw this.#wrong()
      values.push(await this.ternary(isWanted))
    }
    if (!Object.hasOwn(FUNCTIONS, name)) throw new TclError(`unknown math function "${name}"`)
    return isWanted ? textOf(FUNCTIONS[name]!(...values.map(needNumber))) : ''
  }

  /** Text in quotes or braces, a variable, a command. */
  async #substituted (isWanted: boolean): Promise<string> {
    const c = this.#rest[0]
    const length = c === '{' || c === '[' || c === '"' ? closing(this.#rest) : variableLength(this.#rest)
    if (length === 0) throw this.#wrong()
    const text = this.#rest.slice(0, length)
    this.#rest = this.#rest.slice(length).trimStart()
    if (c === '{') return text.slice(1, -1)
    if (!isWanted) return ''
    return await this.#interpreter.join(parseParts(c === '"' ? text.slice(1, -1) : text))
  }
}

const PAIRS: Readonly<Record<string, string>> = { '{': '}', '[': ']', '"': '"' }

/** Length of what the first character opens, 0: it is not closed. */
const closing = (text: string): number => {
  const [open, close] = [text[0]!, PAIRS[text[0]!]]
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === close && at > 0 && --depth === 0) return at + 1
    else if (text[at] === open) depth++
  }
  return 0
}

const variableLength = (text: string): number => {
  const [found = ''] = /^\$(?:\{[^}]*\}|(?:\w|::+)+)/.exec(text) ?? []
  if (found === '' || text[found.length] !== '(') return found.length
  const end = text.indexOf(')', found.length)
  return end < 0 ? 0 : end + 1
}
