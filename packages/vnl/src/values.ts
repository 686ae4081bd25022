/** Values of parameters. Each function names the parameter in its error. */
import { show } from './show.ts'

const SIZE = /^(\d+)([kmgt]*)$/i
const POWERS = 'kmgt'

/**
 * A whole decimal number.
 * @throws {SyntaxError} anything else, or out of `least`..`most`
 */
export const parseNumber = (text: string, name: string, least: number, most: number): number => {
  const value = /^-?\d+$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= most) return value
  throw new SyntaxError(`Cannot read ${name}: found ${show(text)}, want a number in ${least}..${most}`)
}

/**
 * Permissions: octal digits, at most 07777.
 * @throws {SyntaxError} anything else
 */
export const parseMode = (text: string, name: string): number => {
  if (/^0*[0-7]{1,4}$/.test(text)) return parseInt(text, 8)
  throw new SyntaxError(`Cannot read ${name}: found ${show(text)}, want permissions in octal, such as 0660`)
}

/**
 * Octets: a number with any of the suffixes K, M, G, T, powers of 1024, in either case, also several.
 * @throws {SyntaxError} anything else, or above 2^53 - 1
 */
export const parseSize = (text: string, name: string): number => {
  const match = SIZE.exec(text)
  let value = match === null ? NaN : Number(match[1])
  for (const suffix of match?.[2] ?? '') value *= 1024 ** (POWERS.indexOf(suffix.toLowerCase()) + 1)
  if (Number.isSafeInteger(value)) return value
  throw new SyntaxError(`Cannot read ${name}: found ${show(text)}, want a number of octets, such as 64K or 2M`)
}
