/**
 * Runs scripts. Values are text; commands are functions from words to text, given by whoever makes the interpreter.
 *
 * A script can do what its commands can, and there is none that runs programs, opens files or waits. It is bounded: so many
 * commands, so deep, so much text in a value. Beyond that it ends, and `catch` does not help it.
 *
 * Variables are in frames: one for each namespace, one for each call of a procedure. `::a::b` is b of namespace a.
 */
import { Jump, LimitError, TclError } from './error.ts'
import { parseList } from './list.ts'
import { parseScript, type Command, type Part } from './parse.ts'

/** A command; `words` without its name. What it throws as TclError is the script's to catch. */
export type Run = (words: readonly string[], interpreter: Interpreter) => Promise<string> | string

/** Variables by name; an array is a map of its own. A variable may stand for one of another frame. */
export type Frame = Map<string, string | Map<string, string> | Alias>

/** What `global`, `variable` and `upvar` make. */
export interface Alias { readonly frame: Frame, readonly name: string }

/** How much a script may use. */
export interface Limits {
  readonly commands: number
  readonly depth: number
  /** Characters of one value. */
  readonly text: number
}

/** LSDN's largest test, forty hosts, takes some hundreds of commands. */
export const LIMITS: Limits = { commands: 300_000, depth: 100, text: 1 << 22 }

const isAlias = (value: unknown): value is Alias => typeof value === 'object' && value !== null && 'frame' in value

/** See above. */
export class Interpreter {
  readonly commands: Map<string, Run>
  /** Of the namespace that is current. */
  namespace = ''
  frame: Frame
  readonly #namespaces = new Map<string, Frame>()
  readonly #parsed = new Map<string, readonly Command[]>()
  readonly #limits: Limits
  #left = 0
  #depth = 0

  constructor (commands: Iterable<readonly [string, Run]>, limits: Limits = LIMITS) {
    this.commands = new Map(commands)
    this.#limits = limits
    this.frame = this.frameOf('')
  }

  /** Runs a whole script with all that scripts may use. @throws {TclError | LimitError} */
  async run (script: string): Promise<string> {
    this.#left = this.#limits.commands
    this.#depth = 0
    this.frame = this.frameOf('')
    this.namespace = ''
    try {
      return await this.eval(script)
    } catch (error) {
      if (error instanceof Jump && error.kind === 'return') return error.value
      if (error instanceof Jump) throw new TclError(`invoked "${error.kind}" outside of a loop`)
      throw error
    }
  }

  /** Runs a script where the caller is. */
  async eval (script: string): Promise<string> { return await this.#all(this.#parse(script)) }

  /** Bodies of loops are read once. */
  #parse (script: string): readonly Command[] {
    const known = this.#parsed.get(script)
    if (known !== undefined) return known
    const commands = parseScript(script)
    if (this.#parsed.size >= 1000) this.#parsed.clear()
    this.#parsed.set(script, commands)
    return commands
  }

  async #all (commands: readonly Command[]): Promise<string> {
    if (++this.#depth > this.#limits.depth) throw new LimitError('too many nested scripts')
    let result = ''
    try {
      for (const command of commands) result = await this.#one(command)
    } finally {
      this.#depth--
    }
    return result
  }

  async #one ({ words, line }: Command): Promise<string> {
    this.spend()
    try {
      const values: string[] = []
      for (const { parts, isExpanded } of words) {
        const value = await this.join(parts)
        if (isExpanded) values.push(...parseList(value))
        else values.push(value)
      }
      return values.length === 0 ? '' : await this.call(values)
    } catch (error) {
      if (error instanceof TclError && error.trace.length < 20) error.trace.push(`line ${line}`)
      throw error
    }
  }

  /** Counts what a script does: a command, a turn of a loop. @throws {LimitError} it was the last one allowed */
  spend (): void {
    if (--this.#left < 0) throw new LimitError(`more than ${this.#limits.commands} commands`)
  }

  /** Calls a command by its words. */
  async call ([name = '', ...words]: readonly string[]): Promise<string> {
    const run = this.find(name)
    if (run === null) throw new TclError(`invalid command name "${name.slice(0, 60)}"`)
    return this.bounded(await run(words, this))
  }

  /** The command that a name stands for here. */
  find (name: string): Run | null {
    if (name.startsWith('::')) return this.commands.get(name.slice(2)) ?? null
    const local = this.namespace === '' ? undefined : this.commands.get(`${this.namespace}::${name}`)
    return local ?? this.commands.get(name) ?? null
  }

  /** The text, unless it is more than a value may have. */
  bounded (text: string): string {
    if (text.length > this.#limits.text) throw new LimitError(`a value of more than ${this.#limits.text} characters`)
    return text
  }

  /** The value of parts. */
  async join (parts: readonly Part[]): Promise<string> {
    let text = ''
    for (const part of parts) {
      if (part.kind === 'text') text += part.text
      else if (part.kind === 'script') text += await this.#all(part.commands)
      else text += this.get(part.index === null ? part.name : `${part.name}(${await this.join(part.index)})`)
    }
    return this.bounded(text)
  }

  /** Variables of a namespace. */
  frameOf (namespace: string): Frame {
    const known = this.#namespaces.get(namespace)
    if (known !== undefined) return known
    const frame: Frame = new Map()
    this.#namespaces.set(namespace, frame)
    return frame
  }

  /** Runs `body` with other variables and another namespace. */
  async within<T> (frame: Frame, namespace: string, body: () => Promise<T>): Promise<T> {
    const [before, outer] = [this.frame, this.namespace]
    this.frame = frame
    this.namespace = namespace
    try {
      return await body()
    } finally {
      this.frame = before
      this.namespace = outer
    }
  }

  /** @throws {TclError} there is no such variable, or it is an array */
  get (name: string): string {
    const value = this.look(name)
    if (typeof value === 'string') return value
    throw new TclError(`can't read "${name.slice(0, 60)}": ${value === null ? 'no such variable' : 'variable is array'}`)
  }

  /** Null: not there. */
  look (name: string): string | Map<string, string> | null {
    const { frame, base, key } = this.#place(name)
    const value = frame.get(base)
    if (key === null) return value === undefined || isAlias(value) ? null : value
    return value instanceof Map ? value.get(key) ?? null : null
  }

  /** @throws {TclError} an array where a plain variable is, or the other way round */
  set (name: string, value: string): string {
    const { frame, base, key } = this.#place(name)
    const old = frame.get(base)
    if (key === null) {
      if (old instanceof Map) throw new TclError(`can't set "${name}": variable is array`)
      frame.set(base, this.bounded(value))
      return value
    }
    if (typeof old === 'string') throw new TclError(`can't set "${name}": variable isn't array`)
    const array = old instanceof Map ? old : new Map<string, string>()
    frame.set(base, array)
    array.set(key, this.bounded(value))
    return value
  }

  /** @returns whether there was one */
  unset (name: string): boolean {
    const { frame, base, key } = this.#place(name)
    if (key === null) return frame.delete(base)
    const array = frame.get(base)
    return array instanceof Map && array.delete(key)
  }

  #place (name: string): { frame: Frame, base: string, key: string | null } {
    const [, whole = name, key = null] = /^([^(]*)\((.*)\)$/s.exec(name) ?? []
    const cut = whole.lastIndexOf('::')
    if (cut >= 0) {
      const namespace = whole.slice(0, cut).replace(/^::/, '')
      return { frame: this.frameOf(namespace), base: whole.slice(cut + 2), key }
    }
    const value = this.frame.get(whole)
    return isAlias(value) ? { frame: value.frame, base: value.name, key } : { frame: this.frame, base: whole, key }
  }
}
