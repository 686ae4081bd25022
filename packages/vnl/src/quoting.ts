/**
 * Quoting inside a VNL.
 *
 *     '...' and "..."   literal; one that is never closed reaches to the end
 *     \x                x is literal
 *     %41               one octet by its hex digits; several in a row are UTF-8
 *     %                 else literal, so %%41 is %A
 *
 * Delimiters count only outside of quotes, and a decoded character is never one. All functions look at each character a
 * bounded number of times.
 */
import { notA } from './problem.ts'

const HEX_PAIR = /%[0-9a-fA-F]{2}/y
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Position behind the character, quoted section or escape at `at`. */
const skip = (text: string, at: number): number => {
  const char = text[at]
  if (char === '\\') return at + 2
  if (char !== "'" && char !== '"') return at + 1
  const end = text.indexOf(char, at + 1)
  return end === -1 ? text.length : end + 1
}

/** Position of the first unquoted `char`, or -1. */
export const findFirst = (text: string, char: string): number => {
  for (let at = 0; at < text.length; at = skip(text, at)) {
    if (text[at] === char) return at
  }
  return -1
}

/** Position of the last unquoted `char` at or behind `from`, or -1. Quotes are counted from `from` on. */
export const findLast = (text: string, char: string, from: number): number => {
  let last = -1
  for (let at = from; at < text.length; at = skip(text, at)) {
    if (text[at] === char) last = at
  }
  return last
}

/** Parts between unquoted `char`s, still quoted. */
export const splitUnquoted = (text: string, char: string): string[] => {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at = skip(text, at)) {
    if (text[at] !== char) continue
    parts.push(text.substring(from, at))
    from = at + 1
  }
  parts.push(text.substring(from))
  return parts
}

/**
 * The text meant by a quoted one, which begins at `start` of the VNL.
 * @throws {VnlError} octets that are no UTF-8, or a NUL
 */
export const unquote = (text: string, start: number = 0): string => {
  let out = ''
  for (let at = 0; at < text.length;) {
    const char = text[at]
    const next = skip(text, at)
    if (char === '\\') out += text[at + 1] ?? ''
    else if (char === "'" || char === '"') out += text.substring(at + 1, text[next - 1] === char && next > at + 1 ? next - 1 : next)
    else if (char === '%') {
      const end = percentEnd(text, at)
      out += end === at ? char : decodePercent(text, at, end, start)
      at = Math.max(end, next)
      continue
    } else out += char
    at = next
  }
  return out
}

/** Position behind the hex pairs that start at `at`. */
const percentEnd = (text: string, at: number): number => {
  let end = at
  for (HEX_PAIR.lastIndex = end; HEX_PAIR.test(text); HEX_PAIR.lastIndex = end) end += 3
  return end
}

const decodePercent = (text: string, from: number, to: number, start: number): string => {
  const octets = new Uint8Array((to - from) / 3)
  for (let i = 0; i < octets.length; i++) octets[i] = parseInt(text.substring(from + 3 * i + 1, from + 3 * i + 3), 16)
  if (octets.includes(0)) throw notA(start + from, '%00', 'text without NUL')
  try {
    return utf8.decode(octets)
  } catch (cause) {
    throw notA(start + from, text.substring(from, to), 'octets of UTF-8', { cause })
  }
}

/**
 * Text that {@link unquote} reads back: percent codes for quoting characters, control characters and `delimiters`.
 * @throws {RangeError} a NUL
 */
export const quote = (text: string, delimiters: string): string => {
  let out = ''
  for (const char of text) {
    const code = char.charCodeAt(0)
    if (code === 0) throw new RangeError('Cannot write a VNL: found a NUL, want text without')
    const isPlain = code >= 0x20 && code !== 0x7f && !QUOTING.includes(char) && !delimiters.includes(char)
    out += isPlain ? char : '%' + code.toString(16).toUpperCase().padStart(2, '0')
  }
  return out
}

const QUOTING = '\'"\\%'
