/** Commands that run scripts: conditions, loops, procedures, errors, namespaces. */
import { count, sub } from './arguments.ts'
import { Jump, TclError } from './error.ts'
import { evaluate, needBoolean, needInteger } from './expression.ts'
import type { Frame, Interpreter, Run } from './interpreter.ts'
import { formatList, parseList } from './list.ts'

/** Runs the body of a loop. @returns false: the loop was left */
const turn = async (body: string, interpreter: Interpreter): Promise<boolean> => {
  interpreter.spend()
  try {
    await interpreter.eval(body)
    return true
  } catch (error) {
    if (error instanceof Jump && error.kind === 'continue') return true
    if (error instanceof Jump && error.kind === 'break') return false
    throw error
  }
}

const isTrue = async (condition: string, interpreter: Interpreter): Promise<boolean> =>
  needBoolean(await evaluate(condition, interpreter))

const ifCommand: Run = async (words, interpreter) => {
  let at = 0
  for (;;) {
    const condition = words[at++]
    if (condition === undefined) throw new TclError('wrong # args: no expression after "if" or "elseif"')
    if (words[at] === 'then') at++
    const body = words[at++]
    if (body === undefined) throw new TclError('wrong # args: no script after the condition of "if"')
    if (await isTrue(condition, interpreter)) return await interpreter.eval(body)
    if (at >= words.length) return ''
    if (words[at] === 'elseif') { at++; continue }
    if (words[at] === 'else') at++
    count(words.slice(at), 1, 1, 'if expr1 ?then? body1 elseif expr2 ?then? body2 ... ?else? ?bodyN?')
    return await interpreter.eval(words[at]!)
  }
}

const whileCommand: Run = async (words, interpreter) => {
  count(words, 2, 2, 'while test command')
  while (await isTrue(words[0]!, interpreter)) if (!await turn(words[1]!, interpreter)) break
  return ''
}

const forCommand: Run = async (words, interpreter) => {
  count(words, 4, 4, 'for start test next command')
  const [start, test, next, body] = words as [string, string, string, string]
  await interpreter.eval(start)
  while (await isTrue(test, interpreter)) {
    if (!await turn(body, interpreter)) break
    await interpreter.eval(next)
  }
  return ''
}

const foreachCommand: Run = async (words, interpreter) => {
  if (words.length < 3 || words.length % 2 === 0) throw new TclError('wrong # args: should be "foreach varList list ?varList list ...? command"')
  const body = words.at(-1)!
  const lists = Array.from({ length: (words.length - 1) / 2 }, (_, i) =>
    ({ names: parseList(words[2 * i]!), values: parseList(words[2 * i + 1]!) }))
  if (lists.some(({ names }) => names.length === 0)) throw new TclError('foreach varlist is empty')
  const turns = Math.max(...lists.map(({ names, values }) => Math.ceil(values.length / names.length)))
  for (let i = 0; i < turns; i++) {
    for (const { names, values } of lists) {
      for (const [k, name] of names.entries()) interpreter.set(name, values[i * names.length + k] ?? '')
    }
    if (!await turn(body, interpreter)) break
  }
  return ''
}

/** Formal parameters: a name, or a name and its default; `args` last takes the rest. */
const bind = (frame: Frame, name: string, formals: readonly string[][], words: readonly string[]): void => {
  const hasRest = formals.at(-1)?.[0] === 'args'
  const fixed = hasRest ? formals.slice(0, -1) : formals
  for (const [i, [formal = '', fallback]] of fixed.entries()) {
    const value = words[i] ?? fallback
    if (value === undefined) throw new TclError(`wrong # args: should be "${[name, ...formals.map(([one]) => one)].join(' ')}"`)
    frame.set(formal, value)
  }
  if (hasRest) frame.set('args', formatList(words.slice(fixed.length)))
  else if (words.length > fixed.length) throw new TclError(`wrong # args: should be "${[name, ...formals.map(([one]) => one)].join(' ')}"`)
}

const proc: Run = (words, interpreter) => {
  count(words, 3, 3, 'proc name args body')
  const [name, args, body] = words as [string, string, string]
  const formals = parseList(args).map((one) => parseList(one))
  const full = name.startsWith('::') ? name.slice(2) : interpreter.namespace === '' ? name : `${interpreter.namespace}::${name}`
  const namespace = full.includes('::') ? full.slice(0, full.lastIndexOf('::')) : ''
  interpreter.commands.set(full, async (given) => {
    const frame: Frame = new Map()
    bind(frame, name, formals, given)
    return await interpreter.within(frame, namespace, async () => {
      try {
        return await interpreter.eval(body)
      } catch (error) {
        if (error instanceof Jump && error.kind === 'return') return error.value
        throw error
      }
    })
  })
  return ''
}

const CODES: Readonly<Record<string, number>> = { return: 2, break: 3, continue: 4 }

const catchCommand: Run = async (words, interpreter) => {
  count(words, 1, 3, 'catch script ?resultVarName? ?optionVarName?')
  const [script, name] = words as [string, string?]
  let [code, result] = [0, '']
  try {
    result = await interpreter.eval(script)
  } catch (error) {
    if (error instanceof TclError) [code, result] = [1, error.message]
    else if (error instanceof Jump) [code, result] = [CODES[error.kind]!, error.value]
    else throw error
  }
  if (name !== undefined) interpreter.set(name, result)
  return String(code)
}

const jump = (kind: Jump['kind']): Run => (words) => { count(words, 0, 0, kind); throw new Jump(kind) }

const returnCommand: Run = (words) => {
  if (words[0] === '-code' && words[1] === 'error') throw new TclError(words[2] ?? '')
  count(words, 0, 1, 'return ?-code error? ?result?')
  throw new Jump('return', words[0] ?? '')
}

/** Makes names here stand for variables of another frame. */
const alias = (interpreter: Interpreter, frame: Frame, name: string): void => {
  const base = name.slice(name.lastIndexOf(':') + 1)
  const from = name.includes('::') ? interpreter.frameOf(name.slice(0, name.lastIndexOf('::')).replace(/^::/, '')) : frame
  if (from !== interpreter.frame) interpreter.frame.set(base, { frame: from, name: base })
}

const globalCommand: Run = (words, interpreter) => {
  for (const name of words) alias(interpreter, interpreter.frameOf(''), name)
  return ''
}

const variableCommand: Run = (words, interpreter) => {
  for (let i = 0; i < words.length; i += 2) {
    alias(interpreter, interpreter.frameOf(interpreter.namespace), words[i]!)
    if (words[i + 1] !== undefined) interpreter.set(words[i]!, words[i + 1]!)
  }
  return ''
}

const NAMESPACE: Readonly<Record<string, Run>> = {
  async eval ([name = '', ...scripts], interpreter) {
    const inner = name.startsWith('::') || interpreter.namespace === '' ? name.replace(/^::/, '') : `${interpreter.namespace}::${name}`
    return await interpreter.within(interpreter.frameOf(inner), inner, async () => await interpreter.eval(scripts.join(' ')))
  },
  /** What there is comes over under its last name; what is there already stays, as a script that runs twice wants it. */
  import (words, interpreter) {
    for (const pattern of words.filter((word) => word !== '-force')) {
      const [, namespace, name] = /^(?:::)?(.+)::([^:]+)$/.exec(pattern) ?? []
      if (namespace === undefined || name === undefined) throw new TclError(`no namespace specified in import pattern "${pattern}"`)
      for (const [full, run] of [...interpreter.commands]) {
        if (!full.startsWith(`${namespace}::`)) continue
        const last = full.slice(namespace.length + 2)
        if (last.includes('::') || (name !== '*' && name !== last)) continue
        const here = interpreter.namespace === '' ? last : `${interpreter.namespace}::${last}`
        if (!interpreter.commands.has(here)) interpreter.commands.set(here, run)
      }
    }
    return ''
  },
  export: () => '',
  current: (_, interpreter) => `::${interpreter.namespace}`,
  exists: ([name = ''], interpreter) => interpreter.frameOf(name.replace(/^::/, '')).size > 0 ? '1' : '0'
}

/** The commands. */
export const CONTROL: Readonly<Record<string, Run>> = {
  if: ifCommand,
  while: whileCommand,
  for: forCommand,
  foreach: foreachCommand,
  proc,
  catch: catchCommand,
  break: jump('break'),
  continue: jump('continue'),
  return: returnCommand,
  error (words) { count(words, 1, 3, 'error message ?errorInfo? ?errorCode?'); throw new TclError(words[0]!) },
  eval: async (words, interpreter) => await interpreter.eval(words.join(' ')),
  expr: async (words, interpreter) => await evaluate(words.join(' '), interpreter),
  global: globalCommand,
  variable: variableCommand,
  async namespace ([word, ...words], interpreter) { return await sub(NAMESPACE, word, 'namespace')(words, interpreter) },
  incr (words, interpreter) {
    count(words, 1, 2, 'incr varName ?increment?')
    const old = interpreter.look(words[0]!) === null ? 0 : needInteger(interpreter.get(words[0]!))
    return interpreter.set(words[0]!, String(needInteger(String(old + needInteger(words[1] ?? '1')))))
  }
}
