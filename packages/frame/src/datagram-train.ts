/**
 * Datagrams of one UDP flow put together to a super-frame, as the kernel's GRO does it for those who forward:
 *
 *     | headers | payload 1 | payload 2 | ... | payload n |        and the offload header says how it was cut (UDP_L4)
 *
 * Taken together is what {@link Segmenter} would cut into the same datagrams: untagged IPv4 without options and fragments,
 * or IPv6 without extensions; everything in the headers equal, payloads of one size and then at most one that is shorter.
 * The identification counts on, but where fragments are forbidden nobody may look at it [RFC 6864 4.1] and it becomes one that
 * does. Checksums are verified as far as they are there already: the frame's is to be computed anew.
 *
 * Left alone are datagrams without a checksum, those of DHCP, whose clients read them from raw sockets, and those to
 * groups, which go to more than one receiver.
 */
import { big16, fold, pseudoIpv4, pseudoIpv6, sumOctets, sumView } from './checksum.ts'
import { HEADER, isGroup } from './ethernet.ts'
import { copyOctets, isEqual } from './octets.ts'
import { GSO_NONE, HEADROOM, NEEDS_CSUM, OFFLOAD, csumOffset, csumStart, flags, gsoType } from './offload.ts'
import { IPV4_HEADER, IPV6_HEADER, MAX_PACKET, plainTransport } from './plain-packet.ts'
import { DHCP_CLIENT, DHCP_SERVER, UDP, UDP_CHECK, UDP_HEADER } from './super-frame.ts'
import { writeSuperHeaders } from './super-headers.ts'

const NO_FRAGMENTS = 0x4000
/** Longer ones are few, and copying them costs what a system call does. */
const MAX_DATAGRAM = 9216
/** Most of them in a super-frame: the receiver's kernel hands out all of them within one system call. */
const MAX_DATAGRAMS = 32

/** At most one super-frame, in memory of its own. */
export class DatagramTrain {
  /** The frame being put together, behind HEADROOM octets: {@link len} octets, {@link count} datagrams. */
  readonly buf: Uint8Array = new Uint8Array(HEADROOM + HEADER + MAX_PACKET + MAX_DATAGRAM)
  len = 0
  count = 0
  readonly #view = new DataView(this.buf.buffer)
  // Of the frame being put together.
  #transport = 0
  #size = 0
  #isShort = false
  // Of the frame being looked at.
  #ownTransport = 0
  #ownPayload = 0

  /** Nothing can follow any more. */
  get isFull (): boolean { return this.#isShort || this.count >= MAX_DATAGRAMS }

  /** Whether the frame is a datagram to be put together with others, as far as its headers say. `off` >= OFFLOAD. */
  reads (buf: Uint8Array, off: number, len: number): boolean {
    if (len > MAX_DATAGRAM || gsoType(buf, off) !== GSO_NONE || isGroup(buf, off)) return false
    this.#ownTransport = plainTransport(buf, off, len, UDP, UDP_HEADER)
    if (this.#ownTransport < 0) return false
    const udp = off + this.#ownTransport
    this.#ownPayload = len - this.#ownTransport - UDP_HEADER
    if (this.#ownPayload <= 0 || big16(buf, udp + 4) !== len - this.#ownTransport || isDhcp(buf, udp)) return false
    if ((flags(buf, off) & NEEDS_CSUM) === 0) return big16(buf, udp + UDP_CHECK) !== 0
    return csumStart(buf, off) === this.#ownTransport && csumOffset(buf, off) === UDP_CHECK
  }

  /** After `reads`: starts with a copy of the frame. False: its checksum is wrong, and nothing is held. */
  begin (buf: Uint8Array, off: number, len: number): boolean {
    copyOctets(this.buf, HEADROOM - OFFLOAD, buf, off - OFFLOAD, OFFLOAD + len)
    this.#transport = this.#ownTransport
    this.#size = this.#ownPayload
    this.#isShort = false
    const isRight = this.#isSumRight(buf, off, HEADROOM + this.#transport + UDP_HEADER)
    this.count = isRight ? 1 : 0
    this.len = isRight ? len : 0
    return isRight
  }

  /** After `reads`, while something is held and not full: copies the payload to its end. False: it is not the next of it. */
  joins (buf: Uint8Array, off: number): boolean {
    const payload = this.#ownPayload
    if (payload > this.#size || this.len - HEADER + payload > MAX_PACKET) return false
    if (this.#ownTransport !== this.#transport || !this.#isSameFlow(buf, off)) return false
    const end = HEADROOM + this.len
    copyOctets(this.buf, end, buf, off + this.#transport + UDP_HEADER, payload)
    if (!this.#isSumRight(buf, off, end)) return false
    this.len += payload
    this.count++
    this.#isShort = payload < this.#size
    return true
  }

  /** Everything equal that the Segmenter repeats. */
  #isSameFlow (buf: Uint8Array, off: number): boolean {
    const own = this.buf
    if (this.#transport !== HEADER + IPV4_HEADER) {
      return isEqual(own, HEADROOM, buf, off, HEADER + 4) &&
        isEqual(own, HEADROOM + HEADER + 6, buf, off + HEADER + 6, IPV6_HEADER - 6 + 4)
    }
    const ip = HEADROOM + HEADER
    const isAtomic = (big16(own, ip + 6) & NO_FRAGMENTS) !== 0
    if (!isAtomic && big16(buf, off + HEADER + 4) !== ((big16(own, ip + 4) + this.count) & 0xffff)) return false
    return isEqual(own, HEADROOM, buf, off, HEADER + 2) && isEqual(own, ip + 6, buf, off + HEADER + 6, 4) &&
      isEqual(own, ip + 12, buf, off + HEADER + 12, 8 + 4)
  }

  /** Sums the payload where it was copied to, since words are quicker than pairs and need a view. */
  #isSumRight (buf: Uint8Array, off: number, payload: number): boolean {
    const udp = off + this.#ownTransport
    const own = UDP_HEADER + this.#ownPayload
    const isIpv4 = this.#ownTransport === HEADER + IPV4_HEADER
    const pseudo = isIpv4 ? pseudoIpv4(buf, off + HEADER, UDP, own) : pseudoIpv6(buf, off + HEADER, UDP, own)
    if ((flags(buf, off) & NEEDS_CSUM) !== 0) return big16(buf, udp + UDP_CHECK) === pseudo
    return fold(pseudo + sumOctets(buf, udp, UDP_HEADER) + sumView(this.#view, payload, this.#ownPayload)) === 0xffff
  }

  /** Makes the headers those of the whole: the frame is `len` octets at HEADROOM of {@link buf}, until `begin`. */
  finish (): void {
    if (this.count > 1) writeSuperHeaders(this.buf, HEADROOM, this.len, this.#transport, UDP, this.#size)
    this.count = 0
  }
}

const isDhcp = (buf: Uint8Array, udp: number): boolean => {
  const port = big16(buf, udp + 2)
  return port === DHCP_CLIENT || port === DHCP_SERVER
}
