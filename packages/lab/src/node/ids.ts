/**
 * Which ids exist in a node: one, or 65 536.
 *
 *     root who has them         0..65535 are the host's; in a user namespace of few ids root has them not
 *     newuidmap and a range     0 is the user, 1..65535 the range of /etc/subuid and /etc/subgid
 *     else                      0 is the user
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs'
import { native } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link'

/** Ids of a node, when it has more than one. */
const COUNT = 65536

/** How the ids of this user's nodes are made. */
export type IdSource =
  | { readonly kind: 'one' }
  | { readonly kind: 'host' }
  | { readonly kind: 'range', readonly uids: number, readonly gids: number }

/** What this user can have. */
export const idSource = (): IdSource => {
  if (process.geteuid!() === 0) return { kind: hasAllIds(text('/proc/self/uid_map')) && hasAllIds(text('/proc/self/gid_map')) ? 'host' : 'one' }
  const name = native.userById(process.geteuid!())?.name ?? ''
  const uids = rangeOf(text('/etc/subuid'), name, process.geteuid!())
  const gids = rangeOf(text('/etc/subgid'), name, process.geteuid!())
  if (uids < 0 || gids < 0 || !isThere('/usr/bin/newuidmap') || !isThere('/usr/bin/newgidmap')) return { kind: 'one' }
  return { kind: 'range', uids, gids }
}

/** Whether a map of a user namespace has 0..65535. Pure. */
export const hasAllIds = (map: string): boolean => {
  const ranges = map.trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return ranges.some(([first, , count]) => first === 0 && count! >= COUNT)
}

/** First id of the range that a subuid file gives to an account, wide enough; -1: none. Pure. */
export const rangeOf = (file: string, name: string, uid: number): number => {
  for (const line of file.split('\n')) {
    const [who, first, count] = line.split(':')
    if ((who === name || who === String(uid)) && Number(count) >= COUNT - 1) return Number(first)
  }
  return -1
}

/** Writes the maps of `pid`, which waits. @throws {VdeError} EPERM with what newuidmap said */
export const writeMaps = (pid: number, source: IdSource): void => {
  if (source.kind === 'host') {
    writeFileSync(`/proc/${pid}/uid_map`, `0 0 ${COUNT}`)
    writeFileSync(`/proc/${pid}/gid_map`, `0 0 ${COUNT}`)
  } else if (source.kind === 'range') {
    runMap('/usr/bin/newuidmap', pid, process.geteuid!(), source.uids)
    runMap('/usr/bin/newgidmap', pid, process.getegid!(), source.gids)
  }
}

const runMap = (program: string, pid: number, own: number, first: number): void => {
  const args = [pid, 0, own, 1, 1, first, COUNT - 1].map(String)
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new VdeError('EPERM', 'map the ids of a node', `${program}: ${error?.message ?? stderr.trim()}`)
}

const text = (path: string): string => {
  try { return readFileSync(path, 'utf8') } catch { return '' }
}

const isThere = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch { return false }
}
