/**
 * Which text a VNL without a scheme stands for.
 *
 *     ''            -> ~/.vdeplug/default, ~/.vde2/default.switch, else vde://
 *     /tmp/sw[3]    -> a regular file? its first line, once. Else vde:///tmp/sw[3]
 */
import { closeSync, constants, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { lookAt } from '@vde-ts/link/socket-file.js'
import { MAX_INDIRECT, indirectLine, splitScheme } from '@vde-ts/vnl'

/** Files, below the home directory, that name the default network, in the order they are looked for. */
const DEFAULTS = ['.vdeplug/default', '.vde2/default.switch']

/** What was found for a VNL. */
export interface Located {
  /** The VNL to open; with a scheme, or the path of a switch. */
  readonly vnl: string
  /** The user's default network was asked for, and this names it; null: another VNL was typed. */
  readonly fallback: string | null
  /** The indirect file whose first line the VNL is; null: none. */
  readonly file: string | null
}

/** @throws {VnlError} text that is neither a VNL nor a path */
export const locate = (typed: string): Located => {
  const fallback = typed === '' ? defaultVnl() : null
  const vnl = fallback ?? typed
  const line = splitScheme(vnl).scheme === null ? readIndirect(vnl) : null
  // Once: what an indirect file names is opened, not followed, so there are no loops.
  return line === null ? { vnl, fallback, file: null } : { vnl: line, fallback, file: vnl }
}

/** Path of the user's default network; empty when there is none, which `vde` takes as those of the system. */
const defaultVnl = (): string => {
  const home = process.env['HOME'] ?? ''
  if (home === '') return ''
  for (const name of DEFAULTS) {
    const path = join(home, name)
    // A symbolic link counts even when it leads nowhere: the user has said which network, and shall hear that it is missing.
    if (lookAt(path) !== undefined) return path
  }
  return ''
}

/** First line of the regular file `path`; null when it is none, is empty, cannot be read or is no text (a program). */
const readIndirect = (path: string): string | null => {
  let fd = -1
  try {
    if (path === '' || !statSync(path).isFile()) return null
    // It may have become a pipe since: then do not wait for its writer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const octets = Buffer.alloc(MAX_INDIRECT)
    const line = indirectLine(octets.toString('utf8', 0, readSync(fd, octets, 0, MAX_INDIRECT, 0)))
    return line === '' || line.includes('\0') ? null : line
  } catch {
    return null
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}
