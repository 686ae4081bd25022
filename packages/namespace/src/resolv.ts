/**
 * The resolv.conf a command finds inside.
 *
 * It is always a private file, written beside nothing of the host's, bound over /etc/resolv.conf in a mount namespace of
 * its own and then unlinked: a DHCP client inside may rewrite it and nobody outside sees that. Root gets such a copy
 * without asking, because root's DHCP client could write the host's file; an ordinary user's could not.
 *
 * Limit: a host without any /etc/resolv.conf has nothing to bind over, and root inside may then create one.
 */
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VdeError, systemError } from '@vde-ts/link/errors.js'

/** Where every program looks. */
export const RESOLV_CONF = '/etc/resolv.conf'

/** Octets of a resolv.conf at most; a pipe may be given, and a device that never ends may be meant as one. */
const MAX_RESOLV_CONF = 1 << 20

/** Which name servers a command sees. Nothing given: the host's, for root in a copy. */
export interface ResolvOptions {
  /** File whose content is wanted inside. It is copied: what is written inside does not reach it. */
  readonly resolvFile?: string
  /** Addresses of name servers; win over `resolvFile`. Empty strings are skipped. */
  readonly resolvAddresses?: readonly string[]
}

/** A file to be bound. `remove` may be called once the mount was made: the mount keeps the file. */
export interface PrivateFile {
  readonly path: string
  remove (): void
}

/**
 * Lines `nameserver X`, one per address, nothing else.
 * @throws {VdeError} EINVAL for an address with a blank or a control character in it
 */
export const resolvText = (addresses: readonly string[]): string => {
  const wanted = addresses.filter(address => address !== '')
  for (const address of wanted) {
    if (/[\s\0]/.test(address)) {
      throw new VdeError('EINVAL', 'write resolv.conf', `${JSON.stringify(address)} is no address, wanted one like 10.0.2.3`)
    }
  }
  return wanted.map(address => `nameserver ${address}\n`).join('')
}

/**
 * What resolv.conf shall hold inside, or null when the host's may be seen as it is.
 * @param root whether the command could write the host's file
 * @throws {VdeError} of reading `resolvFile`; EFBIG it has more than a megabyte
 */
export const resolvContent = (options: ResolvOptions, root: boolean, host: string = RESOLV_CONF): string | null => {
  if (options.resolvAddresses !== undefined) return resolvText(options.resolvAddresses)
  if (options.resolvFile !== undefined) return readText(options.resolvFile)
  return root && existsSync(host) ? readText(host) : null
}

/**
 * Writes `text` to a new private file.
 * @throws {VdeError} EACCES, ENOSPC, … of the temporary directory
 */
export const privateFile = (text: string): PrivateFile => {
  let folder = ''
  const remove = (): void => { if (folder !== '') rmSync(folder, { recursive: true, force: true }) }
  try {
    folder = mkdtempSync(join(tmpdir(), 'vdens-'))
    const path = join(folder, 'resolv.conf')
    writeFileSync(path, text, { flag: 'wx' })
    chmodSync(path, 0o644) // whatever the umask: every program inside reads it
    return { path, remove }
  } catch (error) {
    remove()
    throw worldError(error, `write a private resolv.conf in ${tmpdir()}`)
  }
}

const readText = (path: string): string => {
  const action = `read resolv.conf "${path}"`
  const octets = Buffer.alloc(MAX_RESOLV_CONF)
  let [fd, length] = [-1, 0]
  try {
    fd = openSync(path, 'r')
    for (let count = -1; count !== 0 && length < octets.length; length += count) {
      count = readSync(fd, octets, length, octets.length - length, null)
    }
  } catch (error) {
    throw worldError(error, action)
  } finally {
    if (fd >= 0) closeSync(fd)
  }
  if (length === octets.length) throw new VdeError('EFBIG', action, `it has ${length} octets or more, is it a device?`)
  return octets.toString('utf8', 0, length)
}

const worldError = (error: unknown, action: string): VdeError =>
  systemError((error as NodeJS.ErrnoException).errno ?? 0, action)
