/** A command's side of the daemon's socket. */
import { connect, type Socket } from 'node:net'
import type { constants } from 'node:os'
import { VdeError } from '@vde-ts/link'
import { Lines, type Answers, type LabEvent, type Reply, type Request } from './protocol.ts'

/** One connection. */
export class DaemonClient {
  readonly #socket: Socket
  readonly #lines = new Lines()
  readonly #waiting: Array<{ readonly resolve: (value: unknown) => void, readonly reject: (error: Error) => void }> = []
  #onEvent: (event: LabEvent) => void = () => {}
  #isGone = false
  #tellEnd: () => void = () => {}
  /** Fulfilled when the daemon has ended, or {@link close} was called. */
  readonly ended: Promise<void> = new Promise((resolve) => { this.#tellEnd = resolve })

  private constructor (socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => { for (const line of this.#lines.take(chunk)) this.#take(JSON.parse(line) as Reply) })
    socket.on('error', () => {})
    socket.on('close', () => { this.#end() })
  }

  /** @throws {VdeError} ECONNREFUSED, ENOENT nobody is there */
  static async open (path: string): Promise<DaemonClient> {
    return await new Promise((resolve, reject) => {
      const socket = connect(path)
      socket.once('connect', () => { resolve(new DaemonClient(socket)) })
      socket.once('error', ({ code, message }: NodeJS.ErrnoException) => {
        reject(new VdeError(code as keyof typeof constants.errno, 'reach the daemon', message))
      })
    })
  }

  /** @throws {VdeError} what the daemon refuses; ECONNRESET it has ended */
  async ask<R extends Request> (request: R): Promise<Answers[R['op']]> {
    return await new Promise((resolve, reject) => {
      if (this.#isGone) return reject(gone())
      this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject })
      this.#socket.write(`${JSON.stringify(request)}\n`)
    })
  }

  /** Has `onEvent` called for everything that happens, until the connection ends. */
  async watch (onEvent: (event: LabEvent) => void): Promise<void> {
    this.#onEvent = onEvent
    await this.ask({ op: 'watch' })
  }

  #take (reply: Reply): void {
    if ('event' in reply) return this.#onEvent(reply.event)
    const waiting = this.#waiting.shift()
    if (reply.ok) waiting?.resolve(reply.value)
    else waiting?.reject(new Refusal(reply.code as keyof typeof constants.errno, reply.message))
  }

  #end (): void {
    this.#isGone = true
    for (const { reject } of this.#waiting.splice(0)) reject(gone())
    this.#tellEnd()
  }

  /** Idempotent. */
  close (): void { this.#socket.destroy() }
}

/** An error of the daemon's, in its words. */
class Refusal extends VdeError {
  constructor (code: keyof typeof constants.errno, message: string) {
    super(code, 'do that', message)
    this.message = message
  }
}

const gone = (): VdeError => new VdeError('ECONNRESET', 'ask the daemon', 'it has ended, try again')
