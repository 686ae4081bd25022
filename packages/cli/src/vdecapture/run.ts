/** vdecapture: finds the switch, and records. */
import { openSync, realpathSync } from 'node:fs'
import { WHOLE_FRAME } from '@vde-ts/console/switch/captures.js'
import { VdeError, systemError } from '@vde-ts/link/errors.js'
import { lookAt } from '@vde-ts/link/socket-file.js'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { registryDir, switches } from '../registry/registry.ts'
import { record, type Output } from './record.ts'

/** @throws {UsageError}, {VdeError} */
export const run = async (program: Program, { values, operands }: Parsed): Promise<void> => {
  const [target, ...more] = operands
  const file = values.text('write')
  if (target === undefined || more.length > 0) throw new UsageError(`Cannot read the command line: ${operands.length} operands, SWITCH[PORT] is wanted`)
  if (file === undefined) throw new UsageError('Cannot read the command line: -w is missing, want a file or -')
  const { path, port } = readTarget(target)
  const snapLen = readSnapLen(values.text('snaplen'))
  const console = findConsole(path)
  const openFile = (): Output => ({ name: file, fd: file === '-' ? 1 : openOutput(file) })
  await record(program, { console, port, snapLen, filter: values.text('filter') ?? '', openOutput: openFile })
}

/** `[vde://]PATH[PORT]`. @throws {UsageError} */
export const readTarget = (text: string): { readonly path: string, readonly port: number } => {
  const match = /^(?:vde:\/\/)?(.+)\[(\d{1,5})\]$/.exec(text)
  if (match === null) throw new UsageError(`Cannot read '${text}': want a switch and a port of it, such as /tmp/sw[3]`)
  return { path: match[1] ?? '', port: Number(match[2]) }
}

const readSnapLen = (text: string | undefined): number => {
  if (text === undefined) return WHOLE_FRAME
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= 14 && value <= WHOLE_FRAME) return value
  throw new UsageError(`Cannot read --snaplen '${text}': a number in 14..${WHOLE_FRAME} is wanted`)
}

/** The console of the switch that serves `path`, or `path` itself when it is a socket. @throws {VdeError} ENOENT */
const findConsole = (path: string): string => {
  const action = `find the switch "${path}"`
  const found = lookAt(path)
  if (found === undefined) throw new VdeError('ENOENT', action, 'there is no such directory or socket')
  if (found.isSocket()) return path
  const dir = realpathSync(path)
  const entry = switches(registryDir()).find((one) => one.controlDir === dir)
  if (entry === undefined) throw new VdeError('ENOENT', action, 'no switch of this user serves it, name a management socket instead')
  return entry.console
}

const openOutput = (file: string): number => {
  try {
    return openSync(file, 'w')
  } catch (error) {
    throw systemError((error as { errno: number }).errno, `write "${file}"`)
  }
}
