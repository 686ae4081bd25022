/** A secret text by which a client shows that it may join: `Authorization: Bearer TOKEN` [RFC 6750 2.1]. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { VdeError } from '@vde-ts/link'
import { readSecretFile } from '@vde-ts/schemes/secret-file.js'

/** The value of the header for the token in a file. @throws {VdeError} ENOENT, EACCES, EPERM of the file, EINVAL no token */
export const readToken = (path: string, action: string): string => {
  const token = readSecretFile(path, action).toString('latin1').trim()
  // The characters that RFC 6750 allows.
  if (/^[\w\-.~+/]{16,}=*$/.test(token)) return `Bearer ${token}`
  throw new VdeError('EINVAL', action, `"${path}" holds no token, 16 letters and digits or more are wanted`)
}

/** Whether a client gave what is wanted; takes the same time whatever is wrong. */
export const isToken = (given: string | undefined, wanted: string): boolean => timingSafeEqual(digest(given ?? ''), digest(wanted))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
