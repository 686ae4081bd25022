/**
 * Frames with work left to do, made into frames of the wire: checksum completed, super-frame cut, as the kernel does it
 * in software (tcp_gso_segment, __udp_gso_segment, inet_gso_segment, ipv6_gso_segment, skb_checksum_help).
 *
 *     given    | offload header | headers | payload .................................. |
 *     written  | headroom 32, its last 12 zero | headers | gso_size | pad | headroom | headers | gso_size | pad | ...
 *                                              ^ at(0)   <- stride ->               ^ at(1)
 *
 * Segments lie in memory of the segmenter, the transport header of each on a multiple of four, so that payload is copied
 * and summed in one pass by words. Of the headers only this differs: IPv4 total length, identification (one more each),
 * header checksum; IPv6 payload length; TCP sequence number, FIN and PSH only on the last, CWR only on the first; UDP
 * length; TCP and UDP checksum. Payload is never resized: gso_size octets, the rest in the last.
 *
 * The checksum field of a frame that wants it completed holds the sum of a pseudo header over the whole frame, made by
 * its sender: only the length in it is exchanged. So it stays right behind a routing header, and wrong if it was.
 */
import { big16, copySum, fold, pseudoIpv4, pseudoIpv6, setBig16, sumOctets, sumWords } from './checksum.ts'
import { HEADER } from './ethernet.ts'
import { clearOffload, HEADROOM, OFFLOAD } from './offload.ts'
import { SuperFrame, TCP } from './super-frame.ts'

/** Most segments of one frame. A TAP can hand over 64 KiB with a gso_size of 1: 65 000 frames for one. */
export const MAX_SEGMENTS = 128

/** What {@link Segmenter.cut} answers instead of a number of segments. */
export const MALFORMED = 0
export const TOO_MANY = -1

/** Memory grows in such steps, to what the largest frame needed. */
const STEP = 128 * 1024

const FIN = 0x01
const PSH = 0x08
const CWR = 0x80

/** Cuts one frame after the other; the segments of the last one are there until the next `cut`. */
export class Segmenter {
  /** What was found out of the last frame. */
  readonly frame: SuperFrame = new SuperFrame()
  /** Where the segments lie: {@link at}, {@link len}. Another one after a larger frame than ever. */
  buf: Uint8Array = new Uint8Array(0)

  #words: Uint32Array = new Uint32Array(0)
  #from: Uint8Array = this.buf
  #view: DataView = new DataView(this.buf.buffer)
  #count = 0
  #first = 0
  #stride = 0
  #lastLen = 0

  // Of the frame being cut.
  #off = 0
  #ipSum = 0
  #pseudo = 0

  /** Offset of segment `i` in {@link buf}, HEADROOM octets in front of it, its offload header zero. */
  at (i: number): number { return this.#first + i * this.#stride }
  /** Octets of segment `i`. */
  len (i: number): number { return i === this.#count - 1 ? this.#lastLen : this.frame.largest }

  /**
   * Makes wire frames of the frame, which stays as it is. `isFrame(len)` holds, `off` >= OFFLOAD.
   * @returns how many, or MALFORMED, or TOO_MANY
   */
  cut (buf: Uint8Array, off: number, len: number): number {
    const frame = this.frame
    this.#count = 0
    if (!frame.read(buf, off, len)) return MALFORMED
    if (frame.segments > MAX_SEGMENTS) return TOO_MANY
    this.#count = frame.segments
    this.#off = off
    this.#place(buf, frame.isCut ? frame.transport : frame.needsCsum ? frame.start : HEADER)
    if (frame.isCut) this.#cut()
    else this.#finish(len)
    return this.#count
  }

  /** Lays out the segments so that octet `aligned` of each comes on a multiple of four. */
  #place (buf: Uint8Array, aligned: number): void {
    this.#first = HEADROOM + (-(HEADROOM + aligned) & 3)
    this.#stride = (HEADROOM + this.frame.largest + 3) & ~3
    this.#reserve(this.#first + this.#count * this.#stride)
    if (buf === this.#from) return
    this.#from = buf
    this.#view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength)
  }

  #reserve (octets: number): void {
    if (octets <= this.buf.length) return
    this.buf = new Uint8Array(Math.ceil(octets / STEP) * STEP)
    this.#words = new Uint32Array(this.buf.buffer)
  }

  /** One frame: a copy, with its checksum if that was missing. */
  #finish (len: number): void {
    const { needsCsum, start, place } = this.frame
    const from = needsCsum ? start : HEADER
    const at = this.#first
    this.#lastLen = len
    this.#copyHead(at, from)
    const sum = copySum(this.#words, (at + from) >> 2, this.#view, this.#off + from, len - from)
    if (needsCsum) setBig16(this.buf, at + place, (~sum & 0xffff) || 0xffff)
  }

  #copyHead (at: number, len: number): void {
    clearOffload(this.buf, at)
    // A loop, not `set`: some 60 octets, and no view.
    for (let i = 0; i < len; i++) this.buf[at + i] = this.#from[this.#off + i]
  }

  #cut (): void {
    const { headers, size, payload } = this.frame
    this.#prepare()
    this.#copyHead(this.#first, headers)
    for (let i = 0, done = 0; i < this.#count; i++, done += size) {
      const at = this.at(i)
      if (i > 0) this.#repeatHead(at)
      const part = Math.min(size, payload - done)
      const sum = copySum(this.#words, (at + headers) >> 2, this.#view, this.#off + headers + done, part)
      this.#writeNetwork(i, at, part)
      this.#writeTransport(i, at, part, sum)
      this.#lastLen = headers + part
    }
  }

  /** Sums of what is the same in every segment. */
  #prepare (): void {
    const { frame } = this
    const { isIpv6, needsCsum, transport, place, protocol } = frame
    const from = this.#from
    const ip = this.#off + frame.ip
    const own = frame.headers - transport + frame.payload
    if (needsCsum) this.#pseudo = big16(from, this.#off + place) + (~own & 0xffff)
    else this.#pseudo = isIpv6 ? pseudoIpv6(from, ip, protocol, 0) : pseudoIpv4(from, ip, protocol, 0)
    // Without total length and identification (2 to 5), and without the checksum (10, 11).
    if (isIpv6) return
    this.#ipSum = sumOctets(from, ip, 2) + sumOctets(from, ip + 6, 4) + sumOctets(from, ip + 12, transport - frame.ip - 12)
  }

  /** Copies offload header and headers of the first segment, by words. */
  #repeatHead (at: number): void {
    const words = this.#words
    const back = (at - this.#first) >> 2
    const end = (at + this.frame.headers + 3) >> 2
    for (let word = (at - OFFLOAD) >> 2; word < end; word++) words[word] = words[word - back]
  }

  #writeNetwork (i: number, at: number, part: number): void {
    const { ip, isIpv6, headers } = this.frame
    const buf = this.buf
    const total = headers - ip + part
    if (isIpv6) {
      setBig16(buf, at + ip + 4, total - 40)
      return
    }
    const id = (big16(this.#from, this.#off + ip + 4) + i) & 0xffff
    setBig16(buf, at + ip + 2, total)
    setBig16(buf, at + ip + 4, id)
    setBig16(buf, at + ip + 10, ~fold(this.#ipSum + total + id) & 0xffff)
  }

  /** @param sum that of the payload */
  #writeTransport (i: number, at: number, part: number, sum: number): void {
    const { transport, headers, protocol, place, size } = this.frame
    const buf = this.buf
    const own = headers - transport
    setBig16(buf, at + place, 0)
    if (protocol === TCP) {
      const from = this.#off + transport
      // Kept an integer of 32 bits: as a double it would be an object where `setBig16` is not inlined.
      const seq = (((big16(this.#from, from + 4) << 16) | big16(this.#from, from + 6)) + i * size) | 0
      setBig16(buf, at + transport + 4, seq >>> 16)
      setBig16(buf, at + transport + 6, seq)
      const isLast = i === this.#count - 1
      buf[at + transport + 13] = this.#from[from + 13] & ~(isLast ? 0 : FIN | PSH) & ~(i === 0 ? 0 : CWR)
    } else setBig16(buf, at + transport + 4, own + part)
    const header = sumWords(this.#words, (at + transport) >> 2, own >> 2)
    const check = ~fold(this.#pseudo + own + part + header + sum) & 0xffff
    // A UDP checksum of 0 would say that there is none.
    setBig16(buf, at + place, check === 0 && protocol !== TCP ? 0xffff : check)
  }
}
