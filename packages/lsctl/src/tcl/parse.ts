/**
 * Scripts of Tcl's twelve rules as commands, words and what is to be put into them. Nothing is evaluated here.
 *
 *     puts "a $b [c d]" ; # comment      -->  [ puts ] [ text 'a ' | variable b | text ' ' | script: c d ]
 *
 * A script nests only as deep as its brackets, which are counted; reading takes time linear in the text.
 */
import { TclError } from './error.ts'

/** A piece of a word. */
export type Part =
  { readonly kind: 'text', readonly text: string } |
  { readonly kind: 'variable', readonly name: string, readonly index: readonly Part[] | null } |
  { readonly kind: 'script', readonly commands: readonly Command[] }

/** A word: its parts joined; `isExpanded`: its elements are words each. */
export interface Word { readonly parts: readonly Part[], readonly isExpanded: boolean }

/** A command and the line it starts on, from 1. */
export interface Command { readonly words: readonly Word[], readonly line: number }

/** Brackets in brackets. */
const MAX_DEPTH = 100

const ESCAPES: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
const BLANK = /[ \t\r\f\v]/

/** Reads a script. @throws {TclError} something is not closed */
export const parseScript = (text: string, line: number = 1): readonly Command[] => new Parser(text, line).script(false)

/** Reads what stands in quotes, or an operand: parts up to the end of the text. */
export const parseParts = (text: string): readonly Part[] => new Parser(text, 1).parts(() => false)

class Parser {
  readonly #text: string
  #at = 0
  #line: number
  #depth = 0

  constructor (text: string, line: number) {
    this.#text = text
    this.#line = line
  }

  /** Commands up to the end, or to the bracket that closes them. */
  script (isNested: boolean): readonly Command[] {
    const commands: Command[] = []
    if (++this.#depth > MAX_DEPTH) throw new TclError('brackets are nested too deep')
    for (;;) {
      this.#skip(true)
      const c = this.#text[this.#at]
      if (c === undefined) {
        if (isNested) throw new TclError(`missing close-bracket, line ${this.#line}`)
        break
      }
      if (c === ']' && isNested) break
      if (c === '#') this.#comment()
      else commands.push(this.#command(isNested))
    }
    this.#depth--
    return commands
  }

  #command (isNested: boolean): Command {
    const line = this.#line
    const words: Word[] = []
    for (;;) {
      this.#skip(false)
      const c = this.#text[this.#at]
      if (c === undefined || c === '\n' || c === ';' || (c === ']' && isNested)) return { words, line }
      words.push(this.#word(isNested))
    }
  }

  /** Blanks and joined lines; with `isBetween` also what ends commands. */
  #skip (isBetween: boolean): void {
    for (;;) {
      const c = this.#text[this.#at]
      if (c === '\\' && this.#text[this.#at + 1] === '\n') { this.#at += 2; this.#line++ } else if (c === '\n' && isBetween) { this.#at++; this.#line++ } else if (c !== undefined && (BLANK.test(c) || (c === ';' && isBetween))) this.#at++
      else return
    }
  }

  #comment (): void {
    while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') {
      if (this.#text[this.#at] === '\\') this.#take()
      this.#take()
    }
  }

  /** One character, counting lines. */
  #take (): string {
    const c = this.#text[this.#at++] ?? ''
    if (c === '\n') this.#line++
    return c
  }

  #word (isNested: boolean): Word {
    const isExpanded = this.#text.startsWith('{*}', this.#at) && !/^(?:\s|;|$)/.test(this.#text.slice(this.#at + 3, this.#at + 4))
    if (isExpanded) this.#at += 3
    const c = this.#text[this.#at]
    if (c === '{') return { parts: [{ kind: 'text', text: this.#closed(this.#braced(), 'close-brace', isNested) }], isExpanded }
    if (c !== '"') return { parts: this.parts((one) => /[\s;]/.test(one) || (one === ']' && isNested)), isExpanded }
    this.#at++
    const parts = this.parts((one) => one === '"')
    if (this.#take() !== '"') throw new TclError(`missing ", line ${this.#line}`)
    return { parts: this.#closed(parts, 'close-quote', isNested), isExpanded }
  }

  #closed<T> (value: T, what: string, isNested: boolean): T {
    const c = this.#text[this.#at]
    if (c === undefined || /[\s;]/.test(c) || (c === ']' && isNested) || (c === '\\' && this.#text[this.#at + 1] === '\n')) return value
    throw new TclError(`extra characters after ${what}, line ${this.#line}`)
  }

  /** What stands in braces, as it is, but for joined lines. */
  #braced (): string {
    const start = this.#line
    let depth = 0
    let text = ''
    for (;;) {
      const c = this.#take()
      if (c === '') throw new TclError(`missing close-brace of line ${start}`)
      if (c === '\\') {
        const next = this.#take()
        if (next !== '\n') { text += c + next; continue }
        while (/[ \t]/.test(this.#text[this.#at] ?? '')) this.#at++
        text += ' '
        continue
      }
      if (c === '{' && depth++ === 0) continue
      if (c === '}' && --depth === 0) return text
      text += c
    }
  }

  /** Parts up to a character that `ends` them. */
  parts (ends: (c: string) => boolean): readonly Part[] {
    const parts: Part[] = []
    let text = ''
    const flush = (): void => { if (text !== '') parts.push({ kind: 'text', text }); text = '' }
    for (;;) {
      const c = this.#text[this.#at]
      if (c === undefined || ends(c)) break
      const part = c === '$' ? this.#variable() : c === '[' ? this.#bracketed() : null
      if (part !== null) { flush(); parts.push(part) } else if (c === '\\' && this.#text[this.#at + 1] === '\n' && ends(' ')) break
      else text += c === '\\' ? this.#escape() : this.#take()
    }
    flush()
    return parts
  }

  #bracketed (): Part {
    this.#at++
    const commands = this.script(true)
    this.#at++
    return { kind: 'script', commands }
  }

  /** Null: a dollar that is only a dollar. */
  #variable (): Part | null {
    const rest = this.#text.slice(this.#at + 1, this.#at + 257)
    const braced = /^\{([^}]*)\}/.exec(rest)
    if (braced !== null) {
      this.#at += 1 + braced[0].length
      return { kind: 'variable', name: braced[1]!, index: null }
    }
    const [name] = /^(?:[A-Za-z0-9_]|::+)+/.exec(rest) ?? []
    if (name === undefined) return null
    this.#at += 1 + name.length
    if (this.#text[this.#at] !== '(') return { kind: 'variable', name, index: null }
    this.#at++
    const index = this.parts((c) => c === ')')
    if (this.#take() !== ')') throw new TclError(`missing ), line ${this.#line}`)
    return { kind: 'variable', name, index }
  }

  #escape (): string {
    this.#at++
    const c = this.#take()
    if (c === '\n') {
      while (/[ \t]/.test(this.#text[this.#at] ?? '')) this.#at++
      return ' '
    }
    const [digits = ''] = (c === 'x' ? /^[0-9a-fA-F]{1,2}/ : c === 'u' ? /^[0-9a-fA-F]{1,4}/ : /^$/).exec(this.#text.slice(this.#at, this.#at + 4)) ?? []
    if (digits === '') return ESCAPES[c] ?? c
    this.#at += digits.length
    return String.fromCharCode(parseInt(digits, 16))
  }
}
