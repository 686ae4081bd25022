/** Standard output is data: a command whose data did not arrive has failed. */
import { errnoName, systemError, type Errno } from '@vde-ts/link/errors.js'
import { writeAll } from './stderr.ts'

/** Standard output takes no more. EPIPE, when its reader has left: he knows, and is told nothing. */
export class OutputError extends Error {
  override readonly name = 'OutputError'
  readonly code: Errno

  /** @param errno of the write, either sign */
  constructor (errno: number) {
    super(systemError(errno, 'write to standard output').message)
    this.code = errnoName(errno)
  }
}

/** Writes a little text, all of it, at once. @throws {OutputError} */
export const print = (text: string): void => {
  const failed = writeAll(1, text)
  if (failed !== 0) throw new OutputError(failed)
}
