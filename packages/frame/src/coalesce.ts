/**
 * Segments of one TCP stream put together again to a super-frame, as the kernel's GRO does it. Segments lie in one buffer,
 * each behind the one before it, anywhere; the payload of each is moved to the end of the first one:
 *
 *     | headers | payload 1 |  ...  | headers | payload 2 |  ...  | headers | payload 3 |
 *     | headers | payload 1 | payload 2 | payload 3 |                        and the offload header says how it was cut
 *
 * Taken together is what {@link Segmenter} would cut into the same frames: untagged IPv4 without options and fragments, or
 * IPv6 without extensions; one stream, sequence numbers that follow each other, everything else in the headers equal, full
 * segments and then at most one shorter, only the last with PSH. Both checksums of each are verified, because the frame's
 * is to be computed anew: what is wrong is passed on as it is.
 *
 * Nothing is held beyond {@link Coalescer.flush}, which whoever receives calls at the end of each burst.
 *
 * Measured, a stream of 1.4 GB over vxlan between two vdens: 980 000 segments become 30 000 writes to the interface, and
 * the throughput doubles (0.9 to 2.1 Gbit/s on a busy machine). A segment costs 0.8 us, its checksum a third of it.
 */
import { big16, fold, pseudoIpv4, pseudoIpv6, sumView } from './checksum.ts'
import { HEADER } from './ethernet.ts'
import { isEqual } from './octets.ts'
import { clearOffload } from './offload.ts'
import { IPV4_HEADER, MAX_PACKET, plainTransport } from './plain-packet.ts'
import { TCP } from './super-frame.ts'
import { writeSuperHeaders } from './super-headers.ts'

const ACK = 0x10
const PSH = 0x08
const TCP_HEADER = 20
/** More segments are not cut again by everybody. */
const MAX_SEGMENTS = 64

/** Where frames go, whole or put together. Called during `push` and `flush`. */
export type Deliver = (buf: Uint8Array, off: number, len: number) => void

/** Holds at most one super-frame in the making. */
export class Coalescer {
  readonly #deliver: Deliver
  #buf: Uint8Array = new Uint8Array(0)
  #view = new DataView(this.#buf.buffer)
  // The frame being put together.
  #isHeld = false
  #off = 0
  #len = 0
  #headers = 0
  #transport = 0
  #size = 0
  #count = 0
  #next = 0
  // The frame being looked at.
  #ownTransport = 0
  #ownHeaders = 0
  #ownLen = 0

  constructor (deliver: Deliver) { this.#deliver = deliver }

  /** Behind the frame that is held, 0 when none is: where in `buf` the next one may lie at the earliest. */
  get end (): number { return this.#isHeld ? this.#off + this.#len : 0 }

  /**
   * A wire frame arrived. It is delivered now, or with others by the next `push` or `flush`: until then it stays where it
   * is, and what is behind the first of them in `buf` may be written over up to the end of this one. The offload header is
   * made here, as late as possible: its place may be the end of the frame before, which is not done with until then.
   */
  push (buf: Uint8Array, off: number, len: number): void {
    if (!this.#isCandidate(buf, off, len)) {
      this.flush()
      clearOffload(buf, off)
      this.#deliver(buf, off, len)
      return
    }
    if (this.#isHeld && this.#joins(buf, off)) return
    this.flush()
    this.#begin(off)
    if (!this.#mayGrow(buf[off + this.#transport + 13]!)) this.flush()
  }

  /** Delivers what is held. */
  flush (): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    const buf = this.#buf
    const off = this.#off
    const len = this.#len
    clearOffload(buf, off)
    if (this.#count > 1) writeSuperHeaders(buf, off, len, this.#transport, TCP, this.#size)
    this.#deliver(buf, off, len)
    // Whoever receives into this memory next counts on a clear header.
    clearOffload(buf, off)
  }

  /** A data segment with nothing special about it, whose checksums are right. Notes where its parts are. */
  #isCandidate (buf: Uint8Array, off: number, len: number): boolean {
    this.#ownTransport = plainTransport(buf, off, len, TCP, TCP_HEADER)
    if (this.#ownTransport < 0) return false
    this.#ownLen = len
    const tcp = off + this.#ownTransport
    const own = (buf[tcp + 12]! >> 4) * 4
    this.#ownHeaders = this.#ownTransport + own
    if (own < TCP_HEADER || this.#ownHeaders >= this.#ownLen) return false
    if ((buf[tcp + 13]! & ~PSH) !== ACK) return false
    return this.#isSumRight(buf, off + HEADER, tcp, off + len)
  }

  #isSumRight (buf: Uint8Array, ip: number, tcp: number, end: number): boolean {
    if (buf !== this.#buf) {
      this.flush()
      this.#buf = buf
      this.#view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength)
    }
    const isIpv4 = this.#ownTransport === HEADER + IPV4_HEADER
    const pseudo = isIpv4 ? pseudoIpv4(buf, ip, TCP, end - tcp) : pseudoIpv6(buf, ip, TCP, end - tcp)
    return fold(pseudo + sumView(this.#view, tcp, end - tcp)) === 0xffff
  }

  #begin (off: number): void {
    this.#isHeld = true
    this.#off = off
    this.#len = this.#ownLen
    this.#headers = this.#ownHeaders
    this.#transport = this.#ownTransport
    this.#size = this.#ownLen - this.#ownHeaders
    this.#count = 1
    this.#next = (this.#view.getUint32(off + this.#transport + 4) + this.#size) | 0
  }

  /** Whether another may follow one with these flags. */
  #mayGrow (flags: number): boolean {
    return (flags & PSH) === 0 && this.#count < MAX_SEGMENTS
  }

  /** Moves the payload of the frame at `off` to the held one, when it is the next of it. */
  #joins (buf: Uint8Array, off: number): boolean {
    const payload = this.#ownLen - this.#ownHeaders
    if (this.#ownHeaders !== this.#headers || payload > this.#size) return false
    if (off < this.#off + this.#len || this.#len - HEADER + payload > MAX_PACKET) return false
    if ((this.#view.getUint32(off + this.#transport + 4) | 0) !== this.#next || !this.#isSameStream(buf, off)) return false
    const end = this.#off + this.#len
    // Read first: its headers may lie where its payload goes.
    const flags = buf[off + this.#transport + 13]!
    buf.copyWithin(end, off + this.#headers, off + this.#headers + payload)
    buf[this.#off + this.#transport + 13]! |= flags & PSH
    this.#len += payload
    this.#count++
    this.#next = (this.#next + payload) | 0
    if (payload < this.#size || !this.#mayGrow(flags)) this.flush()
    return true
  }

  /** Everything equal that the Segmenter repeats. */
  #isSameStream (buf: Uint8Array, off: number): boolean {
    const from = this.#off
    const ip = HEADER
    const tcp = this.#transport
    const isIpv4 = tcp === HEADER + IPV4_HEADER
    if (isIpv4) {
      const id = (big16(buf, from + ip + 4) + this.#count) & 0xffff
      if (big16(buf, off + ip + 4) !== id) return false
      if (!isEqual(buf, from, buf, off, ip + 2) || !isEqual(buf, from + ip + 6, buf, off + ip + 6, 4)) return false
      return isEqual(buf, from + ip + 12, buf, off + ip + 12, 12) && this.#isSameTcp(buf, off)
    }
    return isEqual(buf, from, buf, off, ip + 4) && isEqual(buf, from + ip + 6, buf, off + ip + 6, 38) && this.#isSameTcp(buf, off)
  }

  /** Acknowledgement, length of the header, window, urgent pointer, options. */
  #isSameTcp (buf: Uint8Array, off: number): boolean {
    const from = this.#off
    const tcp = this.#transport
    return isEqual(buf, from + tcp + 8, buf, off + tcp + 8, 5) && isEqual(buf, from + tcp + 14, buf, off + tcp + 14, 2) &&
      isEqual(buf, from + tcp + 18, buf, off + tcp + 18, this.#headers - tcp - 18)
  }
}
