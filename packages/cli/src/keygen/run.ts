/** vde_keygen: a key in a file for its owner only, and its public half on standard output. */
import { constants, closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { fileError } from '@vde-ts/link/socket-file.js'
import { newCableKey, publicKeyOf, readCableKey } from '@vde-ts/schemes/cable-key.js'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'

export const run = (program: Program, { values, operands }: Parsed): void => {
  const [file] = operands
  if (file === undefined || operands.length > 1) throw new UsageError(`Cannot read the command line: ${operands.length} files found, one is wanted`)
  if (values.has('public') && values.has('psk')) throw new UsageError('Cannot read the command line: --public and --psk found, one of them is wanted')
  if (values.has('psk')) makeFile(file)
  else print(`${publicKeyOf(values.has('public') ? readCableKey(file, 'read the key') : makeFile(file)).toString('hex')}\n`)
  program.exit(0)
}

/** Writes 32 secret octets as hexadecimal digits. @throws {VdeError} EEXIST, EACCES, ENOSPC …; nothing is left then */
const makeFile = (file: string): Buffer => {
  const secret = newCableKey()
  let fd = -1
  try {
    fd = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    writeSync(fd, `${secret.toString('hex')}\n`)
    fsyncSync(fd)
  } catch (error) {
    if (fd >= 0) rmSync(file, { force: true })
    throw fileError(error, 'make the key')
  } finally {
    if (fd >= 0) closeSync(fd)
  }
  return secret
}
