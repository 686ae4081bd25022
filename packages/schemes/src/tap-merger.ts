/**
 * Frames of a burst put together before they are written to a TAP: one write, and one pass through the IP of whoever has the
 * interface, for some forty segments of a TCP stream or datagrams of a UDP flow. It is for that IP what GRO is behind a
 * network card.
 *
 *     send(TCP data) --copy--> | held frame ..... | segment |     joined in place by `Coalescer`
 *     send(datagram) --copy--> `DatagramTrain`, where the kernel knows of it
 *     anything else, another TAP, the end of the turn: what is held is written first, so that order stays
 *
 * One for all TAPs of a process, since a burst comes from one link and goes mostly to one. Nothing is held beyond a turn.
 */
import { copyOctets } from '@vde-ts/frame/octets.js'
import { Coalescer } from '@vde-ts/frame/coalesce.js'
import { DatagramTrain } from '@vde-ts/frame/datagram-train.js'
import { etherType, HEADER, IPV4, IPV6 } from '@vde-ts/frame/ethernet.js'
import { HEADROOM, isPlain, OFFLOAD } from '@vde-ts/frame/offload.js'
import { TCP } from '@vde-ts/frame/super-frame.js'

/** Less than this is no bulk transfer: it is not worth a copy. */
const LEAST = 576
/** More is a jumbo frame of a size that nobody uses. */
const MOST = 9216
/** Room for one frame that grows to 64 KiB, and for some that do not grow before it. */
const BUFFER = 160 * 1024

/** Where merged frames go. */
export interface MergeOutput {
  /** Whether it takes datagrams that were put together. */
  readonly takesTrains: boolean
  /** Writes a frame that is held no longer. */
  write (buf: Uint8Array, off: number, len: number): void
}

/** See above. */
export class TapMerger {
  readonly #buf = new Uint8Array(BUFFER)
  readonly #coalescer = new Coalescer((buf, off, len) => { this.#owner?.write(buf, off, len) })
  readonly #train = new DatagramTrain()
  #owner: MergeOutput | null = null

  /** Takes the frame, which stays the caller's. @returns false: it is not for merging, and nothing of `owner` is held any more */
  take (owner: MergeOutput, buf: Uint8Array, off: number, len: number): boolean {
    if (isBulk(buf, off, len)) {
      this.#takeSegment(owner, buf, off, len)
      return true
    }
    if (owner.takesTrains && this.#train.reads(buf, off, len)) return this.#takeDatagram(owner, buf, off, len)
    this.flush(owner)
    return false
  }

  #takeSegment (owner: MergeOutput, buf: Uint8Array, off: number, len: number): void {
    if (this.#owner !== owner) this.#turnTo(owner)
    else this.#flushTrain()
    if (this.#coalescer.end + HEADROOM + len > BUFFER) this.#coalescer.flush()
    const at = this.#coalescer.end + HEADROOM
    copyOctets(this.#buf, at - OFFLOAD, buf, off - OFFLOAD, OFFLOAD + len)
    this.#coalescer.push(this.#buf, at, len)
  }

  #takeDatagram (owner: MergeOutput, buf: Uint8Array, off: number, len: number): boolean {
    const train = this.#train
    if (this.#owner === owner && train.count > 0 && train.joins(buf, off)) {
      if (train.isFull) this.#flushTrain()
      return true
    }
    this.#turnTo(owner)
    return train.begin(buf, off, len)
  }

  /** Writes what is held of `owner`. */
  flush (owner: MergeOutput): void { if (this.#owner === owner) this.#turnTo(owner) }

  /** Writes what is held, of one or the other. */
  #turnTo (owner: MergeOutput): void {
    this.#coalescer.flush()
    this.#flushTrain()
    this.#owner = owner
  }

  #flushTrain (): void {
    const train = this.#train
    if (train.count === 0) return
    train.finish()
    this.#owner?.write(train.buf, HEADROOM, train.len)
  }
}

/** A whole frame with TCP of some length in it. The rest is looked at when it is copied. */
const isBulk = (buf: Uint8Array, off: number, len: number): boolean => {
  if (len < LEAST || len > MOST || !isPlain(buf, off)) return false
  const type = etherType(buf, off)
  return type === IPV4 ? buf[off + HEADER + 9] === TCP : type === IPV6 && buf[off + HEADER + 6] === TCP
}

/** The process's. */
export const tapMerger: TapMerger = new TapMerger()
