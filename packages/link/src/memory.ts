/**
 * Two links joined in memory: what one sends the other delivers, at once and in the same buffer. The in-memory fake of
 * the contract, and the wire between two things of one process. Without the carrier of one end the other is down.
 */
import { MAX_FRAME } from '@vde-ts/frame/ethernet.js'
import { clearOffload, gsoType, GSO_NONE } from '@vde-ts/frame/offload.js'
import { copyOctets } from '@vde-ts/frame/octets.js'
import { HEADROOM, OFFLOAD, type FrameSink, type Link } from './link.ts'
import { giveScratch, takeScratch } from './scratch.ts'

class MemoryLink implements Link {
  readonly offload: boolean
  readonly maxFrame: number
  readonly label = 'memory'
  peer: MemoryLink | null = null
  isUp = true
  downDrops = 0
  readonly sink: FrameSink
  #paused = true
  #closed = false
  #wasFull = false

  constructor (sink: FrameSink, options: { readonly offload: boolean, readonly maxFrame: number }) {
    this.sink = sink
    this.offload = options.offload
    this.maxFrame = options.maxFrame
  }

  send (buf: Uint8Array, off: number, len: number): boolean {
    const peer = this.peer
    if (peer === null || this.#closed) return true
    // The segments of a super-frame are what maxFrame bounds, and the caller has measured them.
    if (len > this.maxFrame && !(this.offload && gsoType(buf, off) !== GSO_NONE)) return true
    if (!this.isUp) {
      this.downDrops++
      return true
    }
    if (peer.#paused) {
      this.#wasFull = true
      return false
    }
    if (off >= HEADROOM) {
      peer.sink.onFrame(buf, off, len)
      return true
    }
    this.#sendCopy(peer, buf, off, len)
    return true
  }

  /** The receiver is owed headroom that this sender's buffer does not have. */
  #sendCopy (peer: MemoryLink, buf: Uint8Array, off: number, len: number): void {
    const copy = takeScratch(len)
    clearOffload(copy, HEADROOM)
    const lead = this.offload ? OFFLOAD : 0
    copyOctets(copy, HEADROOM - lead, buf, off - lead, lead + len)
    peer.sink.onFrame(copy, HEADROOM, len)
    giveScratch(copy)
  }

  pause (): void { this.#paused = true }

  resume (): void {
    if (this.#closed) return
    this.#paused = false
    const peer = this.peer
    if (peer !== null) peer.#makeWritable()
  }

  #makeWritable (): void {
    if (!this.#wasFull) return
    this.#wasFull = false
    this.sink.onWritable()
  }

  setCarrier (isOn: boolean): void {
    const peer = this.peer
    if (peer === null || this.#closed || peer.isUp === isOn) return
    peer.isUp = isOn
    if (isOn) return peer.sink.onUp()
    peer.sink.onDown()
    peer.#makeWritable()
  }

  close (): void {
    if (this.#closed) return
    this.#closed = true
    this.#paused = true
    const peer = this.peer
    this.peer = null
    if (peer === null || peer.#closed) return
    peer.peer = null
    peer.sink.onClose()
  }
}

/** A pair of links; each delivers to its own sink what the other sends. While one is paused the other's `send` is false. */
export const memoryPair = (
  left: FrameSink, right: FrameSink, options: { readonly offload?: boolean, readonly maxFrame?: number } = {}
): [Link, Link] => {
  const shape = { offload: options.offload ?? false, maxFrame: options.maxFrame ?? MAX_FRAME }
  const a = new MemoryLink(left, shape)
  const b = new MemoryLink(right, shape)
  a.peer = b
  b.peer = a
  return [a, b]
}
