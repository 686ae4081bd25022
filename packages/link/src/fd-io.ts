/**
 * Reading and writing descriptors that others share: standard input and output, descriptors a parent passed down.
 * O_NONBLOCK belongs to the open file, which the shell and everybody else on it holds too, so it is never set here. A call
 * that cannot block does without, in the first of these ways that the descriptor knows:
 *
 *     read    preadv2 RWF_NOWAIT (pipes and sockets from Linux 6.4) | read, after the loop said IN
 *     write   pwritev2 RWF_NOWAIT | a socket: send MSG_DONTWAIT | else after poll says OUT, at most PIPE_BUF octets
 *
 * A pipe that polls as writable has room for PIPE_BUF octets, so the last way cannot block while we are the only writer.
 */
import { native, OUT, type Native } from '@vde-ts/native'
import type { SendOctets } from './send-ring.ts'

const EAGAIN = 11
const EOPNOTSUPP = 95
const ENOTSOCK = 88
/** Octets a writable pipe takes at once: PIPE_BUF of Linux. */
const PIPE_BUF = 4096

/** How two descriptors are read and written, each call like the native of that name. */
export interface DescriptorIo {
  readonly read: SendOctets
  readonly write: SendOctets
  /** Octets worth giving to one write. */
  readonly atMost: number
}

/**
 * Calls for the descriptors of one stream, input and output. They answer -EAGAIN instead of blocking. `read` is to be
 * called only after the loop reported IN or a hang-up.
 * @param nowait the first way; tests give what older kernels answer
 */
export const sharedIo = (nowait: Pick<Native, 'readNowait' | 'writeNowait'> = native): DescriptorIo => {
  let read: SendOctets = nowait.readNowait
  let write: SendOctets = nowait.writeNowait
  // What a descriptor knows shows only when it is used: a call of no octets succeeds everywhere.
  return {
    read (fd, buf, off, len) {
      const result = read(fd, buf, off, len)
      if (result !== -EOPNOTSUPP || read === native.read) return result
      read = native.read
      return read(fd, buf, off, len)
    },
    write (fd, buf, off, len) {
      const result = write(fd, buf, off, len)
      if (result !== -EOPNOTSUPP || write !== nowait.writeNowait) return result
      write = native.socketType(fd) === -ENOTSOCK ? writeWhenReady : native.send
      return write(fd, buf, off, len)
    },
    atMost: Infinity
  }
}

/** One write of a descriptor that would block: what fits for sure, -EAGAIN when nothing does. */
export const writeWhenReady: SendOctets = (fd, buf, off, len) => {
  const events = native.poll(fd, OUT, 0)
  if (events === 0) return -EAGAIN
  // Errors and hang-ups as well: the write tells which.
  return native.write(fd, buf, off, Math.min(len, PIPE_BUF))
}
