/** Names of users and groups, and the identity the kernel vouches for. No name service is asked on the way of a request. */
import { readFileSync } from 'node:fs'
import { native } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link'

const OVERFLOW = 65534
const MAX_GROUPS = 1024

/** Who is at the other end of a control connection, as the kernel says (SO_PEERCRED, SO_PEERGROUPS). */
export interface Peer {
  readonly pid: number
  /** User, or -1: somebody outside of our user namespace, who matches no rule and never equals another. */
  readonly uid: number
  readonly gid: number
  /** Every group, the primary one included. */
  readonly groups: readonly number[]
}

/** Number of the group called `text` (a name or a decimal number). @throws {VdeError} EINVAL */
export const groupNumber = (text: string, action: string): number => {
  if (/^[0-9]+$/.test(text)) return Number(text)
  const gid = native.groupByName(text)
  if (gid < 0) throw new VdeError('EINVAL', action, `there is no group "${text}", a group's name or number is wanted`)
  return gid
}

/** Login name of this process's user, or `u<uid>` when it has none. */
export const loginName = (): string => {
  const uid = process.geteuid!()
  return native.userById(uid)?.name ?? `u${uid}`
}

/**
 * Appends to a description who and where we are: ` user=LOGIN pid=PID[ SSH=IP]`, cut to `room` octets. The text is what
 * the C library sends; it is for people only, nothing is decided by it.
 */
export const describeSelf = (description: string, room: number): string => {
  const ssh = (process.env['SSH_CLIENT'] ?? '').split(' ', 1)[0]
  const login = native.userById(process.geteuid!())?.name ?? '??'
  const full = `${description} user=${login} pid=${process.pid}${ssh === '' ? '' : ` SSH=${ssh}`}`
  if (Buffer.byteLength(full) <= room) return full
  return Buffer.from(full).subarray(0, room).toString().replace(/\ufffd+$/u, '')
}

const credentials = new Int32Array(3)
const groups = new Uint32Array(MAX_GROUPS)

/** The identity behind the accepted connection `fd`; null when the kernel has none. */
export const peerOf = (fd: number): Peer | null => {
  if (native.peerCredentials(fd, credentials) < 0) return null
  const count = native.peerGroups(fd, groups)
  const list = count < 0 ? [] : [...groups.subarray(0, Math.min(count, MAX_GROUPS))]
  const gid = credentials[2]
  if (!list.includes(gid)) list.push(gid)
  return { pid: credentials[0], uid: known(credentials[1]), gid, groups: list.filter((g) => g !== OVERFLOW || isWholeHost()) }
}

const known = (uid: number): number => (uid === OVERFLOW && !isWholeHost() ? -1 : uid)

let wholeHost: boolean | null = null

/** True when every user has a number here. In a user namespace outsiders all share the overflow number. */
const isWholeHost = (): boolean => {
  if (wholeHost !== null) return wholeHost
  try {
    wholeHost = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'))
  } catch {
    wholeHost = true
  }
  return wholeHost
}
