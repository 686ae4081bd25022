/**
 * Lines for people, on standard error or (as a daemon) in syslog.
 *
 * Descriptor 2 is written with write(2): process.stderr would set O_NONBLOCK on a pipe that other processes share.
 */
import { writeSync } from 'node:fs'

/** Writes all of `text` to descriptor `fd`; what nobody can read is dropped. @returns 0, or the errno of what was dropped */
export const writeAll = (fd: number, text: string): number => {
  let rest: Uint8Array = Buffer.from(text)
  let patience = 200
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      // A full non-blocking pipe: wait a little for its reader, then give the line up. All else: there is no reader.
      const { code, errno } = error as NodeJS.ErrnoException
      if (code !== 'EAGAIN' || patience-- === 0) return Math.abs(errno ?? EIO)
      Atomics.wait(PAUSE, 0, 0, 5)
    }
  }
  return 0
}

const EIO = 5
const PAUSE = new Int32Array(new SharedArrayBuffer(4))
