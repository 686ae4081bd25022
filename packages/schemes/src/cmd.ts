/**
 * cmd://COMMAND LINE - a program whose standard input and output are a vde stream: `cmd://"ssh host vde_plug"`. It is
 * started without a shell, keeps our standard error and our process group, so that it can ask for a passphrase.
 *
 * The end of its output ends the link, after the last frame was delivered; how it ended is told as the reason. Closing the
 * link ends the command: hang-up of its pipes and SIGTERM at once, SIGKILL when that does not help.
 */
import { native } from '@vde-ts/native'
import { VdeError, systemError, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import { environment, startChild, type Child, type ChildEnd } from '@vde-ts/link/child.js'
import { splitCommand } from './command-line.ts'
import { StreamLink } from './stream-link.ts'
import type { Scheme } from './scheme.ts'

/** Milliseconds between SIGTERM and SIGKILL. */
const PATIENCE_MS = 2000
/** Milliseconds to learn how a command ended whose output did. */
const REAP_MS = 500

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
  const toChild = makePipe(action)
  let fromChild: Int32Array | null = null
  try {
    fromChild = makePipe(action)
    const child = startChild({ file: argv[0], argv, env: environment(), fds: [toChild[0], fromChild[1], 2] }, loop)
    native.close(toChild[0])
    native.close(fromChild[1])
    // Only our ends: each end of a pipe is an open file of its own, so the command's stay blocking.
    native.setNonblock(toChild[1], true)
    native.setNonblock(fromChild[0], true)
    return new CommandLink(line, child, fromChild[0], toChild[1], sink, loop)
  } catch (error) {
    for (const pipe of [toChild, fromChild ?? []]) pipe.forEach((fd) => { native.close(fd) })
    throw error
  }
}

const makePipe = (action: string): Int32Array => {
  const ends = new Int32Array(2)
  const result = native.pipe(ends, false)
  if (result < 0) throw systemError(result, action, native.strerror(-result))
  return ends
}

/** A stream and the process at its other end. */
class CommandLink implements Link, FrameSink {
  readonly offload = false
  readonly maxFrame: number
  readonly label: string
  readonly #sink: FrameSink
  readonly #child: Child
  readonly #stream: StreamLink
  /** How the command ended; null while it runs. */
  #end: ChildEnd | null = null
  #isOver = false
  #isClosed = false
  #timer: NodeJS.Timeout | null = null

  constructor (line: string, child: Child, inFd: number, outFd: number, sink: FrameSink, loop: Loop) {
    this.label = `cmd://${line}`
    this.#sink = sink
    this.#child = child
    this.#stream = new StreamLink(inFd, outFd, this, loop, { label: this.label })
    this.maxFrame = this.#stream.maxFrame
    void child.exited.then((end) => { this.#onExit(end) })
  }

  get queued (): number { return this.#stream.queued }

  send (buf: Uint8Array, off: number, len: number): boolean { return this.#stream.send(buf, off, len) }
  pause (): void { this.#stream.pause() }
  resume (): void { this.#stream.resume() }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stream.close()
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (!this.#child.signal('SIGTERM')) return
    this.#timer = setTimeout(() => { this.#child.signal('SIGKILL') }, PATIENCE_MS)
  }

  onFrame (buf: Uint8Array, off: number, len: number): void { this.#sink.onFrame(buf, off, len) }
  onWritable (): void { this.#sink.onWritable() }
  onUp (): void { this.#sink.onUp() }
  onDown (why?: Error): void { this.#sink.onDown(why) }

  /** The stream is over. The command usually ends in the same moment; how is worth a short wait. */
  onClose (why?: Error): void {
    this.#isOver = true
    if (why !== undefined || this.#end !== null) return this.#tell(why)
    this.#timer = setTimeout(() => { this.#tell() }, REAP_MS)
  }

  /** Frames of the command may still be on their way, so the link goes on until its output ends. */
  #onExit (end: ChildEnd): void {
    this.#end = end
    if (this.#isClosed) {
      if (this.#timer !== null) clearTimeout(this.#timer)
    } else if (this.#isOver) this.#tell()
  }

  #tell (why: Error | undefined = this.#reason()): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (!this.#isClosed) this.#sink.onClose(why)
  }

  #reason (): Error | undefined {
    const end = this.#end
    if (end === null || end.code === 0) return undefined
    const how = end.signal === null ? `exit ${end.code}` : `signal ${end.signal}`
    return new VdeError('ECHILD', `go on with ${this.label}`, `cmd ended: ${how}`)
  }
}
