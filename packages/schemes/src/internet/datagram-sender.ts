/**
 * Datagrams on their way out: a header, a frame behind it, an address each; collected during a turn, and written with one
 * sendmmsg per socket at its end.
 *
 *     buf    | header | frame | header | frame | header | frame | ...      one after the other, of all lanes
 *     lane   a socket, and messages (at, len, segment, address) that name spans of buf
 *
 * Datagrams of one size to one address that follow each other become one message, which the kernel cuts (UDP_SEGMENT); the
 * last may be shorter. Where it will not, because they exceed the path's MTU or a device cannot, they go one by one, and
 * such sizes are not put together any more. A datagram to several addresses lies there once.
 *
 * UDP has no room to wait for: a socket whose queue is full (EAGAIN, a slow device) keeps its messages, and then nothing
 * more is taken. What the kernel refuses for good is dropped and counted, and the first refusal of a row is kept as
 * `refusal`.
 */
import { ADDRESS_STRIDE, OUT, native } from '@vde-ts/native'
import type { Loop } from '@vde-ts/link'
import { copyOctets } from '@vde-ts/frame/octets.js'
import { ADDRESS_WORDS } from './address.ts'

/** Datagrams and octets taken before the end of a turn; what is cut of one super-frame may go beyond. */
const MAX_FRAMES = 64
const MAX_OCTETS = 256 * 1024
/** Above that: one super-frame of 64 KiB with the headers of 128 segments. */
const ROOM = MAX_OCTETS + 128 * 1024
/** Addresses of one datagram, at most; a lane has room for this many messages beyond MAX_FRAMES. */
export const MAX_TARGETS = 512
const MESSAGES = MAX_FRAMES + 128 + MAX_TARGETS

/** What one UDP_SEGMENT message may be (UDP_MAX_SEGMENTS was 64 up to Linux 6.8; the length field has 16 bits). */
const MAX_SEGMENTS = 64
const MAX_MESSAGE = 65_000

const EINTR = 4
const EIO = 5
const EAGAIN = 11
const EINVAL = 22
const EMSGSIZE = 90

const WORDS = 4

/** One socket and its messages. */
class Lane {
  readonly fd: number
  readonly messages = new Int32Array(MESSAGES * WORDS)
  readonly addresses = new Uint8Array(MESSAGES * ADDRESS_STRIDE)
  readonly words = new Int32Array(this.addresses.buffer)
  first = 0
  end = 0
  /** Datagrams of the last message, and whether more of them may follow. */
  joined = 0
  isOpen = false
  isBlocked = false
  constructor (fd: number) { this.fd = fd }
}

/** The sockets stay the caller's, who closes them after {@link DatagramSender.close}. */
export class DatagramSender {
  /** Datagrams that the kernel refused. */
  drops = 0
  /** -errno of the first refusal since the last message that went; 0: none. */
  refusal = 0

  readonly #lanes: Lane[]
  readonly #loop: Loop
  readonly #onRoom: () => void
  readonly #buf = new Uint8Array(ROOM)
  readonly #single = new Int32Array(WORDS)
  #free = 0
  #frames = 0
  /** Datagrams longer than that are not put together. */
  #largestSegment = 0xffff
  #isClosed = false

  /** @param onRoom called when a socket that was full has taken everything */
  constructor (fds: readonly number[], loop: Loop, onRoom: () => void) {
    this.#lanes = fds.map((fd) => new Lane(fd))
    this.#loop = loop
    this.#onRoom = onRoom
  }

  /** Datagrams held. */
  get frames (): number { return this.#frames }

  /** False: nothing more is to be put before {@link flush}, or before `onRoom` when that leaves some. */
  get hasRoom (): boolean { return this.#frames < MAX_FRAMES && this.#free < MAX_OCTETS }

  /** Where the header of the next datagram is to be written: {@link headerAt} of this. */
  get buf (): Uint8Array { return this.#buf }
  get headerAt (): number { return this.#free }

  /**
   * Puts a datagram: `header` octets, which the caller has written at {@link headerAt}, a copy of the frame, and room for
   * `trailer` octets; to `count` addresses from number `first` of `addresses`. The caller has seen {@link hasRoom}, for the
   * first of what is one frame.
   * @returns false when it was dropped
   */
  put (
    lane: number, header: number, buf: Uint8Array, off: number, len: number, trailer: number,
    addresses: Int32Array, first: number, count: number
  ): boolean {
    const out = this.#lanes[lane]!
    const at = this.#free
    const size = header + len + trailer
    if (at + size > ROOM || out.end + count > MESSAGES) {
      this.drops += count
      return false
    }
    copyOctets(this.#buf, at + header, buf, off, len)
    this.#free = at + size
    this.#frames += count
    if (count === 1 && this.#joins(out, at, size, addresses, first)) return true
    for (let i = first; i < first + count; i++) this.#add(out, at, size, addresses, i)
    out.isOpen = count === 1 && size <= this.#largestSegment
    return true
  }

  #joins (out: Lane, at: number, size: number, addresses: Int32Array, index: number): boolean {
    if (!out.isOpen) return false
    const last = (out.end - 1) * WORDS
    const messages = out.messages
    const len = messages[last + 1]!
    if (messages[last]! + len !== at || size > messages[last + 2]! || len + size > MAX_MESSAGE) return false
    const mine = (out.end - 1) * ADDRESS_WORDS
    const from = index * ADDRESS_WORDS
    for (let word = 0; word < ADDRESS_WORDS; word++) if (out.words[mine + word] !== addresses[from + word]) return false
    messages[last + 1] = len + size
    out.joined++
    out.isOpen = size === messages[last + 2] && out.joined < MAX_SEGMENTS
    return true
  }

  #add (out: Lane, at: number, size: number, addresses: Int32Array, index: number): void {
    const message = out.end * WORDS
    out.messages[message] = at
    out.messages[message + 1] = size
    out.messages[message + 2] = size
    out.messages[message + 3] = out.end
    const to = out.end * ADDRESS_WORDS
    const from = index * ADDRESS_WORDS
    for (let word = 0; word < ADDRESS_WORDS; word++) out.words[to + word] = addresses[from + word]!
    out.end++
    out.joined = 1
  }

  /** Writes what there is. False: some waits for room in a socket, `onRoom` will follow. */
  flush (): boolean {
    if (this.#frames === 0) return true
    let isDone = true
    for (let i = 0; i < this.#lanes.length; i++) {
      const lane = this.#lanes[i]!
      if (lane.first < lane.end && !this.#drain(lane)) isDone = false
    }
    if (!isDone) return false
    this.#free = 0
    this.#frames = 0
    return true
  }

  /** @returns false when the socket is full; it is watched then */
  #drain (lane: Lane): boolean {
    lane.isOpen = false
    // Until the kernel says that there is room.
    if (lane.isBlocked) return false
    while (lane.first < lane.end) {
      const result = native.sendTo(lane.fd, this.#buf, lane.messages, lane.first, lane.end - lane.first, lane.addresses)
      if (result > 0) {
        lane.first += result
        this.refusal = 0
      } else if (!this.#handle(lane, result)) {
        this.#watch(lane)
        return false
      }
    }
    lane.first = 0
    lane.end = 0
    return true
  }

  /** The first message did not go. @returns false when the socket is full */
  #handle (lane: Lane, result: number): boolean {
    if (result === -EINTR) return true
    if (result === -EAGAIN || result === 0) return false
    const segment = lane.messages[lane.first * WORDS + 2]!
    const isCut = segment < lane.messages[lane.first * WORDS + 1]!
    if (isCut && (result === -EINVAL || result === -EMSGSIZE || result === -EIO)) {
      this.#largestSegment = Math.min(this.#largestSegment, result === -EIO ? 0 : segment - 1)
      return this.#sendSingly(lane)
    }
    this.#refuse(result, isCut ? Math.ceil(lane.messages[lane.first * WORDS + 1]! / segment) : 1)
    lane.first++
    return true
  }

  /** The datagrams of the first message, one by one. @returns false when the socket is full; the rest stays */
  #sendSingly (lane: Lane): boolean {
    const message = lane.first * WORDS
    const messages = lane.messages
    const single = this.#single
    single[3] = messages[message + 3]!
    while (messages[message + 1]! > 0) {
      single[0] = messages[message]!
      single[1] = Math.min(messages[message + 1]!, messages[message + 2]!)
      const result = native.sendTo(lane.fd, this.#buf, single, 0, 1, lane.addresses)
      if (result === -EINTR) continue
      if (result === -EAGAIN || result === 0) return false
      if (result < 0) this.#refuse(result, 1)
      messages[message] = single[0] + single[1]
      messages[message + 1] = messages[message + 1]! - single[1]
    }
    lane.first++
    return true
  }

  #refuse (result: number, count: number): void {
    this.drops += count
    if (this.refusal === 0) this.refusal = result
  }

  #watch (lane: Lane): void {
    if (lane.isBlocked || this.#isClosed) return
    lane.isBlocked = true
    this.#loop.add(lane.fd, OUT, {
      onReady: () => {
        this.#loop.remove(lane.fd)
        lane.isBlocked = false
        if (this.flush()) this.#onRoom()
      }
    })
  }

  /** Writes what goes at once and drops the rest. The sockets are not watched any more. */
  close (): void {
    if (this.#isClosed) return
    this.flush()
    this.#isClosed = true
    for (const lane of this.#lanes) if (lane.isBlocked) this.#loop.remove(lane.fd)
    this.#frames = 0
  }
}
