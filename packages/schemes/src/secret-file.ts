/**
 * Files with secrets: keys, passwords, tokens. No secret stands in a VNL, since lists of processes, logs and `port/print`
 * show VNLs: a VNL names a file, and that is for its owner only.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { homedir } from 'node:os'
import { VdeError } from '@vde-ts/link'
import { fileError } from '@vde-ts/link/socket-file.js'

/** No secret is longer; PEM files of chains and their keys stay far below. */
const MOST_OCTETS = 65_536
/** Octets of a shared secret, at least. */
const MIN_SECRET = 16

/**
 * All of the file `path`; `~/` is the home directory.
 * @throws {VdeError} ENOENT or EACCES of the file, EPERM others can read or change it, EINVAL it is too long
 */
export const readSecretFile = (path: string, action: string): Buffer => {
  let fd = -1
  try {
    fd = openSync(path.startsWith('~/') ? homedir() + path.slice(1) : path, 'r')
    const mode = fstatSync(fd).mode & 0o777
    if ((mode & 0o077) !== 0) {
      throw new VdeError('EPERM', action, `others may use "${path}" (mode ${mode.toString(8)}), 0600 is wanted`)
    }
    const octets = Buffer.alloc(MOST_OCTETS + 1)
    let len = 0
    // A pipe of the shell, <(...), comes in pieces.
    for (let got = -1; got !== 0 && len <= MOST_OCTETS; len += got) got = readSync(fd, octets, len, octets.length - len, null)
    if (len > MOST_OCTETS) throw new VdeError('EINVAL', action, `"${path}" is too long, a key or secret is wanted`)
    return octets.subarray(0, len)
  } catch (error) {
    throw error instanceof VdeError ? error : fileError(error, action)
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}

/**
 * The secret in a file, which both ends have: hexadecimal digits.
 * @throws {VdeError} as {@link readSecretFile}; EINVAL there is none of 16 octets or more
 */
export const readSharedSecret = (path: string, action: string): Buffer => {
  const text = readSecretFile(path, action).toString('latin1').trim()
  if (/^(?:[0-9a-fA-F]{2})+$/.test(text) && text.length >= 2 * MIN_SECRET) return Buffer.from(text, 'hex')
  throw new VdeError('EINVAL', action, `"${path}" holds no secret, ${2 * MIN_SECRET} hexadecimal digits or more are wanted`)
}
