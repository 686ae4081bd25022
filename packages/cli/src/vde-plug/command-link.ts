/** The command behind `=`: started with a vde stream on its standard input and output. */
import { native } from '@vde-ts/native'
import { environment, startChild, type Child } from '@vde-ts/link/child.js'
import { systemError } from '@vde-ts/link/errors.js'
import type { FrameSink } from '@vde-ts/link/link.js'
import type { Loop } from '@vde-ts/link/loop.js'
import { StreamLink } from '@vde-ts/schemes/stream-link.js'
import { descriptorTable } from '../daemon.ts'

/** The running command, and the link through its streams. Both are the caller's. */
export interface CommandStream {
  readonly link: StreamLink
  readonly child: Child
}

/**
 * Starts `argv`, found in PATH, in our process group: it may ask the terminal for a passphrase.
 * @param stderr its descriptor 2; -1: nowhere
 * @param inherited descriptors of our caller, which it gets too
 * @throws {VdeError} ENOENT, EACCES, EMFILE
 */
export const startCommand = (
  argv: readonly string[], stderr: number, inherited: readonly number[], sink: FrameSink, loop: Loop
): CommandStream => {
  const pipes = new Int32Array(4)
  try {
    for (const at of [0, 2]) {
      const made = native.pipe(pipes.subarray(at, at + 2), false)
      if (made < 0) throw systemError(made, `run '${argv[0]}'`)
    }
    const fds = descriptorTable([pipes[0]!, pipes[3]!, stderr], inherited)
    const child = startChild({ file: argv[0]!, argv, env: environment(), fds }, loop)
    // Each end of a pipe is an open file of its own: the command's ends stay blocking.
    native.setNonblock(pipes[1]!, true)
    native.setNonblock(pipes[2]!, true)
    const link = new StreamLink(pipes[2]!, pipes[1]!, sink, loop, { label: `command ${argv[0]}` })
    pipes[1] = pipes[2] = 0
    return { link, child }
  } finally {
    for (const fd of pipes) if (fd > 0) native.close(fd)
  }
}
