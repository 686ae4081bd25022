/**
 * From a VNL to an open link: default network, bare path, indirect file, scheme.
 *
 *     ''            -> ~/.vdeplug/default, ~/.vde2/default.switch, else vde://
 *     /tmp/sw[3]    -> a regular file? its first line, once. Else vde:///tmp/sw[3]
 *     name://tail   -> the scheme called name
 */
import { lstatSync, openSync, readSync, closeSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { VdeError, loop as processLoop, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import { MAX_INDIRECT, indirectLine, isSchemeName, parseTail, splitScheme } from '@vde-ts/vnl'
import type { OpenContext, Scheme } from './scheme.ts'
import { cmdScheme } from './cmd.ts'
import { hubScheme, switchScheme } from './netnode.ts'
import { nullScheme } from './null.ts'
import { seqpacketScheme } from './seqpacket.ts'
import { tapScheme } from './tap.ts'
import { vdeScheme } from './vde.ts'

/** Files, below the home directory, that name the default network, in the order they are looked for. */
const DEFAULTS = ['.vdeplug/default', '.vde2/default.switch']

/** How to open: what the C library calls open arguments, and the world. Everything may be absent. */
export interface OpenOptions {
  /** Shown by the switch; ` user=… pid=…` is appended there. Absent: `vde-ts`. */
  readonly description?: string
  /** Port of the switch: 0 or absent any, negative port zero. */
  readonly port?: number
  /** Group name or number of our data socket. */
  readonly group?: string
  /** Mode of our data socket; 0 or absent: 0700. */
  readonly mode?: number
  /** Absent: the process's. */
  readonly loop?: Loop
  /** Lines for whoever runs the program; absent: dropped. */
  readonly log?: (line: string) => void
}

const BUILT_IN: readonly Scheme[] = [vdeScheme, switchScheme, hubScheme, tapScheme, cmdScheme, seqpacketScheme, nullScheme]

const schemes = new Map<string, Scheme>(BUILT_IN.map((scheme) => [scheme.name, scheme]))

/** Every scheme there is, in the order they were registered. */
export const listSchemes = (): Scheme[] => [...schemes.values()]

/**
 * Adds a scheme, or replaces one of the same name.
 * @throws {TypeError} a name that no VNL can have
 */
export const registerScheme = (scheme: Scheme): void => {
  if (!isSchemeName(scheme.name)) {
    throw new TypeError(`Cannot register a scheme: its name is "${scheme.name}", a-z, then a-z 0-9 + . - is wanted`)
  }
  schemes.set(scheme.name, scheme)
}

/**
 * Opens a VNL. The link is paused: nothing is delivered to `sink` before `resume`.
 * @throws {VdeError} EPROTONOSUPPORT unknown scheme, EINVAL text that is no VNL, and what the medium says
 */
export const openVnl = async (vnl: string, sink: FrameSink, options: OpenOptions = {}): Promise<Link> => {
  const context: OpenContext = {
    loop: options.loop ?? processLoop,
    description: options.description ?? 'vde-ts',
    port: options.port ?? 0,
    group: options.group ?? '',
    mode: options.mode ?? 0,
    log: options.log ?? (() => {}),
    open: async (inner, innerSink) => await openVnl(inner, innerSink, options)
  }
  try {
    const { name, text } = resolveVnl(vnl)
    const scheme = schemes.get(name)
    if (scheme === undefined) throw unknownScheme(vnl, name)
    return await scheme.open(parseTail(text, scheme), sink, context)
  } catch (error) {
    if (error instanceof SyntaxError) throw new VdeError('EINVAL', `open "${vnl}"`, error.message, { cause: error })
    throw error
  }
}

/** The scheme and tail that `vnl` stands for, after the default network and one redirection. @throws {SyntaxError} */
export const resolveVnl = (vnl: string): { readonly name: string, readonly text: string } => {
  const typed = vnl === '' ? defaultVnl() : vnl
  const split = splitScheme(typed)
  if (split.scheme !== null) return { name: split.scheme, text: split.tail }
  const line = readIndirect(typed)
  if (line === null) return { name: 'vde', text: typed }
  // Once: what an indirect file names is opened, not followed, so there are no loops.
  const target = splitScheme(line)
  return { name: target.scheme ?? 'vde', text: target.tail }
}

/** Path of the user's default network; empty when there is none, which `vde` takes as those of the system. */
const defaultVnl = (): string => {
  const home = process.env['HOME'] ?? ''
  if (home === '') return ''
  for (const name of DEFAULTS) {
    const path = join(home, name)
    // A symbolic link counts even when it leads nowhere: the user has said which network, and shall hear that it is missing.
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return path
  }
  return ''
}

/** First line of the regular file `path`; null when it is none, is empty or cannot be read. */
const readIndirect = (path: string): string | null => {
  let fd = -1
  try {
    if (path === '' || !statSync(path).isFile()) return null
    // It may have become a pipe since: then do not wait for its writer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const octets = Buffer.alloc(MAX_INDIRECT)
    const line = indirectLine(octets.toString('utf8', 0, readSync(fd, octets, 0, MAX_INDIRECT, 0)))
    return line === '' ? null : line
  } catch {
    return null
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}

const unknownScheme = (vnl: string, name: string): VdeError =>
  new VdeError('EPROTONOSUPPORT', `open "${vnl}"`,
    `there is no scheme "${name}", known are ${[...schemes.keys()].sort().join(', ')}`)
