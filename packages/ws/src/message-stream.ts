/**
 * A WebSocket as one of Node's duplex streams of octets. Where a message ends means nothing: what was written together
 * leaves as one, and a frame of the vde stream may lie in several.
 *
 *     write, write, write --cork--> one binary message          at most HIGH_OCTETS of the link on top of it, plus a frame
 *     message --> push; false: the socket is not read any more, until somebody reads
 *
 * A peer that answers no ping for SILENT_MS is gone: TCP may not notice, where proxies stand between. One that does not
 * read, because whoever it delivers to is slow, has that long too.
 */
import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'

const PING_MS = 20_000
const SILENT_MS = 120_000
/** [RFC 6455 7.4.1] */
const NORMAL = 1000
const GOING_AWAY = 1001
const UNSUPPORTED = 1003
const NO_STATUS = 1005
const IN_ORDER: ReadonlySet<number> = new Set([NORMAL, GOING_AWAY, NO_STATUS])

type Done = (error?: Error | null) => void

/** Octets of a message, at most: the link writes no more at a time. */
export const MAX_MESSAGE: number = 1024 * 1024

/** Owns the socket, which is open. */
export class MessageStream extends Duplex {
  readonly #socket: WebSocket
  readonly #timer: NodeJS.Timeout
  #heardMs = performance.now()
  #final: Done | null = null
  #isOver = false

  constructor (socket: WebSocket) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    socket.on('message', (data, isBinary) => { this.#take(data, isBinary) })
    socket.on('pong', () => { this.#heardMs = performance.now() })
    socket.on('ping', () => { this.#heardMs = performance.now() })
    socket.on('error', (error) => { this.destroy(error) })
    socket.on('close', (code, reason) => { this.#end(code, reason.toString()) })
    this.#timer = setInterval(() => { this.#attend() }, PING_MS)
    this.#timer.unref()
  }

  #take (data: RawData, isBinary: boolean): void {
    if (this.#final !== null) return
    if (!isBinary) return this.#socket.close(UNSUPPORTED, 'frames are binary')
    this.#heardMs = performance.now()
    if (!this.push(data as Buffer)) this.#socket.pause()
  }

  #attend (): void {
    // Nobody is heard while the socket is not read.
    if (this.#socket.isPaused) this.#heardMs = performance.now()
    if (performance.now() - this.#heardMs > SILENT_MS) this.destroy(new Error(`no answer for ${SILENT_MS / 1000} s`))
    else this.#socket.ping()
  }

  #end (code: number, reason: string): void {
    this.#isOver = true
    this.#final?.()
    if (IN_ORDER.has(code)) this.push(null)
    else this.destroy(new Error(`the connection ended with status ${code}${reason === '' ? '' : `: ${reason}`}`))
  }

  override _read (): void { if (!this.#isOver) this.#socket.resume() }

  override _write (chunk: Buffer, _encoding: BufferEncoding, done: Done): void { this.#send(chunk, done) }

  override _writev (chunks: Array<{ chunk: Buffer }>, done: Done): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  /** `done` follows when the kernel has it: so much as the link may hold waits here, and no more. */
  #send (octets: Buffer, done: Done): void { this.#socket.send(octets, (error) => { done(error ?? null) }) }

  override _final (done: Done): void {
    if (this.#isOver) return done()
    this.#final = done
    this.#socket.close(NORMAL)
    // Nobody reads any more: what is in front of the peer's answer is dropped.
    this.#socket.resume()
  }

  override _destroy (error: Error | null, done: Done): void {
    clearInterval(this.#timer)
    this.#socket.terminate()
    done(error)
  }
}
