/**
 * tap://[IFNAME] - a TAP interface of this host: makes it, or joins a persistent one. Without a name the kernel chooses.
 * Address, MTU and up or down are the administrator's.
 *
 * A frame sent while the interface is down (EIO) is lost and counted: that is what a cable without a station does. An
 * interface that was removed ends the link.
 */
import { native, ERR, IN, OUT } from '@vde-ts/native'
import { HEADROOM, VdeError, errnoName, systemError, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { Inbox, SLOT_OCTETS, SLOT_STRIDE } from '@vde-ts/link/receive-slab.js'
import { isTapFailure, openTap } from '@vde-ts/tun-tap'
import type { Scheme } from './scheme.ts'

const EINTR = 4
const EAGAIN = 11
/** The interface is gone: ENXIO, ENODEV, EBADFD. */
const GONE: ReadonlySet<number> = new Set([-6, -19, -77])

/** `tap://NAME`. Without privileges it wants a persistent interface of the user. */
export const tapScheme: Scheme = {
  name: 'tap',
  summary: 'a TAP interface of this host',
  style: 'raw',
  params: {},
  open (tail, sink, context) {
    const tap = openTap({ name: tail.path })
    if (isTapFailure(tap)) {
      throw new VdeError(errnoName(tap.errno), `open tap://${tail.path}`, `${native.strerror(tap.errno)}: ${tap.detail}`)
    }
    return tapLink(tap.fd, tap.name, sink, context.loop)
  }
}

/** Takes over the open TAP `fd` (no header in front of frames); the link is paused. @throws {VdeError} EBADF, ENOMEM */
export const tapLink = (fd: number, name: string, sink: FrameSink, loop: Loop): TapLink => new TapLink(fd, name, sink, loop)

/** A link over an open TAP, for whoever has the descriptor from elsewhere (a namespace); see {@link tapLink}. */
export class TapLink implements Link, Watcher {
  readonly offload = false
  readonly maxFrame: number = SLOT_OCTETS
  readonly label: string
  /** Frames the interface did not take: it is down, or they are malformed. */
  txDrops = 0

  readonly #fd: number
  readonly #sink: FrameSink
  readonly #loop: Loop
  readonly #inbox: Inbox
  #isBlocked = false
  #isEnded = false
  #isClosed = false

  constructor (fd: number, name: string, sink: FrameSink, loop: Loop) {
    this.label = `tap://${name}`
    this.#fd = fd
    this.#sink = sink
    this.#loop = loop
    this.#inbox = new Inbox(sink, { loop, receiveBatch: readFrames })
    native.setNonblock(fd, true)
    loop.add(fd, 0, this)
  }

  get rxDrops (): number { return this.#inbox.runts + this.#inbox.oversize }

  /** One write: the interface takes a frame at once or not at all, so there is nothing to collect. */
  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isClosed || this.#isEnded) return true
    const result = native.write(this.#fd, buf, off, len)
    if (result >= 0) return true
    if (result === -EAGAIN) {
      this.#isBlocked = true
      this.#watch()
      return false
    }
    this.txDrops++
    return true
  }

  pause (): void {
    this.#inbox.pause()
    this.#watch()
  }

  resume (): void {
    this.#inbox.resume()
    this.#watch()
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#inbox.close()
    this.#loop.remove(this.#fd)
    native.close(this.#fd)
  }

  onReady (events: number): void {
    if ((events & OUT) !== 0 && this.#isBlocked) {
      this.#isBlocked = false
      this.#watch()
      this.#sink.onWritable()
    }
    if (this.#isClosed || this.#isEnded) return
    const result = (events & IN) === 0 ? 0 : this.#inbox.receive(this.#fd)
    if (GONE.has(result) || (events & ERR) !== 0) this.#end(result)
  }

  #end (result: number): void {
    if (this.#isClosed || this.#isEnded) return
    this.#isEnded = true
    // What a pause kept belongs to an interface that is no more, and nothing may follow onClose.
    this.#inbox.close()
    this.#loop.remove(this.#fd)
    this.#sink.onClose(systemError(result < 0 ? result : -19, `use ${this.label}`, 'the interface was removed'))
  }

  #watch (): void {
    if (this.#isClosed || this.#isEnded) return
    this.#loop.modify(this.#fd, (this.#inbox.paused ? 0 : IN) | (this.#isBlocked ? OUT : 0))
  }
}

/** Octets asked of a read: one more than a frame has, so that one which was cut shows. */
const READ_OCTETS = Math.min(SLOT_OCTETS + 1, SLOT_STRIDE - HEADROOM)

/** A TAP has no recvmmsg: one read per frame, as long as there are frames. */
const readFrames = (
  fd: number, buf: Uint8Array, at: number, stride: number, _size: number, count: number, lengths: Int32Array
): number => {
  for (let i = 0; i < count; i++) {
    const length = native.read(fd, buf, at + i * stride, READ_OCTETS)
    if (length < 0) return i > 0 ? i : length === -EINTR ? -EAGAIN : length
    lengths[i] = length
  }
  return count
}
