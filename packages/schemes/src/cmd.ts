/**
 * cmd://COMMAND LINE - a program whose standard input and output are a vde stream: `cmd://"ssh host vde_plug"`. It is
 * started without a shell, keeps our standard error and our process group, so that it can ask for a passphrase.
 *
 * The end of its output ends the link, after the last frame was delivered; how it ended is told as the reason. Closing the
 * link ends the command: hang-up of its pipes and SIGTERM at once, SIGKILL when that does not help.
 */
import { native } from '@vde-ts/native'
import { systemError, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import { environment, startChild } from '@vde-ts/link/child.js'
import { ChildLink } from './child-link.ts'
import { splitCommand } from './command-line.ts'
import { StreamLink } from './stream-link.ts'
import type { Scheme } from './scheme.ts'

export const cmdScheme: Scheme = {
  name: 'cmd',
  summary: 'a program that speaks the vde stream on its standard input and output',
  form: 'COMMAND LINE',
  style: 'raw',
  params: {},
  check ({ path }) { splitCommand(path, `open cmd://${path}`) },
  open: (tail, sink, context) => openCommand(tail.path, sink, context.loop)
}

/** @throws {VdeError} EINVAL a line that cannot be read, ENOENT or EACCES no such program, EMFILE */
const openCommand = (line: string, sink: FrameSink, loop: Loop): Link => {
  const action = `open cmd://${line}`
  const argv = splitCommand(line, action)
  const open: number[] = []
  try {
    const [toChild, output] = makePipe(action, open)
    const [input, fromChild] = makePipe(action, open)
    const child = startChild({ file: argv[0], argv, env: environment(), fds: [toChild, fromChild, 2] }, loop)
    open.splice(0, open.length, input, output)
    for (const fd of [toChild, fromChild]) native.close(fd)
    // Only our ends: each end of a pipe is an open file of its own, so the command's stay blocking.
    for (const fd of open) native.setNonblock(fd, true)
    const label = `cmd://${line}`
    return new ChildLink({ label, name: 'cmd', child }, sink, (inner) => new StreamLink(input, output, inner, loop, { label }))
  } catch (error) {
    for (const fd of open) native.close(fd)
    throw error
  }
}

/** Reading end, writing end; both are in `open`, too. */
const makePipe = (action: string, open: number[]): readonly [number, number] => {
  const ends = new Int32Array(2)
  const result = native.pipe(ends, false)
  if (result < 0) throw systemError(result, action, native.strerror(-result))
  open.push(...ends)
  return [ends[0]!, ends[1]!]
}
