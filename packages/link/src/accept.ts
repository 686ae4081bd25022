/** Connections of a listening descriptor, a burst per wake-up: what is left comes with the next turn of the loop. */
import { native } from '@vde-ts/native'

const ACCEPT_BURST = 32

const EINTR = 4
const EAGAIN = 11
const ECONNABORTED = 103

/**
 * Accepts what waits at `fd`. `welcome` owns the connection it is given, and answers false to stop: the listener was closed.
 * @returns 0, or the -errno for which nobody can be accepted now (a full descriptor table: EMFILE, ENFILE, ENOMEM). The
 * connection still waits then, and the descriptor stays readable: the caller has to make room or to look away for a while
 */
export const acceptBurst = (fd: number, welcome: (connection: number) => boolean): number => {
  for (let i = 0; i < ACCEPT_BURST; i++) {
    const connection = native.accept(fd)
    if (connection >= 0) {
      if (!welcome(connection)) return 0
    } else if (connection === -EAGAIN) return 0
    else if (connection !== -EINTR && connection !== -ECONNABORTED) return connection
  }
  return 0
}
