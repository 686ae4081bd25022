/** Data on standard output, all of it: a full pipe is waited for, whatever its flags. */
import { native, OUT } from '@vde-ts/native'

const EAGAIN = 11
const EINTR = 4

/** Writes `text` as UTF-8, blocking. False: nobody reads any more. */
export const writeText = (fd: number, text: string): boolean => {
  const bytes = Buffer.from(text)
  return writeBytes(fd, bytes, 0, bytes.length)
}

/** Writes `len` octets to `fd`, blocking. False: nobody reads any more. */
const writeBytes = (fd: number, buf: Uint8Array, off: number, len: number): boolean => {
  const end = off + len
  while (off < end) {
    const result = native.write(fd, buf, off, end - off)
    if (result >= 0) off += result
    else if (result === -EAGAIN) native.poll(fd, OUT, -1)
    else if (result !== -EINTR) return false
  }
  return true
}
