/**
 * cmd://COMMAND LINE - a program whose standard input and output are a vde stream: `cmd://"ssh host vde_plug"`. It is
 * started without a shell, keeps our standard error and our process group, so that it can ask for a passphrase.
 *
 * The end of its output ends the link, after the last frame was delivered; how it ended is told as the reason. Closing the
 * link ends the command: hang-up of its pipes and SIGTERM at once, SIGKILL when that does not help.
 */
import { constants } from 'node:os'
import { native, IN } from '@vde-ts/native'
import { VdeError, errnoName, systemError, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { splitCommand } from './command-line.ts'
import { StreamLink } from './stream-link.ts'
import type { Scheme } from './scheme.ts'

/** Milliseconds between SIGTERM and SIGKILL. */
const PATIENCE_MS = 2000
/** Milliseconds to learn how a command ended whose output did. */
const REAP_MS = 500
const EAGAIN = 11

export const cmdScheme: Scheme = {
  name: 'cmd',
  summary: 'a program that speaks the vde stream on its standard input and output',
  style: 'raw',
  params: {},
  open: (tail, sink, context) => openCommand(tail.path, sink, context.loop)
}

/** @throws {VdeError} EINVAL a line that cannot be read, ENOENT or EACCES no such program, EMFILE */
const openCommand = (line: string, sink: FrameSink, loop: Loop): Link => {
  const action = `open cmd://${line}`
  const argv = splitCommand(line, action)
  const toChild = makePipe(action)
  let fromChild: Int32Array
  try {
    fromChild = makePipe(action)
  } catch (error) {
    closeBoth(toChild)
    throw error
  }
  const env = Object.entries(process.env).map(([key, value]) => `${key}=${value ?? ''}`)
  const child = native.spawn({ file: argv[0], argv, env, fds: [toChild[0], fromChild[1], 2] })
  native.close(toChild[0])
  native.close(fromChild[1])
  if ('step' in child) {
    native.close(toChild[1])
    native.close(fromChild[0])
    throw new VdeError(errnoName(child.errno), action, `${native.strerror(child.errno)}: "${argv[0]}", a program in PATH is wanted`)
  }
  // Only our ends: each end of a pipe is an open file of its own, so the command's stay blocking.
  native.setNonblock(toChild[1], true)
  native.setNonblock(fromChild[0], true)
  return new CommandLink(line, child.pidfd, fromChild[0], toChild[1], sink, loop)
}

const makePipe = (action: string): Int32Array => {
  const ends = new Int32Array(2)
  const result = native.pipe(ends, false)
  if (result < 0) throw systemError(result, action, native.strerror(-result))
  return ends
}

const closeBoth = (ends: Int32Array): void => {
  native.close(ends[0])
  native.close(ends[1])
}

/** A stream and the process at its other end. */
class CommandLink implements Link, FrameSink, Watcher {
  readonly offload = false
  readonly maxFrame: number
  readonly label: string
  readonly #sink: FrameSink
  readonly #loop: Loop
  readonly #pidfd: number
  readonly #stream: StreamLink
  /** Wait status of the command, -1 while it runs. */
  #status = -1
  #isOver = false
  #isClosed = false
  #timer: NodeJS.Timeout | null = null

  constructor (line: string, pidfd: number, inFd: number, outFd: number, sink: FrameSink, loop: Loop) {
    this.label = `cmd://${line}`
    this.#sink = sink
    this.#loop = loop
    this.#pidfd = pidfd
    this.#stream = new StreamLink(inFd, outFd, this, loop, { label: this.label })
    this.maxFrame = this.#stream.maxFrame
    loop.add(pidfd, IN, this)
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
    if (this.#status !== -1) return
    native.pidfdSignal(this.#pidfd, constants.signals.SIGTERM)
    this.#timer = setTimeout(() => { native.pidfdSignal(this.#pidfd, constants.signals.SIGKILL) }, PATIENCE_MS)
  }

  onFrame (buf: Uint8Array, off: number, len: number): void { this.#sink.onFrame(buf, off, len) }
  onWritable (): void { this.#sink.onWritable() }

  /** The stream is over. The command usually ends in the same moment; how is worth a short wait. */
  onClose (why?: Error): void {
    this.#isOver = true
    if (why !== undefined || this.#status !== -1) return this.#tell(why)
    this.#timer = setTimeout(() => { this.#tell() }, REAP_MS)
  }

  /** The command ended. Frames of it may still be on their way, so the link goes on until its output ends. */
  onReady (): void {
    const status = native.pidfdWait(this.#pidfd)
    if (status === -EAGAIN) return
    // A negative status: somebody else has reaped it, and how it ended is lost.
    this.#status = Math.max(status, 0)
    this.#loop.remove(this.#pidfd)
    native.close(this.#pidfd)
    if (this.#isClosed) {
      if (this.#timer !== null) clearTimeout(this.#timer)
    } else if (this.#isOver) this.#tell()
  }

  #tell (why: Error | undefined = this.#reason()): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (!this.#isClosed) this.#sink.onClose(why)
  }

  #reason (): Error | undefined {
    if (this.#status <= 0) return undefined
    const signal = this.#status & 0x7f
    const how = signal === 0 ? `exit ${this.#status >> 8}` : `signal ${signalName(signal)}`
    return new VdeError('EPIPE', `go on with ${this.label}`, `command ended: ${how}`)
  }
}

const signalName = (value: number): string =>
  Object.entries(constants.signals).find(([, number]) => number === value)?.[0] ?? String(value)
