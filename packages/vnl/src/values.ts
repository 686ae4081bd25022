/** Values of parameters. Each function names the parameter in its error. */
import { show } from './show.ts'

const SIZE = /^(\d+)([kmgt]*)$/i
const POWERS = 'kmgt'
const C_NUMBER = /^\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))$/

/**
 * A whole decimal number.
 * @throws {SyntaxError} anything else, or out of `least`..`most`
 */
export const parseNumber = (text: string, name: string, least: number, most: number): number => {
  const value = /^-?\d+$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= most) return value
  throw new SyntaxError(`Cannot read ${name}: found ${show(text)}, want a number in ${least}..${most}`)
}

/** A number as C's %i reads it: decimal, 0x hexadecimal, a leading 0 octal; NaN for anything else. */
export const parseCNumber = (text: string): number => {
  const found = C_NUMBER.exec(text)
  if (found === null) return NaN
  const [, sign, hex, oct, dec] = found
  const value = hex !== undefined ? parseInt(hex, 16) : oct !== undefined ? parseInt(oct, 8) : Number(dec)
  return sign === '-' ? 0 - value : value
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
