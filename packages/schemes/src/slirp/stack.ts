/**
 * A TCP/IP stack as a link: what is sent to it goes to libslirp, and what libslirp answers is delivered. Runs in the
 * engine's process, see main.ts.
 *
 *     send --> slirpInput --.                     .--> Coalescer, when asked --> sink.onFrame
 *                            > slab, filled by C -'
 *     sockets --> slirpTurn '
 *
 * Super-frames of TCP go in whole: libslirp takes a packet of any length, and one of 64 KiB costs it little more than one
 * of 1500 octets. What it answers is cut to the MTU, and put together again for an interface that takes super-frames.
 *
 * While the link is paused no socket is read, so that TCP slows down whoever sends; frames that the guest's own cause are
 * kept as far as the slab goes.
 */
import { native, IN, SLIRP_ADDRESSES, type Slirp } from '@vde-ts/native'
import { systemError, type Flushable, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { SLOT_OCTETS } from '@vde-ts/link/receive-slab.js'
import { SendRing } from '@vde-ts/link/send-ring.js'
import { big16, fold, setBig16, sumView } from '@vde-ts/frame/checksum.js'
import { Coalescer } from '@vde-ts/frame/coalesce.js'
import { isPlain } from '@vde-ts/frame/offload.js'
import { Segmenter } from '@vde-ts/frame/segment.js'
import { UDP } from '@vde-ts/frame/super-frame.js'
import { parseAddress } from '../internet/address.ts'
import type { SlirpSettings } from './settings.ts'

/** Frames of 64 connections with full windows; the kernel gives what is used of it. */
const SLAB_OCTETS = 4 * 1024 * 1024
const SPANS = 2 + 2 * 8192
const ENOENT = -2

/** See above. Opened paused. */
export class SlirpStack implements Link, Watcher, Flushable {
  readonly offload = true
  readonly maxFrame: number = SLOT_OCTETS
  readonly label = 'slirp://'
  /** Frames whose offload header lies: dropped. */
  malformed = 0
  /** What the library knows this network by, for the forwards. */
  readonly stack: Slirp

  readonly #sink: FrameSink
  readonly #loop: Loop
  readonly #fd: number
  readonly #slab = new Uint8Array(SLAB_OCTETS)
  readonly #spans = new Int32Array(SPANS)
  readonly #segmenter = new Segmenter()
  readonly #coalescer = new Coalescer((buf, off, len) => { this.#deliver(buf, off, len) })
  /** A frame or two that were in hand when the sink paused. */
  readonly #kept = new SendRing({ maxFrames: Infinity, maxOctets: Infinity, lead: 'offload' })
  #view: DataView = new DataView(this.#slab.buffer)
  #viewed: Uint8Array = this.#slab
  /** Frames of the slab that are done with. */
  #next = 0
  #hasOffload = false
  #isPaused = true
  #isDirty = false
  #isDelivering = false
  #isClosed = false

  /** @throws {VdeError} ENOENT there is no library, EINVAL it refuses the settings */
  constructor (settings: SlirpSettings, sink: FrameSink, loop: Loop) {
    this.#sink = sink
    this.#loop = loop
    this.stack = openStack(settings, this.#slab, this.#spans)
    this.#fd = native.slirpDescriptor(this.stack)
    loop.add(this.#fd, 0, this)
  }

  /** Frames that found no room while the link was paused. */
  get rxDrops (): number { return this.#spans[1]! }
  get txDrops (): number { return this.malformed }

  /** Whether segments of a stream are delivered together. Super-frames are taken in any case. */
  setOffload (isOn: boolean): number {
    this.#hasOffload = isOn
    return 0
  }

  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isClosed) return true
    if (isPlain(buf, off)) native.slirpInput(this.stack, buf, off, len)
    else this.#sendUnfinished(buf, off, len)
    this.#markDirty()
    return true
  }

  /** Completes the checksum in place, for the time of the call: libslirp copies what it is given. */
  #sendUnfinished (buf: Uint8Array, off: number, len: number): void {
    const { frame } = this.#segmenter
    if (!frame.read(buf, off, len)) {
      this.malformed++
      return
    }
    if (frame.isCut && frame.protocol === UDP) return this.#sendCut(buf, off, len)
    if (!frame.needsCsum) {
      native.slirpInput(this.stack, buf, off, len)
      return
    }
    const place = off + frame.place
    const partial = big16(buf, place)
    setBig16(buf, place, (~fold(this.#sum(buf, off + frame.start, off + len)) & 0xffff) || 0xffff)
    native.slirpInput(this.stack, buf, off, len)
    setBig16(buf, place, partial)
  }

  #sum (buf: Uint8Array, start: number, end: number): number {
    if (buf !== this.#viewed) {
      this.#viewed = buf
      this.#view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength)
    }
    return sumView(this.#view, start, end - start)
  }

  /** Datagrams are what their sender made them. */
  #sendCut (buf: Uint8Array, off: number, len: number): void {
    const cutter = this.#segmenter
    const count = cutter.cut(buf, off, len)
    if (count <= 0) this.malformed++
    for (let i = 0; i < count; i++) native.slirpInput(this.stack, cutter.buf, cutter.at(i), cutter.len(i))
  }

  #markDirty (): void {
    if (this.#isDirty) return
    this.#isDirty = true
    this.#loop.markDirty(this)
  }

  /** Something is ready. The turn is at the end of the loop's, after the frames that come in with it. */
  onReady (): void { this.#markDirty() }

  flush (): void {
    this.#isDirty = false
    if (this.#isClosed || this.#isPaused) return
    this.#deliverAll()
    if (this.#isPaused || this.#isClosed) return
    native.slirpTurn(this.stack)
    this.#deliverAll()
  }

  /** Empties the slab, unless the sink pauses meanwhile. */
  #deliverAll (): void {
    if (this.#isDelivering) return
    this.#isDelivering = true
    this.#replay()
    const spans = this.#spans
    while (this.#next < spans[0]! && !this.#isPaused && !this.#isClosed) {
      const i = 2 + 2 * this.#next++
      if (this.#hasOffload) this.#coalescer.push(this.#slab, spans[i]!, spans[i + 1]!)
      else this.#deliver(this.#slab, spans[i]!, spans[i + 1]!)
    }
    this.#coalescer.flush()
    if (this.#next >= spans[0]!) this.#next = spans[0] = 0
    this.#isDelivering = false
  }

  #replay (): void {
    const kept = this.#kept
    while (kept.frames > 0 && !this.#isPaused && !this.#isClosed) {
      this.#sink.onFrame(kept.headBuf, kept.headAt, kept.headLen)
      kept.drop(1)
    }
  }

  #deliver (buf: Uint8Array, off: number, len: number): void {
    if (this.#isClosed) return
    if (this.#isPaused || this.#kept.frames > 0) this.#kept.push(buf, off, len)
    else this.#sink.onFrame(buf, off, len)
  }

  pause (): void {
    if (this.#isPaused || this.#isClosed) return
    this.#isPaused = true
    this.#loop.modify(this.#fd, 0)
  }

  resume (): void {
    if (!this.#isPaused || this.#isClosed) return
    this.#isPaused = false
    this.#loop.modify(this.#fd, IN)
    this.#markDirty()
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#loop.remove(this.#fd)
    native.slirpClose(this.stack)
    this.#kept.clear()
  }
}

const openStack = (settings: SlirpSettings, slab: Uint8Array, spans: Int32Array): Slirp => {
  const { hostname, tftpServerName, tftpPath, bootFile, domainName, search } = settings
  const texts = [hostname, tftpServerName, tftpPath, bootFile, domainName, ...search]
  const stack = native.slirpOpen(addressesOf(settings), numbersOf(settings), texts, slab, spans)
  if (typeof stack !== 'number') return stack
  throw systemError(stack, 'open slirp://', stack === ENOENT
    ? 'the library libslirp.so.0 is not installed (Debian: apt install libslirp0)'
    : `libslirp ${native.slirpVersion()} refuses the network`)
}

/** IPv4 addresses first, each as its octets. */
const addressesOf = ({ network, mask, host, dhcp, nameServer, prefix6, host6, nameServer6 }: SlirpSettings): Uint8Array => {
  const octets = new Uint8Array(SLIRP_ADDRESSES)
  const put = (text: string, i: number, at: number, len: number): void => {
    octets.set(parseAddress(text, 0)!.subarray(at, at + len), i)
  }
  const ipv4 = [network, mask, host, dhcp, nameServer]
  ipv4.forEach((text, i) => { put(text, 4 * i, 4, 4) })
  const ipv6 = [prefix6, host6, nameServer6]
  ipv6.forEach((text, i) => { put(text, 4 * ipv4.length + 16 * i, 8, 16) })
  return octets
}

const numbersOf = (settings: SlirpSettings): Int32Array => {
  const { isRestricted, isIpv4, isIpv6, prefixLen6, mtu, mru, hasLoopback, hasDhcp } = settings
  return Int32Array.from([isRestricted, isIpv4, isIpv6, prefixLen6, mtu, mru, !hasLoopback, !hasDhcp].map(Number))
}
