/**
 * The friendly half: `open` answers a connection that sends, receives and closes.
 *
 *     const net = await open('vde:///tmp/sw', { onFrame (frame) { console.log(frame.length) } })
 *     net.send(frame)
 *     await net.closed
 *
 * Frames are Ethernet frames without FCS. For joining links, or when every nanosecond counts, use `openVnl` of the
 * registry and the Link contract.
 */
import { HEADROOM, type FrameSink, type Link } from '@vde-ts/link'
import { openVnl, type OpenOptions } from './registry.ts'

/** Octets of the shortest frame: its header. */
const SHORTEST = 14

/**
 * How to open, and what to call. What a callback throws becomes an uncaught exception of the process, behind the
 * turn.
 */
export interface ConnectionOptions extends OpenOptions {
  /** A frame arrived. `frame` is a view that is valid during the call only: copy what you keep. */
  onFrame? (frame: Uint8Array): void
  /** `send` answered false before, now there is room. */
  onWritable? (): void
  /** The medium is there: frames pass from now on. Only after `onDown`, or when {@link Connection.isUp} was false. */
  onUp? (): void
  /** The medium is away; it may come back. Frames sent meanwhile are lost. */
  onDown? (why?: Error): void
  /** The other side is gone. `why` is absent on an orderly end. Not called after `close`. */
  onClose? (why?: Error): void
}

/** An open network, made by {@link open}. `await using` closes it. */
export interface Connection extends AsyncDisposable {
  /** What it is, for people: `vde:///tmp/sw`. */
  readonly label: string
  /** Octets of the longest frame it takes. */
  readonly maxFrame: number
  /** False while the medium is away, or not there yet: `tcp://` opens before it is connected. */
  readonly isUp: boolean
  /** Resolves once the connection is closed by either side: with the reason, or undefined when it ended in order. */
  readonly closed: Promise<Error | undefined>
  /**
   * Sends one frame; the array is yours again when it returns. False: the network is full, the frame was not sent, and
   * `onWritable` will follow.
   * @throws {RangeError} shorter than an Ethernet header, or longer than `maxFrame`
   */
  send (frame: Uint8Array): boolean
  /** No `onFrame` until {@link resume}. What arrives meanwhile waits, and in the end slows the sender. */
  pause (): void
  resume (): void
  /** Idempotent. Releases every resource and file. */
  close (): void
}

/**
 * Opens a VNL: `/tmp/sw`, `vde:///tmp/sw[3]`, `tap://tap0`, `cmd://"ssh host vde_plug"`, … Frames are delivered from the
 * next turn of the event loop on, so code behind the `await` runs first.
 * @throws {VdeError} code EPROTONOSUPPORT, EINVAL, ENOENT, ECONNREFUSED, EACCES, …; its message names thing and way out
 */
export const open = async (vnl: string, options: ConnectionOptions = {}): Promise<Connection> => {
  const connection = new OpenConnection(options)
  connection.start(await openVnl(vnl, connection, options))
  return connection
}

class OpenConnection implements Connection, FrameSink {
  readonly closed: Promise<Error | undefined>
  readonly #options: ConnectionOptions
  #link: Link | null = null
  #isClosed = false
  #isPaused = false
  #settle: (why: Error | undefined) => void = () => {}
  #scratch: Uint8Array | null = null

  constructor (options: ConnectionOptions) {
    this.#options = options
    this.closed = new Promise((resolve) => { this.#settle = resolve })
  }

  get label (): string { return this.#link?.label ?? '' }
  get isUp (): boolean { return this.#link !== null && (this.#link.isUp ?? true) }
  get maxFrame (): number { return this.#link?.maxFrame ?? 0 }

  start (link: Link): void {
    this.#link = link
    setImmediate(() => { if (!this.#isPaused && !this.#isClosed) link.resume() })
  }

  send (frame: Uint8Array): boolean {
    const link = this.#link
    if (link === null || this.#isClosed) return true
    if (frame.length < SHORTEST || frame.length > link.maxFrame) {
      throw new RangeError(`Cannot send: the frame has ${frame.length} octets, ${SHORTEST} to ${link.maxFrame} are wanted`)
    }
    if (!link.offload) return link.send(frame, 0, frame.length)
    // Such a link looks at the offload header in front of the frame, which a plain array does not have.
    this.#scratch ??= new Uint8Array(HEADROOM + 65557)
    this.#scratch.set(frame, HEADROOM)
    return link.send(this.#scratch, HEADROOM, frame.length)
  }

  pause (): void {
    this.#isPaused = true
    this.#link?.pause()
  }

  resume (): void {
    this.#isPaused = false
    if (!this.#isClosed) this.#link?.resume()
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#link?.close()
    this.#settle(undefined)
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    this.close()
    await this.closed
  }

  onFrame (buf: Uint8Array, off: number, len: number): void {
    const { onFrame } = this.#options
    if (onFrame !== undefined && !this.#isClosed) this.#run(() => { onFrame(buf.subarray(off, off + len)) })
  }

  onUp (): void { if (!this.#isClosed) this.#run(() => { this.#options.onUp?.() }) }
  onDown (why?: Error): void { if (!this.#isClosed) this.#run(() => { this.#options.onDown?.(why) }) }
  onWritable (): void { this.#run(() => { this.#options.onWritable?.() }) }

  onClose (why?: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#link?.close()
    this.#run(() => { this.#options.onClose?.(why) })
    this.#settle(why)
  }

  /**
   * The program's code may throw, the loop must not: the error comes out behind the turn, where nothing is half done. (A
   * closure and a view per frame are the price of this half.)
   */
  #run (callback: () => void): void {
    try {
      callback()
    } catch (error) {
      process.nextTick(() => { throw error })
    }
  }
}
