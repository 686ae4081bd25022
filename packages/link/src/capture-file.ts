/**
 * Where a capture is written: a new file, a FIFO somebody reads, or a socket where somebody listens. The data path fills
 * one of two buffers; the other is being written meanwhile, by a thread of libuv, so that a slow disk or reader never
 * holds up the traffic. When both are full, frames are lost to the capture and counted.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, write, writeSync } from 'node:fs'
import { connect, Socket } from 'node:net'
import { WholeBlocks } from '@vde-ts/frame/pcapng-blocks.js'
import { systemError, VdeError } from './errors.ts'
import { lookAt } from './socket-file.ts'

/** A burst of 6 ms at 10 Gbit/s. The system gives the memory when it is first filled. */
const BUFFER = 8 * 1024 * 1024
/** Octets that are worth a write of their own; fewer wait for the timer. */
const SOON = 256 * 1024
const WAIT_MS = 20
/** A getter that makes an object each time it is asked. */
const ORIGIN = performance.timeOrigin

/** What a file is made of that has other things in it than the blocks of pcapng. */
export interface CaptureFormat {
  /** What a new file begins with. */
  readonly header: Uint8Array
  /** Whether a file that begins so, as far as it has octets for `header`, is gone on with at its end. */
  mayGoOn (begin: Uint8Array): boolean
  /** Octets of `written` up to the end of the last whole frame; `isBegin`: the header comes first. */
  wholeOctets (written: Uint8Array, isBegin: boolean): number
}

/** Owns its descriptor until {@link CaptureFile.close}. */
export class CaptureFile {
  buf: Uint8Array = new Uint8Array(BUFFER)
  readonly isPipe: boolean

  readonly #path: string
  readonly #fd: number
  readonly #socket: Socket | null
  readonly #onFailure: (error: Error) => void
  /** Null: pcapng, whose blocks are the user's. */
  readonly #format: CaptureFormat | null
  /** Few octets wait so long for more, in milliseconds. */
  waitMs: number
  #spare: Uint8Array = new Uint8Array(BUFFER)
  #used = 0
  /** Octets of {@link #spare} being written, from {@link #position} of the file on. */
  #writing = 0
  #position = 0
  #timer: NodeJS.Timeout | null = null
  #isUrgent = false
  readonly #time = new Float64Array(1)
  #isClosed = false

  /**
   * Opens. A name that exists is refused, unless it is a FIFO with a reader, a socket, or a file that `format` goes on with.
   * @param onFailure the disk is full, the reader has gone; nothing is written any more
   * @throws {VdeError} EEXIST, EACCES, ENOENT, ENXIO
   */
  constructor (path: string, onFailure: (error: Error) => void, format: CaptureFormat | null = null, waitMs: number = WAIT_MS) {
    this.#onFailure = onFailure
    this.#format = format
    this.waitMs = waitMs
    this.#path = path
    const isSocket = lookAt(path)?.isSocket() === true
    this.#fd = isSocket ? -1 : openCapture(path, format)
    if (this.#fd >= 0) this.#position = fstatSync(this.#fd).size
    if (format !== null && this.#position === 0) this.append(format.header)
    this.isPipe = isSocket || fstatSync(this.#fd).isFIFO()
    if (isSocket) this.#socket = connect({ path })
    else this.#socket = this.isPipe ? new Socket({ fd: this.#fd, readable: false, writable: true }) : null
    this.#socket?.on('error', (error) => { this.#fail(error) })
  }

  /** Microseconds since 1970, in memory that the next call overwrites. */
  now (): Float64Array {
    this.#time[0] = (ORIGIN + performance.now()) * 1000
    return this.#time
  }

  /** Where `octets` of {@link buf} are free, -1 when there is no room. What is reserved counts as written. */
  reserve (octets: number): number {
    const at = this.#used
    if (at + octets > BUFFER || this.#isClosed) return -1
    this.#used = at + octets
    if (this.#timer === null) this.#wait()
    if (at + octets > SOON && !this.#isUrgent) this.#hurry()
    return at
  }

  /** Adds a block that the file begins with. */
  append (block: Uint8Array): void { this.buf.set(block, this.reserve(block.length)) }

  /** Idempotent. Writes what is left and `last`, to a pipe only what it takes now, and releases the descriptor. */
  close (last: Uint8Array): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    const rest = Buffer.concat([this.buf.subarray(0, this.#used), last])
    if (this.#socket !== null) this.#endPipe(this.#socket, rest)
    else this.#endFile(rest)
  }

  /** A program that ends now has no time to wait: what the pipe takes at once is written at once. */
  #endPipe (socket: Socket, rest: Uint8Array): void {
    if (this.#writing > 0 || this.#fd < 0) socket.write(rest)
    else try { writeSync(this.#fd, rest) } catch { /* full, or nobody reads */ }
    socket.end()
  }

  #endFile (rest: Uint8Array): void {
    // What a thread may still be writing is written again, to the same place: nobody knows how far it came.
    const all = Buffer.concat([this.#spare.subarray(0, this.#writing), rest])
    const done = writeUpTo(this.#fd, all, this.#position)
    if (done < all.length) this.#cut(all.subarray(0, done))
    closeSync(this.#fd)
  }

  /** Not in {@link reserve}: a function that holds a closure makes its context with each call. */
  #wait (): void { this.#timer = setTimeout(() => { this.#onTimer() }, this.waitMs) }

  #hurry (): void {
    this.#isUrgent = true
    setImmediate(() => {
      this.#isUrgent = false
      this.#flush()
    })
  }

  #onTimer (): void {
    this.#timer = null
    this.#flush()
  }

  #flush (): void {
    if (this.#writing > 0 || this.#used === 0 || this.#isClosed) return
    const full = this.buf
    this.buf = this.#spare
    this.#spare = full
    this.#writing = this.#used
    this.#used = 0
    this.#write(0)
  }

  #write (from: number): void {
    const part = this.#spare.subarray(from, this.#writing)
    if (this.#socket !== null) {
      this.#socket.write(part, (error) => { if (error == null) this.#onWritten() })
      return
    }
    write(this.#fd, part, 0, part.length, this.#position + from, (error, count) => {
      if (this.#isClosed) return
      if (error !== null) {
        this.#cut(this.#spare.subarray(0, from))
        this.#fail(error)
      } else if (from + count < this.#writing) this.#write(from + count)
      else this.#onWritten()
    })
  }

  #onWritten (): void {
    this.#position += this.#writing
    this.#writing = 0
    this.#flush()
  }

  /** The disk is full: the file ends in the last whole block of `written`, what came to stand behind {@link #position}. */
  #cut (written: Uint8Array): void {
    this.#position += this.#format?.wholeOctets(written, this.#position === 0) ?? wholeBlocks(written)
    ftruncateSync(this.#fd, this.#position)
  }

  #fail (error: Error): void {
    if (this.#isClosed) return
    this.#used = 0
    this.#writing = 0
    const { errno } = error as NodeJS.ErrnoException
    this.#onFailure(errno === undefined ? error : systemError(errno, `capture to "${this.#path}"`))
  }
}

const wholeBlocks = (written: Uint8Array): number => {
  const whole = new WholeBlocks()
  whole.feed(written)
  return whole.octets
}

const openCapture = (path: string, format: CaptureFormat | null): number => {
  const action = `capture to "${path}"`
  try {
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw systemError((error as { errno: number }).errno, action)
  }
  // A switch may run as root for users who may use its console: it replaces nothing. Without a reader this is ENXIO.
  const fd = openExisting(path, action, format === null ? constants.O_WRONLY : constants.O_RDWR)
  if (fstatSync(fd).isFIFO() || format?.mayGoOn(beginning(fd, format.header.length)) === true) return fd
  closeSync(fd)
  throw new VdeError('EEXIST', action, 'there is something of this name, want a new file, a FIFO or a socket')
}

const beginning = (fd: number, octets: number): Uint8Array => {
  const found = new Uint8Array(octets)
  return found.subarray(0, fstatSync(fd).isFile() ? readSync(fd, found, 0, octets, 0) : 0)
}

const openExisting = (path: string, action: string, access: number): number => {
  try {
    return openSync(path, access | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    throw systemError((error as { errno: number }).errno, action)
  }
}

/** @returns octets that fitted */
const writeUpTo = (fd: number, buf: Uint8Array, position: number): number => {
  let done = 0
  try {
    while (done < buf.length) done += writeSync(fd, buf, done, buf.length - done, position + done)
  } catch { /* the disk is full */ }
  return done
}
