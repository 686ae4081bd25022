/**
 * Datagrams on their way in: a burst of a socket, each with the address it came from, into the slab that all links of the
 * process share. With UDP_GRO one slot of it holds a train: datagrams of one sender and one size, the last maybe shorter,
 * one behind the other.
 *
 *     slot   | HEADROOM | datagram | datagram | datagram |
 *                       ^ at       ^ at + segment
 *
 * What stands in front of the second datagram of a train is the first one: done with when the second has its turn, so its
 * receiver may use it as headroom, except for the offload header, which {@link TrainSink} has to make.
 */
import { ADDRESS_STRIDE, native } from '@vde-ts/native'
import { HEADROOM, RX_BURST, type Loop } from '@vde-ts/link'
import { SLOT_OCTETS, SLOT_STRIDE, receiveSlab } from '@vde-ts/link/receive-slab.js'

/** Takes what arrived. Octets and address are borrowed: valid until the call returns. */
export interface TrainSink {
  /**
   * Datagrams in `buf[at, at + len)`, `segment` octets each (at least 1), the last maybe shorter. The sender's address lies
   * at octet `addressAt` of {@link senderOctets}.
   */
  onTrain (buf: Uint8Array, at: number, len: number, segment: number, addressAt: number): void
  /** The slab is used for others now: what of it was kept must be done with. */
  onBurstEnd (): void
}

/** Addresses of the senders of the burst being delivered. */
export const senderOctets: Uint8Array = new Uint8Array(RX_BURST * ADDRESS_STRIDE)
/** The same as int32, see ADDRESS_WORDS. */
export const senderWords: Int32Array = new Int32Array(senderOctets.buffer)

const lengths = new Int32Array(RX_BURST * 2)

/** Receives for a socket. */
export class DatagramReceiver {
  /** Datagrams longer than a slot: dropped, never cut. */
  oversize = 0
  readonly #loop: Loop
  readonly #sink: TrainSink

  constructor (loop: Loop, sink: TrainSink) {
    this.#loop = loop
    this.#sink = sink
  }

  /**
   * Takes this turn's share of `fd`. `goesOn` is asked before each burst and ends it early.
   * @returns 0, or -errno of the socket
   */
  receive (fd: number, goesOn: () => boolean): number {
    let left = this.#loop.frameShare
    let octets = this.#loop.octetShare
    while (left > 0 && octets > 0 && goesOn()) {
      if (receiveSlab.busy) return 0
      const want = Math.min(left, RX_BURST)
      const got = native.receiveFrom(fd, receiveSlab.buf, HEADROOM, SLOT_STRIDE, SLOT_OCTETS, want, lengths, senderOctets)
      if (got < 0) return got === -EAGAIN || got === -EINTR ? 0 : got
      octets -= this.#deliver(got)
      left -= got
      if (got < want) return 0
    }
    return 0
  }

  #deliver (count: number): number {
    let octets = 0
    receiveSlab.busy = true
    for (let i = 0; i < count; i++) {
      const len = lengths[i * 2]!
      octets += len
      if (len > SLOT_OCTETS) this.oversize++
      else if (len > 0) {
        this.#sink.onTrain(receiveSlab.buf, HEADROOM + i * SLOT_STRIDE, len, lengths[i * 2 + 1]! || len, i * ADDRESS_STRIDE)
      }
    }
    this.#sink.onBurstEnd()
    receiveSlab.renew(count)
    receiveSlab.busy = false
    return octets
  }
}

const EINTR = 4
const EAGAIN = 11
