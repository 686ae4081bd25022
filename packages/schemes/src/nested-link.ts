/**
 * A link around another one. A {@link Coder} changes the frames on their way; everything else is the inner link's.
 *
 *     send ---> coder.encode ---> inner.send
 *     sink <--- coder.decode <--- inner
 */
import { HEADER } from '@vde-ts/frame/ethernet.js'
import type { FrameSink, Link } from '@vde-ts/link'

const ETHERNET_MTU = 1500

/** Where a coded frame goes: the inner link, or the sink. @returns what `send` did; true from a sink */
export interface Passage { pass (buf: Uint8Array, off: number, len: number): boolean }

/** What a nesting scheme does to frames. Bytes are borrowed and left as they were found, as everywhere. */
export interface Coder {
  /** Octets by which a frame may grow towards the network. */
  readonly overhead: number
  /** True when frames keep their offload header: nothing behind the Ethernet header and the tags is looked at. */
  readonly keepsOffload: boolean
  /**
   * MTU of an interface whose frames, when coded, are those of an interface with `mtu`. Absent: what the inner network
   * says of its own, less {@link overhead}; of one that says nothing, none.
   */
  mtuWithin? (mtu: number): number
  /** Frames that were none for this scheme, from the network and towards it: dropped. */
  readonly rxDrops: number
  readonly txDrops: number
  /** A frame for the network; `off` may be 0 unless it has an offload header. @returns what `to` did; true for a dropped frame */
  encode (buf: Uint8Array, off: number, len: number, to: Passage): boolean
  /** A frame from the network; what is passed on has HEADROOM in front as well. */
  decode (buf: Uint8Array, off: number, len: number, to: Passage): void
  /** Nothing more is coded. Absent: it holds nothing. */
  close? (): void
}

/** The link; {@link NestedLink.open} makes one. */
export class NestedLink implements Link, FrameSink {
  readonly label: string
  readonly #coder: Coder
  readonly #sink: FrameSink
  readonly #inward: Passage
  #outward: Passage | null = null
  #inner: Link | null = null

  private constructor (label: string, coder: Coder, sink: FrameSink) {
    this.label = label
    this.#coder = coder
    this.#sink = sink
    this.#inward = {
      pass (buf, off, len) {
        sink.onFrame(buf, off, len)
        return true
      }
    }
  }

  /** Opens the inner network with it. @throws what `open` does; the coder is closed then */
  static async open (
    label: string, coder: Coder, sink: FrameSink, open: (sink: FrameSink) => Promise<Link>
  ): Promise<NestedLink> {
    const link = new NestedLink(label, coder, sink)
    try {
      const inner = link.#inner = await open(link)
      link.#outward = { pass: (buf, off, len) => inner.send(buf, off, len) }
      return link
    } catch (error) {
      coder.close?.()
      throw error
    }
  }

  get offload (): boolean { return this.#coder.keepsOffload && this.#inner?.offload === true }
  get maxFrame (): number { return (this.#inner?.maxFrame ?? 0) - this.#coder.overhead }
  get bitsPerSec (): number | undefined { return this.#inner?.bitsPerSec }
  /** Where datagrams are as long as there are (udp on the loopback), what may be sent is less than what the inner MTU leaves. */
  get mtu (): number | undefined {
    const mtu = this.#mtuWithin(this.#inner?.mtu)
    return mtu === undefined ? undefined : Math.min(mtu, this.maxFrame - HEADER)
  }

  #mtuWithin (inner: number | undefined): number | undefined {
    if (this.#coder.mtuWithin !== undefined) return this.#coder.mtuWithin(inner ?? ETHERNET_MTU)
    return inner === undefined ? undefined : inner - this.#coder.overhead
  }

  get queued (): number { return this.#inner?.queued ?? 0 }
  get rxDrops (): number { return (this.#inner?.rxDrops ?? 0) + this.#coder.rxDrops }
  get txDrops (): number { return (this.#inner?.txDrops ?? 0) + this.#coder.txDrops }
  get isUp (): boolean { return this.#inner?.isUp ?? true }
  get downDrops (): number { return this.#inner?.downDrops ?? 0 }

  send (buf: Uint8Array, off: number, len: number): boolean {
    return this.#outward === null || this.#coder.encode(buf, off, len, this.#outward)
  }

  setOffload (isOn: boolean): number { return this.#inner?.setOffload?.(isOn) ?? 0 }
  setCarrier (isOn: boolean): void { this.#inner?.setCarrier?.(isOn) }
  pause (): void { this.#inner?.pause() }
  resume (): void { this.#inner?.resume() }

  close (): void {
    if (this.#inner === null) return
    this.#inner.close()
    this.#inner = null
    this.#outward = null
    this.#coder.close?.()
  }

  onFrame (buf: Uint8Array, off: number, len: number): void { this.#coder.decode(buf, off, len, this.#inward) }
  onWritable (): void { this.#sink.onWritable() }
  onUp (): void { this.#sink.onUp() }
  onDown (why?: Error): void { this.#sink.onDown(why) }
  onClose (why?: Error): void { this.#sink.onClose(why) }
}
