/** The key file of agno://: the first 32 hexadecimal digits in it, whatever stands between them. */
import { openSync, readSync, closeSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { native } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link'
import { fileError } from '@vde-ts/link/socket-file.js'

const KEY_OCTETS = 16
/** A line of md5sum begins with the key; nobody needs more. */
const MOST = 4096
const DEFAULT = '~/.vde_agno_key'

/** A key, and what to know of it. */
export interface AgnoKey {
  readonly key: Uint8Array
  /** The file has a capital A, which the C plugin reads as 1, and we with it. */
  readonly hasCapitalA: boolean
}

/**
 * Reads the file `path`: absolute, or from `~`, the home directory in the password database; empty is the default one.
 * @throws {VdeError} EINVAL another path, or no key in the file; ENOENT, EACCES, … of the file
 */
export const readAgnoKey = (path: string, action: string): AgnoKey => {
  const file = agnoKeyFile(path, action)
  const found = keyOf(readStart(file, action))
  if (found === null) throw new VdeError('EINVAL', action, `"${file}" has no key, 32 hexadecimal digits are wanted`)
  return found
}

/** The file that `path` means. @throws {VdeError} EINVAL */
export const agnoKeyFile = (typed: string, action: string): string => {
  const path = typed === '' ? DEFAULT : typed
  if (path.startsWith('~')) return (native.userById(process.getuid!())?.home ?? '') + path.slice(1)
  if (isAbsolute(path)) return path
  throw new VdeError('EINVAL', action, `the key file is "${path}", an absolute path or one from ~ is wanted`)
}

const readStart = (file: string, action: string): string => {
  let fd = -1
  try {
    fd = openSync(file, 'r')
    const octets = Buffer.alloc(MOST)
    return octets.toString('latin1', 0, readSync(fd, octets, 0, MOST, 0))
  } catch (error) {
    throw fileError(error, action)
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}

/** Digits that are missing at the end are 0, as the C plugin has it; null: fewer than two. */
export const keyOf = (text: string): AgnoKey | null => {
  const digits = [...text.matchAll(/[0-9a-fA-F]/g)].slice(0, KEY_OCTETS * 2).map(([digit]) => digit)
  if (digits.length < 2) return null
  const hex = digits.map((digit) => digit === 'A' ? '1' : digit).join('').padEnd(KEY_OCTETS * 2, '0')
  return { key: Uint8Array.from(Buffer.from(hex, 'hex')), hasCapitalA: digits.includes('A') }
}
