/**
 * The contract every VNL scheme, the switch and the commands share.
 *
 * A frame is `(buf, off, len)`: `len` octets from `buf[off]`, destination address first, no FCS. It is BORROWED in both
 * directions: valid until the call returns. Whoever keeps it copies it.
 *
 * A frame given to `onFrame` has at least HEADROOM octets in front of `off` in the same `buf`. The last OFFLOAD of them
 * are its virtio_net_hdr (all zero: an ordinary frame). The sink may write into the frame and its headroom during the
 * call, and leaves `[off - OFFLOAD, off + len)` as it found it, because the same octets go to the next receiver.
 *
 * A link may open before its medium is ready, and may outlive it: it is *down* then. It goes on taking frames, loses them
 * and counts them, so that nobody waits for a medium that may never come. Whoever joins links passes this on: see
 * `setCarrier`.
 */
export { HEADROOM, OFFLOAD } from '@vde-ts/frame/offload.js'

/** What a link delivers to. */
export interface FrameSink {
  /** One frame arrived. Must not throw, must not await. */
  onFrame (buf: Uint8Array, off: number, len: number): void
  /** The medium has room again, after a `send` that answered false. */
  onWritable (): void
  /** The medium is there: frames pass from now on. Only as a change; also while the link is paused. */
  onUp (): void
  /**
   * The medium is away, `onUp` may follow. Only as a change. A paused link may tell it when it is resumed, behind the
   * frames that arrived before. `why` is for people.
   */
  onDown (why?: Error): void
  /** The peer is gone; no call follows, `close` is still owed. `why` is absent on an orderly end. */
  onClose (why?: Error): void
}

/** One end of a wire. */
export interface Link {
  /** True when `send` takes frames whose offload header is not zero. Else such a frame is completed or cut before. */
  readonly offload: boolean
  /**
   * Longest frame `send` takes, in octets. A longer one is refused for good: it must be dropped and counted by the caller.
   * Of a super-frame, which only a link with offload takes, it bounds the segments: headers and gso_size.
   */
  readonly maxFrame: number
  /**
   * MTU that an interface on this link should have, where the medium puts something around each frame: then what it sends
   * passes the path whole. Absent: 1500.
   */
  readonly mtu?: number | undefined
  /** Bits per second that pass it, where it has a rate, which may change. Interfaces show it, and path costs come from it. */
  readonly bitsPerSec?: number | undefined
  /** What to show of it to people: kind of medium and, where it has one, its name. */
  readonly label: string
  /**
   * Frames that `send` took and the medium has not: a link that is closed now may lose them. Absent: it never keeps any.
   */
  readonly queued?: number
  /** Frames that arrived and were none: too short, too long. Never delivered. Absent: such a thing cannot arrive. */
  readonly rxDrops?: number
  /** Frames that `send` took (it answered true) and the medium then refused for good. Absent: it refuses none. */
  readonly txDrops?: number
  /** False while the medium is away; right already when `onUp` and `onDown` are called. Absent: it never is. */
  readonly isUp?: boolean
  /** Frames that `send` took while the link was down, or that had not left when it went down. Absent: never down. */
  readonly downDrops?: number
  /**
   * Sends one frame now, never changes it. False: the medium is full, the frame was not taken, and `onWritable` will
   * follow, at the latest when the link goes down. `off` >= OFFLOAD when `offload` is true; a link without offload never
   * looks in front of `off`.
   */
  send (buf: Uint8Array, off: number, len: number): boolean
  /** Has the medium hand over and take unfinished frames, or not. Absent: it never does. @returns 0 or more, or -errno */
  setOffload? (isOn: boolean): number
  /**
   * Whether there is a network on our side of the link: a medium that can show it (the carrier of an interface) does. On
   * when opened. Absent: the medium cannot show it.
   */
  setCarrier? (isOn: boolean): void
  /** Stops delivering: no `onFrame` after it returns. What already arrived waits; nothing is lost here. */
  pause (): void
  /** Delivers again. A link is opened paused, so the first `resume` starts it. */
  resume (): void
  /** Idempotent. Releases the descriptor and removes every file it created. `onClose` is not called. */
  close (): void
}
