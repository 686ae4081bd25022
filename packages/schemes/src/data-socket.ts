/**
 * The switch's own data socket of one client: connected to the client's first, then named, with the permissions that let
 * this client, and as few others as possible, connect to it.
 */
import { closeSync, constants, existsSync, fstatSync, openSync } from 'node:fs'
import { native, DGRAM } from '@vde-ts/native'
import { VdeError, systemError } from '@vde-ts/link'
import { SOCKADDR, type ControlRequest } from '@vde-ts/frame/control.js'
import type { Peer } from './accounts.ts'
import { bindWithMode, removeFile, removeStale, setAccess, type Access } from '@vde-ts/link/socket-file.js'

const O_PATH = 0o10000000

/** Permissions of data sockets; gid -1: the group stays. */
export interface DataAccess { readonly mode: number, readonly gid: number }

/**
 * A socket connected to the one the client named. The client must own it: else it could have us, perhaps root, write
 * frames into any socket of the system (/dev/log takes datagrams too). The name is looked up once, so that what was
 * checked is what is connected. An abstract address has no owner and is open to everybody anyway.
 * @throws {VdeError} ENOENT, EACCES, EPERM, ECONNREFUSED, EPROTOTYPE
 */
export const connectToClient = (request: ControlRequest, peer: Peer): number => {
  const action = `connect to the client's data socket "${request.path}"`
  const fd = native.unixSocket(DGRAM)
  if (fd < 0) throw systemError(fd, action, native.strerror(-fd))
  let named = -1
  try {
    if (request.path !== '') {
      named = openSync(request.path, O_PATH | constants.O_NOFOLLOW)
      const found = fstatSync(named)
      if (!found.isSocket()) throw new VdeError('ENOTSOCK', action, 'it is not a socket')
      if (found.uid !== peer.uid && peer.uid > 0) throw new VdeError('EPERM', action, `it belongs to uid ${found.uid}, not to the client`)
    }
    const result = named === -1 || !existsSync('/proc/self/fd')
      ? native.connectAddress(fd, request.address, 0, SOCKADDR)
      : native.connectUnix(fd, `/proc/self/fd/${named}`)
    if (result < 0) throw systemError(result, action, native.strerror(-result))
    return fd
  } catch (error) {
    native.close(fd)
    if (error instanceof VdeError) throw error
    throw new VdeError('EACCES', action, (error as Error).message, { cause: error })
  } finally {
    if (named !== -1) closeSync(named)
  }
}

/**
 * Binds `fd` to `path`. A root switch gives the file to the client, open to nobody else; another leaves it open to whom it
 * serves. `special` are the permissions of port zero, taken as they are.
 * @throws {VdeError} EADDRINUSE something else has the name, EPERM, ENOSPC, ENAMETOOLONG
 */
export const bindDataSocket = (fd: number, path: string, peer: Peer, usual: DataAccess, special?: DataAccess): void => {
  const action = `make the data socket "${path}"`
  if (!removeStale(path)) throw new VdeError('EADDRINUSE', action, 'something else has that name')
  const mode = special?.mode ?? usual.mode
  const gid = special === undefined || special.gid === -1 ? usual.gid : special.gid
  const group = gid === -1 ? {} : { gid }
  const isGiven = process.geteuid!() === 0 && peer.uid >= 0
  const keepsOwner = !isGiven && gid === -1
  const result = bindWithMode(fd, path, keepsOwner ? mode : 0)
  if (result < 0) throw systemError(result, action, native.strerror(-result))
  if (keepsOwner) return
  try {
    if (isGiven && give(path, { mode: special === undefined ? mode & 0o700 : mode, uid: peer.uid, ...group }, action)) return
    setAccess(path, { mode, ...group }, action)
  } catch (error) {
    removeFile(path)
    throw error
  }
}

/** False when this root may not give files away: in a container without CAP_CHOWN, or to a user that is not mapped here. */
const give = (path: string, access: Access, action: string): boolean => {
  try {
    setAccess(path, access, action)
    return true
  } catch (error) {
    if (error instanceof VdeError && (error.code === 'EPERM' || error.code === 'EINVAL')) return false
    throw error
  }
}
