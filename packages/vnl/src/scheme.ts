/** The first step of reading a VNL: which scheme, which tail, or a bare path. */
import { notA } from './problem.ts'

const SCHEME = /^[a-z][a-z0-9+.-]*$/

/** True for a name that a scheme can have: RFC 3986, lower case. */
export const isSchemeName = (name: string): boolean => SCHEME.test(name)

/** A VNL in its two parts. */
export interface SchemeSplit {
  /** null: a bare path (a switch, an indirect file), or empty for the default network. */
  readonly scheme: string | null
  readonly tail: string
}

/**
 * Splits at the first `://`. What stands before decides: a scheme name is one; text with a slash is a path that happens
 * to contain `://` (`/tmp/a://b`, `./a://b`), so the whole is a bare path; anything else was meant as a scheme.
 * @param start where `text` begins in the whole VNL
 * @throws {VnlError} `VDE://x`, `my net://x`, `://x`
 */
export const splitScheme = (text: string, start: number = 0): SchemeSplit => {
  const at = text.indexOf('://')
  const name = text.substring(0, at)
  if (at === -1 || name.includes('/')) return { scheme: null, tail: text }
  if (!isSchemeName(name)) {
    throw notA(start, name, 'a scheme: a lower-case letter and then lower-case letters, digits, "+", "-" or "."')
  }
  return { scheme: name, tail: text.substring(at + 3) }
}

/** Octets of an indirect file that are read. */
export const MAX_INDIRECT = 4095

/**
 * The VNL in an indirect file: its first line without the one `\n` or `\r\n` that ends it. Later lines are ignored. Empty:
 * the file redirects nowhere.
 */
export const indirectLine = (content: string): string => {
  const end = content.indexOf('\n')
  const line = end === -1 ? content : content.substring(0, end)
  return end !== -1 && line.endsWith('\r') ? line.slice(0, -1) : line
}
