/** What impairments take from the world besides time: a seed that nobody chose, and the files that words name. */
import { randomInt } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { VdeError, systemError } from '@vde-ts/link'
import type { WordFiles } from '@vde-ts/impair'

/** A seed that nobody chose: shown, so that it can be chosen next time. */
export const randomSeed = (): number => randomInt(2 ** 47)

/** Octets of a table or a schedule. */
const MOST_FILE = 4 * 1024 * 1024

/** Reads the files that words name. @throws {VdeError} ENOENT, EACCES, EINVAL no regular file, EFBIG */
export const wordFiles: WordFiles = {
  readFile (path) {
    const action = `read "${path}"`
    try {
      const found = statSync(path)
      if (!found.isFile()) throw new VdeError('EINVAL', action, 'it is not a regular file')
      if (found.size > MOST_FILE) throw new VdeError('EFBIG', action, `it has ${found.size} octets, ${MOST_FILE} at most are read`)
      return readFileSync(path, 'utf8')
    } catch (error) {
      if (error instanceof VdeError) throw error
      throw systemError((error as NodeJS.ErrnoException).errno ?? -5, action)
    }
  }
}
