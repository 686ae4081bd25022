/**
 * A link over a TAP opened with `vnetHeader`, or over a packet socket, which `FrameDevice` makes alike: one read is one
 * frame with its offload header, which lies in front of the frame in flight as well, so a super-frame costs one system call
 * in and one out.
 *
 *     slab:  | HEADROOM - OFFLOAD | virtio_net_hdr, 12 | frame ...      |        read and write start at the header
 *                                                      ^ HEADROOM
 *
 * A frame is delivered before the next one is read, so one slab serves every link (the receive slab of datagrams stays
 * apart: its headers are always zero), and a pause keeps nothing: what was not read waits in the queue of the interface.
 *
 * Segments of one stream, and datagrams of one flow, that are sent in one turn are written together (`tap-merger.ts`).
 *
 * A frame sent while the interface is down (EIO) is lost and counted: that is what a cable without a station does. An
 * interface that was removed ends the link.
 */
import { native, ERR, HUP, IN, OUT } from '@vde-ts/native'
import { HEADROOM, OFFLOAD, systemError, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { SLOT_OCTETS } from '@vde-ts/link/receive-slab.js'
import { HEADER } from '@vde-ts/frame/ethernet.js'
import { GSO_UDP_L4, gsoType } from '@vde-ts/frame/offload.js'
import { cleanHeader } from '@vde-ts/frame/received-header.js'
import { Segmenter } from '@vde-ts/frame/segment.js'
import { tapDevice, type FrameDevice, type Presence } from '@vde-ts/tun-tap'
import { tapMerger, type MergeOutput } from './tap-merger.ts'
import { READ_OCTETS, processSlab } from './tap-slab.ts'
import type { WriteMeter } from './write-meter.ts'

const EINTR = 4
const EAGAIN = 11
const EINVAL = 22

/** Between two looks at an interface whose removal no event tells, in milliseconds. */
const LOOK_MS = 500

const segmenter = new Segmenter()

/** What is different about a TAP somebody gave us. Without it the open file is ours alone. */
export interface TapLinkOptions {
  /** Shown in place of `tap://NAME`. */
  readonly label?: string
  /** Absent: `tapDevice`. Others hold the open file too: one whose calls never block. */
  readonly device?: FrameDevice
  /** Whose frames nobody else may see when the kernel leaves a gap in front of one; absent: everybody's slab. */
  readonly slab?: Uint8Array
  /** Looks at how long writes take. */
  readonly meter?: WriteMeter
  /** Closes the descriptor; absent: close(2). */
  readonly closeTap?: (fd: number) => void
  /** Bits per second of the interface, if anybody knows. Asked when somebody wants to know. */
  readonly rate?: () => number | undefined
  /** Called once when the link is closed. */
  readonly onRelease?: () => void
}

/** Takes over the open TAP `fd`, which has `vnetHeader`; the link is paused. @throws {VdeError} EBADF, ENOMEM */
export const tapLink = (fd: number, name: string, sink: FrameSink, loop: Loop, options: TapLinkOptions = {}): TapLink =>
  new TapLink(fd, name, sink, loop, options)

/** A link as it travels, without its descriptor. */
export type TapSnapshot = Readonly<Pick<TapLink, 'offload' | 'txDrops' | 'runts' | 'oversize' | 'malformed'>>

/** See {@link tapLink}. */
export class TapLink implements Link, Watcher, MergeOutput {
  /** What the kernel hands over depends on this as well; a tap takes unfinished frames in any case. */
  offload = true
  readonly maxFrame: number = SLOT_OCTETS
  readonly label: string
  /** Frames the interface did not take: it is down, or they are malformed. */
  txDrops = 0
  /** Frames shorter than an Ethernet header. */
  runts = 0
  /** Frames longer than a slot, which the kernel cut. */
  oversize = 0
  /** Frames whose offload header lies. */
  malformed = 0
  /** Until the kernel refuses one: Linux knows of them from 6.2 on. */
  takesTrains = true

  readonly #fd: number
  readonly #device: FrameDevice
  readonly #sink: FrameSink
  readonly #loop: Loop
  readonly #slab: Uint8Array
  readonly #read: typeof native.read
  readonly #write: typeof native.write
  readonly #meter: WriteMeter | null
  readonly #options: TapLinkOptions
  #timer: NodeJS.Timeout | null = null
  #isPaused = true
  #isDirty = false
  #isLent = false
  #isBlocked = false
  /** The other side is gone, and the link is paused: nothing is to be told before it is resumed. */
  #isAsleep = false
  #isEnded = false
  #isClosed = false
  #hasOffload = false

  constructor (fd: number, name: string, sink: FrameSink, loop: Loop, options: TapLinkOptions) {
    this.label = options.label ?? `tap://${name}`
    this.#fd = fd
    this.#sink = sink
    this.#loop = loop
    this.#slab = options.slab ?? processSlab
    this.#device = options.device ?? tapDevice
    this.#read = this.#device.read
    this.#write = this.#device.write
    this.#meter = options.meter ?? null
    this.#options = options
    native.setNonblock(fd, true)
    loop.add(fd, 0, this)
  }

  snapshot (): TapSnapshot {
    this.flush()
    const { offload, txDrops, runts, oversize, malformed } = this
    return { offload, txDrops, runts, oversize, malformed }
  }

  /** Goes on where the link of another process stopped; the interface is as that left it. */
  restore (snapshot: TapSnapshot): void { Object.assign(this, snapshot) }

  /** The descriptor, which stays the link's. */
  get fd (): number { return this.#fd }

  /** What it is. */
  get kind (): FrameDevice['kind'] { return this.#device.kind }

  get bitsPerSec (): number | undefined { return this.#options.rate?.() }

  get rxDrops (): number { return this.runts + this.oversize + this.malformed }

  /** False: the interface was removed. */
  get isAlive (): boolean { return this.#device.look(this.#fd) !== 'gone' }

  /** Whether the interface leaves checksums and segments to whoever takes its frames. @returns 0 or more, or -errno */
  setOffload (isOn: boolean): number {
    this.#hasOffload = isOn
    this.offload = isOn
    return this.#device.setOffload(this.#fd, isOn)
  }

  /** One write: the interface takes a frame at once or not at all, so only segments that belong together are collected. */
  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isClosed || this.#isEnded) return true
    if (len > this.maxFrame) {
      this.txDrops++
      return true
    }
    if (!this.#device.merges || !tapMerger.take(this, buf, off, len)) return this.#put(buf, off, len)
    if (!this.#isDirty) {
      this.#isDirty = true
      this.#loop.markDirty(this)
    }
    return true
  }

  /** The end of a turn in which segments were collected. */
  flush (): void {
    this.#isDirty = false
    tapMerger.flush(this)
  }

  /** For `tapMerger`: a frame that was taken goes out. A TAP refuses none, unless who gave it has bounded its memory. */
  write (buf: Uint8Array, off: number, len: number): void {
    if (!this.#isClosed && !this.#isEnded && !this.#put(buf, off, len)) this.txDrops++
  }

  #put (buf: Uint8Array, off: number, len: number): boolean {
    const meter = this.#meter
    const isTimed = meter !== null && meter.isDue()
    const before = isTimed ? performance.now() : 0
    const result = this.#write(this.#fd, buf, off - OFFLOAD, OFFLOAD + len)
    if (isTimed) meter.took(performance.now() - before)
    if (result >= 0) return true
    if (result === -EINVAL && gsoType(buf, off) === GSO_UDP_L4) return this.#putParts(buf, off, len)
    if (result === -EAGAIN) {
      this.#isBlocked = true
      this.#watch()
      return false
    }
    this.txDrops++
    return true
  }

  /** Datagrams for a kernel that does not take them together, each by itself. */
  #putParts (buf: Uint8Array, off: number, len: number): boolean {
    this.takesTrains = false
    const count = segmenter.cut(buf, off, len)
    for (let i = 0; i < count; i++) this.write(segmenter.buf, segmenter.at(i), segmenter.len(i))
    if (count <= 0) this.txDrops++
    return true
  }

  /** What stands behind the interface: without it the kernel says NO-CARRIER and sends nothing. */
  setCarrier (isOn: boolean): void {
    if (!this.#isClosed && !this.#isEnded) this.#device.setCarrier(this.#fd, isOn)
  }

  pause (): void {
    this.#isPaused = true
    this.#watch()
  }

  resume (): void {
    this.#isPaused = false
    if (this.#isAsleep && !this.#isClosed) this.#loop.add(this.#fd, 0, this)
    this.#isAsleep = false
    this.#watch()
  }

  /** Leaves the interface to somebody else who holds its open file; frames wait there for whoever reads. */
  lend (): void {
    if (this.#isLent || this.#isClosed || this.#isEnded) return
    this.#isLent = true
    this.#loop.remove(this.#fd)
  }

  /** Takes it back. */
  reclaim (): void {
    if (!this.#isLent || this.#isClosed || this.#isEnded) return
    this.#isLent = false
    this.#loop.add(this.#fd, 0, this)
    this.#watch()
    // Its removal may have been told to the other holder.
    setImmediate(() => { this.look() })
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#loop.remove(this.#fd)
    // A persistent TAP outlives us, and its next user may not know of offload.
    if (this.#hasOffload && this.kind === 'tap') this.#device.setOffload(this.#fd, false)
    if (this.#options.closeTap === undefined) native.close(this.#fd)
    else this.#options.closeTap(this.#fd)
    this.#options.onRelease?.()
  }

  onReady (events: number): void {
    if ((events & OUT) !== 0 && this.#isBlocked) {
      this.#isBlocked = false
      this.#watch()
      this.#sink.onWritable()
    }
    if (this.#isClosed || this.#isEnded) return
    if ((events & HUP) !== 0 && this.#isPaused) return this.#sleep()
    const result = (events & IN) === 0 ? 0 : this.#receive()
    const hasError = (events & ERR) !== 0
    if (result < 0 || hasError) this.#meet(this.#device.judge(this.#fd, result, hasError), result)
  }

  /** Delivers this turn's share. @returns 0, or -errno of the last read */
  #receive (): number {
    const slab = this.#slab
    let frames = this.#loop.frameShare
    let octets = this.#loop.octetShare
    while (frames > 0 && octets > 0 && !this.#isPaused && !this.#isClosed) {
      const got = this.#read(this.#fd, slab, HEADROOM - OFFLOAD, READ_OCTETS)
      if (got < 0) return got === -EINTR || got === -EAGAIN ? 0 : got
      const len = got - OFFLOAD
      frames--
      octets -= len
      if (len < HEADER) this.runts++
      else if (len > SLOT_OCTETS) this.oversize++
      else if (!cleanHeader(slab, HEADROOM, len)) this.malformed++
      else this.#sink.onFrame(slab, HEADROOM, len)
    }
    return 0
  }

  /** Looks for the interface now and, while no event would tell of its removal, from time to time. */
  look (): void {
    if (!this.#isClosed && !this.#isEnded) this.#meet(this.#device.look(this.#fd), 0)
  }

  #meet (presence: Presence, result: number): void {
    if (presence === 'gone') this.#end(result)
    else if (presence === 'hidden') this.#timer ??= setTimeout(() => { this.#timer = null; this.look() }, LOOK_MS).unref()
  }

  /** A hang-up is reported for as long as it is watched. */
  #sleep (): void {
    this.#isAsleep = true
    this.#loop.remove(this.#fd)
  }

  #end (result: number): void {
    if (this.#isClosed || this.#isEnded) return
    this.#isEnded = true
    this.#loop.remove(this.#fd)
    const { loss } = this.#device
    this.#sink.onClose(loss === null ? undefined : systemError(result < 0 ? result : -19, `use ${this.label}`, loss))
  }

  #watch (): void {
    if (this.#isClosed || this.#isEnded || this.#isLent || this.#isAsleep) return
    this.#loop.modify(this.#fd, (this.#isPaused ? 0 : IN) | (this.#isBlocked ? OUT : 0))
  }
}
