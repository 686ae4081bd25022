/** How opening and starting fail, in the words and with the statuses people and scripts know. */
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { VdeError } from '@vde-ts/link/errors.js'
import { endingWithErrno } from '../errno-text.ts'
import { ExitError } from '../run.ts'

const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

/** The error of opening `vnl`: `VNL: text`, status 1. A programmer's error stays what it is. */
export const vnlError = (vnl: string, error: unknown): unknown => {
  if (!(error instanceof VdeError)) return error
  const name = vnl === '' ? 'default network' : vnl
  const again = `Cannot open ${vnl}: `
  const whole = endingWithErrno(error)
  const text = whole.startsWith(again) ? whole.slice(again.length) : whole
  return new ExitError(1, `${name}: ${text}`, { cause: error })
}

/** The error of running `command`: 127 when there is none, 126 when it cannot be run. */
export const commandError = (command: string, path: string | undefined, error: unknown): unknown => {
  if (!(error instanceof VdeError)) return error
  // A directory of PATH that may not be searched hides behind EACCES that the command is nowhere.
  const isMissing = error.code === 'ENOENT' || error.code === 'ENOTDIR' || (error.code === 'EACCES' && !isAnywhere(command, path))
  return isMissing
    ? new ExitError(NOT_FOUND, `${command}: command not found`, { cause: error })
    : new ExitError(NOT_EXECUTABLE, error.message, { cause: error })
}

const isAnywhere = (command: string, path = '/bin:/usr/bin'): boolean =>
  command.includes('/') || path.split(':').some(folder => isFile(join(folder === '' ? '.' : folder, command)))

const isFile = (path: string): boolean => {
  try {
    accessSync(path, constants.F_OK)
    return true
  } catch { return false }
}
