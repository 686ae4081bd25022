/** Failures of opening, in words that scripts written for the C programs still find. */
import { native } from '@vde-ts/native'
import type { VdeError } from '@vde-ts/link/errors.js'

/** The message, with the system's text of its errno at the end: there the C programs have it, and nothing else. */
export const endingWithErrno = ({ message, errno }: VdeError): string => {
  const text = native.strerror(errno)
  const detail = message.replace(`${text}: `, '')
  return detail.endsWith(text) ? detail : `${detail}: ${text}`
}
