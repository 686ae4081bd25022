/** Where `attach` may be for a `vde://` VNL that means just a switch: not another control socket of its directory. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FrameSink, Link } from '@vde-ts/link'
import { attachSocket } from './attach-client.ts'
import { ATTACH } from './attach-protocol.ts'
import type { OpenContext, Tail } from './scheme.ts'

/** Where a switch of the whole system is, in the order tried for an empty path. */
export const DEFAULT_DIRECTORIES: readonly string[] = ['/var/run/vde.ctl', '/tmp/vde.ctl']

/** Directories to try, and what to ask for there. */
export interface AttachTarget { readonly directories: readonly string[], readonly port: number | 'any' }

/** @param port the port of the open arguments: 0 any, negative port zero; what the VNL says goes first */
export const attachTarget = (tail: Tail, port: number): AttachTarget | null => {
  const named = tail.params.get('port') ?? tail.params.get('portgroup') ?? tail.params.get('')
  const directories = tail.path === '' ? DEFAULT_DIRECTORIES : [resolve(tail.path)]
  if (named === undefined) return { directories, port: port < 0 ? 0 : port === 0 ? 'any' : port }
  if (!/^[0-9]{1,5}$/.test(named) || directories.some((directory) => existsSync(join(directory, named)))) return null
  return { directories, port: Number(named) }
}

/** Whether a directory has one now. */
export const hasAttach = (directory: string): boolean => existsSync(join(directory, ATTACH))

/**
 * Joins a switch by a connection that carries super-frames; null: it has none, or does not know of that.
 * @throws {VdeError} it refuses for good
 */
export const joinByAttach = async (tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link | null> => {
  const { description, loop } = context
  const target = attachTarget(tail, context.port)
  for (const directory of target?.directories ?? []) {
    if (!hasAttach(directory)) continue
    const offer = { directory, description, port: target!.port, isExclusive: false, hasOffload: true, loop }
    const link = await attachSocket(offer, sink)
    if (typeof link !== 'string') return link
  }
  return null
}
