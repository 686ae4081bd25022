/**
 * unixterm: standard input and output joined with a stream socket.
 *
 *     stdin --> pending --> socket --> incoming --> stdout
 *
 * Neither direction waits inside of a system call for the other program: one that never reads our output must not make us
 * deaf to signals.
 *
 * At the end of the input the socket is shut down for writing only, so a console answers what is under way and ends the
 * session itself; at the end of the socket everything it said has been written.
 */
import { native, IN, OUT, STREAM } from '@vde-ts/native'
import { loop, type Loop } from '@vde-ts/link'
import { sharedIo } from '@vde-ts/link/fd-io.js'
import type { Parsed } from '../command.ts'
import { UsageError } from '../command.ts'
import { ExitError, type Program } from '../run.ts'
import { OutputError } from '../stdout.ts'

const CHUNK = 65536
/** A peer that says nothing for so long after the end of the input will not end the session, in milliseconds. */
const LINGER_MS = 5000
const CONNECT_TRIES = 50
const CONNECT_WAIT_MS = 100
const EAGAIN = 11
const EINTR = 4

/** unixterm: the command. Resolves when the relay runs; ends the process with 0 when the socket has ended. */
export const run = async (program: Program, parsed: Parsed): Promise<void> => {
  const [path] = parsed.operands
  if (path === undefined || parsed.operands.length > 1) throw new UsageError('Cannot connect: one socket is wanted')
  const relay = new Relay(await connect(path), loop, (failed) => {
    if (failed < 0) program.fail(new OutputError(failed))
    program.exit(0)
  })
  relay.start()
}

/** A connected socket. While its backlog is full a listener refuses, so it is tried again. @throws {ExitError} 255 */
export const connect = async (path: string): Promise<number> => {
  const fd = native.unixSocket(STREAM)
  if (fd < 0) throw new ExitError(255, `Socket opening error: ${native.strerror(-fd)}`)
  for (let tries = 1; ; tries++) {
    const result = native.connectUnix(fd, path)
    if (result >= 0) return fd
    if (result !== -EAGAIN || tries === CONNECT_TRIES) {
      native.close(fd)
      throw new ExitError(255, `Socket connecting error: ${native.strerror(-result)}: ${path}`)
    }
    await new Promise((resolve) => setTimeout(resolve, CONNECT_WAIT_MS))
  }
}

/** Relays between descriptors 0, 1 and a socket. */
export class Relay {
  readonly #socket: number
  readonly #loop: Loop
  readonly #onEnd: (failed: number) => void
  readonly #pending = new Uint8Array(CHUNK)
  readonly #incoming = new Uint8Array(CHUNK)
  readonly #io = sharedIo()
  #from = 0
  #to = 0
  /** What of `#incoming` is not shown yet. */
  #shownTo = 0
  #heardTo = 0
  /** Standard output takes nothing: it is watched in place of the socket, whose hang-up would be reported all the time. */
  #isHolding = false
  #hasInputEnded = false
  #linger: NodeJS.Timeout | null = null

  /** @param onEnd called with 0 when the socket has ended and its last octet is written, or with -errno of standard output */
  constructor (socket: number, loop: Loop, onEnd: (failed: number) => void) {
    this.#socket = socket
    this.#loop = loop
    this.#onEnd = onEnd
  }

  start (): void {
    this.#watchSocket()
    this.#loop.add(0, IN, { onReady: () => { this.#onInput() } })
  }

  #onInput (): void {
    if (this.#to > 0) return
    const result = native.read(0, this.#pending, 0, CHUNK)
    if (result === -EAGAIN || result === -EINTR) return
    if (result <= 0) {
      this.#endInput()
      return
    }
    this.#from = 0
    this.#to = result
    this.#send()
    if (this.#to === 0) return
    this.#loop.modify(0, 0)
    if (!this.#isHolding) this.#loop.modify(this.#socket, IN | OUT)
  }

  #watchSocket (): void {
    this.#loop.add(this.#socket, this.#to > 0 ? IN | OUT : IN, { onReady: (events) => { this.#onSocket(events) } })
  }

  #onSocket (events: number): void {
    if ((events & OUT) !== 0) this.#resumeInput()
    if ((events & ~OUT) === 0) return
    const result = native.read(this.#socket, this.#incoming, 0, CHUNK)
    if (result === -EAGAIN || result === -EINTR) return
    this.#linger?.refresh()
    if (result <= 0) {
      this.#onEnd(0)
      return
    }
    this.#shownTo = 0
    this.#heardTo = result
    this.#show()
  }

  #show (): void {
    while (this.#shownTo < this.#heardTo) {
      const result = this.#io.write(1, this.#incoming, this.#shownTo, this.#heardTo - this.#shownTo)
      if (result >= 0) this.#shownTo += result
      else if (result === -EAGAIN) {
        this.#hold()
        return
      } else if (result !== -EINTR) {
        this.#onEnd(result)
        return
      }
    }
    if (!this.#isHolding) return
    this.#isHolding = false
    this.#loop.remove(1)
    this.#watchSocket()
  }

  #hold (): void {
    if (this.#isHolding) return
    this.#isHolding = true
    this.#loop.remove(this.#socket)
    this.#loop.add(1, OUT, { onReady: () => { this.#show() } })
  }

  #send (): void {
    const result = native.write(this.#socket, this.#pending, this.#from, this.#to - this.#from)
    if (result === -EAGAIN || result === -EINTR) return
    // The peer reads no more; what it still says is shown, then the socket ends.
    this.#from = result < 0 ? this.#to : this.#from + result
    if (this.#from === this.#to) this.#from = this.#to = 0
  }

  #resumeInput (): void {
    this.#send()
    if (this.#to > 0) return
    this.#loop.modify(this.#socket, IN)
    if (!this.#hasInputEnded) this.#loop.modify(0, IN)
  }

  #endInput (): void {
    this.#hasInputEnded = true
    this.#loop.remove(0)
    native.shutdown(this.#socket, 1)
    this.#linger = setTimeout(this.#onEnd, LINGER_MS, 0)
  }
}
