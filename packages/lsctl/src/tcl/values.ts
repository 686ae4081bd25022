/** Commands on variables and lists. */
import { count, sub } from './arguments.ts'
import { TclError } from './error.ts'
import { needInteger } from './expression.ts'
import { globMatch } from './glob.ts'
import type { Interpreter, Run } from './interpreter.ts'
import { formatList, parseList } from './list.ts'

/** A place in a list or a text: `3`, `end`, `end-1`. */
export const indexOf = (text: string, length: number): number => {
  const [, end, sign, offset = '0'] = /^(end)?(?:([+-])?(\d{1,9}))?$/.exec(text.trim()) ?? []
  if (text.trim() === '' || (end === undefined && offset === undefined)) throw new TclError(`bad index "${text.slice(0, 40)}": must be integer or end?-integer?`)
  if (!/^(?:end(?:[+-]\d{1,9})?|[+-]?\d{1,9})$/.test(text.trim())) throw new TclError(`bad index "${text.slice(0, 40)}": must be integer or end?-integer?`)
  const value = sign === '-' ? -needInteger(offset) : needInteger(offset)
  return end === undefined ? value : length - 1 + value
}

const array = (name: string, interpreter: Interpreter): ReadonlyMap<string, string> => {
  const value = interpreter.look(name)
  return value instanceof Map ? value : new Map()
}

const ARRAY: Readonly<Record<string, Run>> = {
  exists: ([name = ''], interpreter) => interpreter.look(name) instanceof Map ? '1' : '0',
  names: ([name = '', pattern = '*'], interpreter) => formatList([...array(name, interpreter).keys()].filter((key) => globMatch(pattern, key))),
  get: ([name = ''], interpreter) => formatList([...array(name, interpreter)].flat()),
  size: ([name = ''], interpreter) => String(array(name, interpreter).size),
  set ([name = '', list = ''], interpreter) {
    const items = parseList(list)
    if (items.length % 2 === 1) throw new TclError('list must have an even number of elements')
    for (let i = 0; i < items.length; i += 2) interpreter.set(`${name}(${items[i]})`, items[i + 1]!)
    return ''
  }
}

const INFO: Readonly<Record<string, Run>> = {
  exists: ([name = ''], interpreter) => interpreter.look(name) === null ? '0' : '1',
  commands: ([pattern = '*'], interpreter) => formatList([...interpreter.commands.keys()].filter((name) => globMatch(pattern, name))),
  script: () => ''
}

const lsort: Run = (words) => {
  const list = parseList(words.at(-1) ?? '')
  const options = words.slice(0, -1)
  const unknown = options.find((one) => !['-integer', '-decreasing', '-increasing', '-unique', '-ascii'].includes(one))
  if (unknown !== undefined) throw new TclError(`bad option "${unknown}" of lsort`)
  const compare = options.includes('-integer')
    ? (a: string, b: string) => needInteger(a) - needInteger(b)
    : (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0
  const sorted = list.sort(compare)
  if (options.includes('-decreasing')) sorted.reverse()
  return formatList(options.includes('-unique') ? [...new Set(sorted)] : sorted)
}

/** The commands. */
export const VALUES: Readonly<Record<string, Run>> = {
  set (words, interpreter) {
    count(words, 1, 2, 'set varName ?newValue?')
    return words.length === 1 ? interpreter.get(words[0]!) : interpreter.set(words[0]!, words[1]!)
  },
  unset (words, interpreter) {
    const isSilent = words[0] === '-nocomplain'
    for (const name of isSilent ? words.slice(1) : words) {
      if (!interpreter.unset(name) && !isSilent) throw new TclError(`can't unset "${name}": no such variable`)
    }
    return ''
  },
  append ([name = '', ...values], interpreter) {
    return interpreter.set(name, (interpreter.look(name) === null ? '' : interpreter.get(name)) + values.join(''))
  },
  lappend ([name = '', ...values], interpreter) {
    const old = interpreter.look(name) === null ? '' : interpreter.get(name)
    return interpreter.set(name, [old, formatList(values)].filter((one) => one !== '').join(' '))
  },
  list: (words) => formatList(words),
  concat: (words) => words.map((word) => word.trim()).filter((word) => word !== '').join(' '),
  llength (words) { count(words, 1, 1, 'llength list'); return String(parseList(words[0]!).length) },
  lindex ([list = '', ...indices]) {
    return indices.flatMap((one) => parseList(one)).reduce((value, index) => {
      const items = parseList(value)
      return items[indexOf(index, items.length)] ?? ''
    }, list)
  },
  lrange (words) {
    count(words, 3, 3, 'lrange list first last')
    const items = parseList(words[0]!)
    const [first, last] = [indexOf(words[1]!, items.length), indexOf(words[2]!, items.length)]
    return formatList(items.slice(Math.max(0, first), Math.max(0, last + 1)))
  },
  lreverse: ([list = '']) => formatList(parseList(list).reverse()),
  lsearch (words) {
    const [list = '', pattern = ''] = words.slice(-2)
    const isExact = words.includes('-exact') && words.length > 2
    return String(parseList(list).findIndex((one) => isExact ? one === pattern : globMatch(pattern, one)))
  },
  lsort,
  join: ([list = '', by = ' ']) => parseList(list).join(by),
  split ([text = '', by = ' \n\t\r']) {
    if (by === '') return formatList([...text])
    const items = ['']
    for (const c of text) {
      if (by.includes(c)) items.push('')
      else items[items.length - 1] += c
    }
    return text === '' ? '' : formatList(items)
  },
  async array ([word, ...words], interpreter) { return await sub(ARRAY, word, 'array')(words, interpreter) },
  async info ([word, ...words], interpreter) { return await sub(INFO, word, 'info')(words, interpreter) }
}
