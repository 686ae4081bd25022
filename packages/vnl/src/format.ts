/** The way back: a VNL from what it says. */
import { isSchemeName } from './scheme.ts'
import { quote } from './quoting.ts'
import { show } from './show.ts'
import type { Tail, TailGrammar } from './tail.ts'

const DELIMITERS = {
  address: { path: '/', token: '/' },
  'nested-address': { path: '/[]{}', token: '/[]{}' },
  path: { path: '[]', token: '/[]' },
  'nested-path': { path: '[]{}', token: '/[]{}' }
} as const

/**
 * A VNL that `parseTail` reads back as `tail`.
 * @throws {RangeError} what no VNL can say: an unknown key, a positional parameter that reads as a key
 */
export const formatVnl = (tail: Omit<Tail, 'innerAt'>, grammar: TailGrammar): string => {
  const head = `${grammar.name}://`
  if (!isSchemeName(grammar.name)) throw new RangeError(`Cannot write a VNL: found scheme ${show(grammar.name)}, want a scheme name`)
  if (grammar.style === 'raw') return head + tail.path
  const delimiters = DELIMITERS[grammar.style]
  const tokens = formatParams(tail.params, grammar).map((token) => quote(token, delimiters.token))
  const path = quote(tail.path, delimiters.path)
  const inner = grammar.style.startsWith('nested') ? `{${tail.inner}}` : ''
  if (grammar.style === 'address' || grammar.style === 'nested-address') return head + [path, ...tokens].join('/') + inner
  return head + path + (tokens.length === 0 ? '' : `[${tokens.join('/')}]`) + inner
}

const formatParams = (params: ReadonlyMap<string, string>, grammar: TailGrammar): string[] => {
  const keys = Object.keys(grammar.params)
  return Array.from(params, ([key, value]) => {
    if (key === '') {
      const isReadable = grammar.positional === true && value !== '' && !value.includes('=') && !keys.some((known) => known.startsWith(value))
      if (!isReadable) throw new RangeError(`Cannot write a VNL: found positional parameter ${show(value)}, want one that is no key`)
      return value
    }
    // An earlier key that starts with this one would be read instead.
    if (keys.find((known) => known.startsWith(key)) !== key) {
      throw new RangeError(`Cannot write a VNL: found key ${show(key)}, want one of ${keys.join(', ')}`)
    }
    return value === '' ? key : `${key}=${value}`
  })
}
