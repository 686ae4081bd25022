/**
 * The vde stream over one of Node's duplex streams, for media that only Node has (TLS). Each frame costs a copy and each
 * read one more: ciphers cost more. Everything else is as in `stream-link.ts`.
 */
import type { Duplex } from 'node:stream'
import { VdeError, HEADROOM, type FrameSink, type Link } from '@vde-ts/link'
import { MAX_C_FRAME, StreamDecoder, encodeStreamFrame, type StreamSink } from '@vde-ts/frame/stream.js'

/** Octets the stream may hold before `send` is full. */
const HIGH_OCTETS = 256 * 1024

/** The link; it owns the stream, which is connected. */
export class DuplexLink implements Link, StreamSink {
  readonly offload = false
  readonly maxFrame: number = MAX_C_FRAME
  readonly label: string
  /** Frames longer than `maxFrame`: dropped. */
  txDrops = 0
  readonly #stream: Duplex
  readonly #sink: FrameSink
  readonly #decoder: StreamDecoder
  #rest: Uint8Array | null = null
  #isPaused = true
  #isCorked = false
  #isFull = false
  #isReading = false
  #end: { readonly why: Error | undefined } | null = null
  #isOver = false

  constructor (stream: Duplex, sink: FrameSink, label: string) {
    this.label = label
    this.#stream = stream
    this.#sink = sink
    this.#decoder = new StreamDecoder(this)
    this.#decoder.held = true
    stream.pause()
    stream.on('data', (octets: Buffer) => { this.#take(octets) })
    stream.on('drain', () => { this.#onDrain() })
    stream.on('end', () => { this.#finish(undefined) })
    stream.on('error', (error) => { this.#finish(error) })
    stream.on('close', () => { this.#finish(undefined) })
    stream.pause()
  }

  get queued (): number { return this.#stream.writableLength === 0 ? 0 : 1 }

  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isOver || this.#end !== null) return true
    if (len > this.maxFrame) {
      this.txDrops++
      return true
    }
    if (this.#stream.writableLength >= HIGH_OCTETS) {
      this.#isFull = true
      return false
    }
    this.#cork()
    this.#stream.write(encodeStreamFrame(buf, off, len))
    return true
  }

  /** Frames of one turn leave in one record. */
  #cork (): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#stream.cork()
    setImmediate(() => {
      this.#isCorked = false
      this.#stream.uncork()
    })
  }

  pause (): void {
    this.#isPaused = true
    this.#decoder.held = true
    this.#stream.pause()
  }

  resume (): void {
    if (this.#isOver || !this.#isPaused) return
    this.#isPaused = false
    this.#decoder.held = false
    setImmediate(() => { this.#catchUp() })
  }

  close (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#decoder.held = true
    if (this.#isCorked) this.#stream.uncork()
    this.#stream.end()
    // What was sent leaves first, but not for ever.
    const timer = setTimeout(() => { this.#stream.destroy() }, LINGER_MS)
    timer.unref()
    this.#stream.once('finish', () => { this.#stream.destroy() })
  }

  onFrame (buf: Uint8Array, off: number, len: number): void { this.#sink.onFrame(buf, off, len) }

  /** A piece of the stream, in memory with headroom. */
  #take (octets: Uint8Array): void {
    const piece = new Uint8Array(HEADROOM + octets.length)
    piece.set(octets, HEADROOM)
    this.#rest = this.#rest === null ? piece : joined(this.#rest, octets)
    this.#deliver()
  }

  #deliver (): void {
    const rest = this.#rest
    if (rest === null || this.#isReading || this.#isPaused) return
    this.#isReading = true
    const len = rest.length - HEADROOM
    const used = this.#decoder.push(rest, HEADROOM, len)
    this.#isReading = false
    this.#rest = used === len ? null : rest.slice(used)
  }

  #catchUp (): void {
    if (this.#isOver || this.#isPaused) return
    this.#deliver()
    if (this.#rest !== null || this.#isPaused) return
    if (this.#end !== null) this.#tell()
    else this.#stream.resume()
  }

  #onDrain (): void {
    if (!this.#isFull || this.#isOver) return
    this.#isFull = false
    this.#sink.onWritable()
  }

  #finish (why: Error | undefined): void {
    if (this.#end !== null) return
    this.#end = { why: why === undefined ? undefined : new VdeError('ECONNRESET', `go on with ${this.label}`, why.message, { cause: why }) }
    if (this.#rest === null || !this.#isPaused) this.#tell()
  }

  /** Tells the end when nothing waits any more. */
  #tell (): void {
    if (this.#isOver || this.#end === null || this.#rest !== null) return
    this.#isOver = true
    this.#isPaused = true
    this.#stream.destroy()
    this.#sink.onClose(this.#end.why)
  }
}

/** How long frames may take to leave after `close`, in milliseconds. */
const LINGER_MS = 2000

const joined = (rest: Uint8Array, more: Uint8Array): Uint8Array => {
  const all = new Uint8Array(rest.length + more.length)
  all.set(rest)
  all.set(more, rest.length)
  return all
}
