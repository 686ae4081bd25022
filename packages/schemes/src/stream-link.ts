/**
 * A link over the vde stream: one descriptor to read, one to write (or the same), with pipes, sockets, terminals or files
 * behind them.
 *
 *     in  --large reads--> StreamDecoder --> sink.onFrame
 *     send --> SendRing, headers in place --large writes at the end of the turn--> out
 *
 * The end of the input ends the link, after everything that came before it was delivered; so does a reader that left, as
 * nobody else will answer. A frame is written whole or, if the link is closed in the middle of it, cut: whoever reads
 * knows by the length.
 */
import { native, ERR, HUP, IN, OUT } from '@vde-ts/native'
import { VdeError, systemError, HEADROOM, type Flushable, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import type { DescriptorIo } from '@vde-ts/link/fd-io.js'
import { SendRing } from '@vde-ts/link/send-ring.js'
import { LONG_STREAM_HEADER, MAX_C_FRAME, StreamDecoder, type StreamHeader, type StreamSink } from '@vde-ts/frame/stream.js'

/** Octets per read: what a pipe holds. */
const READ_OCTETS = 65536
/** Frames that wait for one write. */
const RING = { maxFrames: 256, maxOctets: 256 * 1024 } as const
/** Reads after the reader of our output has left. */
const LAST_READS = 64

const EINTR = 4
const EIO = 5
const EAGAIN = 11
const EPIPE = 32
const ECONNRESET = 104

const MOST = 2 ** 30 - 1

/** For descriptors that are ours and non-blocking. */
export const PLAIN_IO: DescriptorIo = { read: native.read, write: native.write, atMost: MOST }

/** What differs between the media that carry a stream. */
export interface StreamOptions {
  readonly label: string
  /** Longest frame to send; absent: what C programs take. */
  readonly maxFrame?: number
  /** Octets of a length; absent: two. With four a length over `maxFrame` ends the link, since nothing sane follows it. */
  readonly header?: StreamHeader
  /** A frame whose octets pause for longer has lost some, and is given up, in milliseconds; absent: never. */
  readonly gapMs?: number
  /** Absent: PLAIN_IO. `sharedIo()` for descriptors that were inherited. */
  readonly io?: DescriptorIo
  /** Called once, when the link is closed, in place of closing the descriptors. */
  readonly onRelease?: () => void
}

/** Where all streams of the process are read to: what is not delivered at once is copied. */
const shared = new Uint8Array(HEADROOM + READ_OCTETS)
let isSharedTaken = false

/** The link, see above. */
export class StreamLink implements Link, Flushable, StreamSink {
  readonly offload = false
  readonly maxFrame: number
  readonly label: string
  /** Frames longer than `maxFrame`: dropped. */
  txDrops = 0

  readonly #in: number
  readonly #out: number
  readonly #sink: FrameSink
  readonly #loop: Loop
  readonly #io: DescriptorIo
  /** Octets per write; a small integer, because Infinity makes a double, and 16 octets of heap, of every length. */
  readonly #atMost: number
  readonly #onRelease: (() => void) | null
  readonly #decoder: StreamDecoder
  readonly #ring: SendRing
  /** Octets read in the turn in which the sink paused; from `#restAt` on. */
  #rest: Uint8Array | null = null
  #restAt = 0
  #isPaused = true
  #isDirty = false
  #isBlocked = false
  #isFull = false
  /** The input has ended: tell it when all is delivered. */
  #isEnded = false
  #isTold = false
  #isClosed = false
  #isReading = false
  /** The input is out of the loop, because it hung up while the link is paused. */
  #isParked = false
  readonly #endsOnDesync: boolean
  readonly #gapMs: number
  #readAt = 0
  #broken: VdeError | undefined = undefined
  /** The output has no reader any more. */
  #isReaderGone = false
  #why: Error | undefined = undefined

  /** Takes over both descriptors; the link is paused. @throws {VdeError} when they cannot be watched */
  constructor (inFd: number, outFd: number, sink: FrameSink, loop: Loop, options: StreamOptions) {
    this.label = options.label
    this.maxFrame = options.maxFrame ?? MAX_C_FRAME
    this.#in = inFd
    this.#out = outFd
    this.#sink = sink
    this.#loop = loop
    this.#io = options.io ?? PLAIN_IO
    this.#atMost = Math.min(this.#io.atMost, MOST)
    this.#onRelease = options.onRelease ?? null
    const isLong = options.header === LONG_STREAM_HEADER
    this.#ring = new SendRing({ ...RING, lead: isLong ? 'long-stream' : 'stream' })
    this.#decoder = isLong ? new StreamDecoder(this, this.maxFrame, LONG_STREAM_HEADER) : new StreamDecoder(this)
    this.#endsOnDesync = isLong
    this.#gapMs = options.gapMs ?? 0
    loop.add(inFd, 0, { onReady: (events) => { this.#onInput(events) } })
    if (outFd === inFd) return
    try {
      loop.add(outFd, 0, { onReady: (events) => { this.#onOutput(events) } })
    } catch (error) {
      loop.remove(inFd)
      throw error
    }
  }

  /** Lengths that no honest peer sends: the stream may be out of step. */
  get desyncs (): number { return this.#decoder.desyncs }

  /** Frames not written yet, or not whole. */
  get queued (): number { return this.#ring.frames }

  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isClosed || this.#isTold || this.#isReaderGone) return true
    if (len > this.maxFrame) {
      this.txDrops++
      return true
    }
    if (!this.#ring.push(buf, off, len) && !this.#pushAfterFlush(buf, off, len)) {
      this.#isFull = true
      return false
    }
    if (!this.#isDirty && !this.#isBlocked) {
      this.#isDirty = true
      this.#loop.markDirty(this)
    }
    return true
  }

  pause (): void {
    this.#isPaused = true
    this.#decoder.held = true
    this.#watch()
  }

  resume (): void {
    if (this.#isClosed || !this.#isPaused) return
    this.#isPaused = false
    this.#decoder.held = false
    this.#watch()
    // Outside of the caller's call: it may not be ready for frames yet.
    if (this.#rest !== null || this.#isEnded || this.#isReaderGone) setImmediate(() => { this.#catchUp() })
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#decoder.held = true
    this.#ring.drainStream(this.#io.write, this.#out, this.#atMost)
    this.#ring.clear()
    this.#loop.remove(this.#in)
    if (this.#out !== this.#in) this.#loop.remove(this.#out)
    if (this.#onRelease !== null) return this.#onRelease()
    native.close(this.#in)
    if (this.#out !== this.#in) native.close(this.#out)
  }

  /** A whole frame, from the decoder. */
  onFrame (buf: Uint8Array, off: number, len: number): void { this.#sink.onFrame(buf, off, len) }

  /** A length that no frame has, from the decoder. */
  onDesync (length: number): void {
    if (!this.#endsOnDesync) return
    this.#decoder.held = true
    this.#broken = new VdeError('EPROTO', `read ${this.label}`,
      `a frame of ${length} octets is announced, at most ${this.maxFrame} are taken`)
  }

  /** The loop calls it at the end of a turn in which something was sent. */
  flush (): void {
    this.#isDirty = false
    if (this.#isClosed || this.#isTold || this.#isReaderGone) return
    const result = this.#drain()
    if (result < 0 && result !== -EAGAIN) return this.#readerLeft(result)
    const isBlocked = result !== 0
    if (isBlocked !== this.#isBlocked) {
      this.#isBlocked = isBlocked
      this.#watch()
    }
    if (isBlocked || !this.#isFull) return
    this.#isFull = false
    this.#sink.onWritable()
  }

  #drain (): number {
    for (;;) {
      const result = this.#ring.drainStream(this.#io.write, this.#out, this.#atMost)
      if (result !== -EINTR) return result
    }
  }

  #pushAfterFlush (buf: Uint8Array, off: number, len: number): boolean {
    return !this.#isBlocked && this.#drain() === 0 && this.#ring.push(buf, off, len)
  }

  #onInput (events: number): void {
    if ((events & OUT) !== 0) this.flush()
    if (this.#isClosed || this.#isEnded) return
    // A hang-up without anything to read is read all the same: the end shows there, behind what is buffered.
    if (!this.#isPaused && (events & (IN | HUP | ERR)) !== 0) this.#read()
    else if (this.#isPaused && (events & (HUP | ERR)) !== 0) this.#park()
  }

  #onOutput (events: number): void {
    if ((events & OUT) !== 0) this.flush()
    if (this.#isClosed || this.#isTold) return
    if ((events & (HUP | ERR)) !== 0) this.#readerLeft(-EPIPE)
  }

  /** One read and what it holds. @returns octets read, 0 at the end, -errno */
  #read (): number {
    const buf = isSharedTaken ? new Uint8Array(HEADROOM + READ_OCTETS) : shared
    const wasTaken = isSharedTaken
    const count = this.#io.read(this.#in, buf, HEADROOM, READ_OCTETS)
    if (count === -EAGAIN || count === -EINTR) return -EAGAIN
    if (count <= 0) {
      const isOrderly = count === 0 || count === -ECONNRESET || count === -EIO // EIO: the terminal's other side has left
      this.#end(isOrderly ? undefined : systemError(count, `read ${this.label}`, native.strerror(-count)))
      return count
    }
    if (this.#gapMs > 0) this.#watchGap()
    isSharedTaken = true
    this.#isReading = true
    const used = this.#decoder.push(buf, HEADROOM, count)
    this.#isReading = false
    isSharedTaken = wasTaken
    if (this.#broken !== undefined) {
      this.#end(this.#broken)
      return -EAGAIN
    }
    if (used < count && !this.#isClosed) this.#keep(buf.subarray(HEADROOM + used, HEADROOM + count))
    return count
  }

  #watchGap (): void {
    const now = performance.now()
    if (now - this.#readAt > this.#gapMs) this.#decoder.reset()
    this.#readAt = now
  }

  #keep (octets: Uint8Array): void {
    const rest = new Uint8Array(HEADROOM + octets.length)
    rest.set(octets, HEADROOM)
    this.#rest = rest
    this.#restAt = HEADROOM
  }

  /** After a pause: delivers what was kept, then goes on or ends. */
  #catchUp (): void {
    if (this.#isReading) return
    const rest = this.#rest
    if (rest !== null && !this.#isPaused && !this.#isClosed) {
      this.#isReading = true
      this.#restAt += this.#decoder.push(rest, this.#restAt, rest.length - this.#restAt)
      this.#isReading = false
      if (this.#restAt === rest.length || this.#broken !== undefined) this.#rest = null
      if (this.#broken !== undefined) return this.#end(this.#broken)
    }
    if (this.#isEnded) this.#tell()
    else if (this.#isReaderGone) this.#finish(undefined)
    else if (this.#rest === null) this.#watch()
  }

  /** Hung up while paused: epoll would report that for ever, so the descriptor is taken out until the link is resumed. */
  #park (): void {
    this.#loop.remove(this.#in)
    this.#isParked = true
  }

  #end (why: Error | undefined): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#why = why
    this.#loop.remove(this.#in)
    this.#tell()
  }

  /** Nobody reads what we write. */
  #readerLeft (result: number): void {
    this.#loop.remove(this.#out)
    this.#ring.clear()
    this.#isBlocked = false
    if (this.#isEnded || this.#isReaderGone) return
    this.#isReaderGone = true
    this.#finish(result === -EPIPE || result === -ECONNRESET
      ? undefined
      : systemError(result, `write ${this.label}`, native.strerror(-result)))
  }

  /** Takes what the other side still sent, then ends; a paused link when it is resumed. */
  #finish (why: Error | undefined): void {
    for (let i = 0; i < LAST_READS; i++) {
      if (this.#isPaused || this.#isEnded || this.#isClosed || this.#rest !== null) return
      // A shared descriptor may block when it is read without a reason.
      if (native.poll(this.#in, IN, 0) === 0 || this.#read() <= 0) break
    }
    if (!this.#isClosed) this.#end(why)
  }

  /** Tells the end when nothing waits any more. */
  #tell (): void {
    if (this.#isTold || this.#isClosed || this.#rest !== null) return
    this.#isTold = true
    this.#isPaused = true
    this.#sink.onClose(this.#why)
  }

  #watch (): void {
    if (this.#isClosed || this.#isEnded) return
    const wantsInput = !this.#isPaused && this.#rest === null
    if (this.#isParked && wantsInput) {
      this.#isParked = false
      this.#loop.add(this.#in, 0, { onReady: (events) => { this.#onInput(events) } })
    }
    const output = this.#isBlocked ? OUT : 0
    if (!this.#isParked) this.#loop.modify(this.#in, (wantsInput ? IN : 0) | (this.#out === this.#in ? output : 0))
    if (this.#out !== this.#in && !this.#isReaderGone) this.#loop.modify(this.#out, output)
  }
}
