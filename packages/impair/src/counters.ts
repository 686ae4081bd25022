/** What one direction has seen and done. Frames are wire frames; octets are those of the frames. */

/** Why frames did not arrive. Those up to `frames` are chance's and repeat with the seed; the others depend on time. */
export interface Drops {
  /** The link was down. */
  down: number
  /** Longer than the MTU. */
  mtu: number
  /** Lost by chance, or by number. */
  loss: number
  /** The queue in front of the line was full. */
  queue: number
  red: number
  codel: number
  /** Queue and delay line together were full. */
  capacity: number
  /** The line's rate was drawn as nothing. */
  rate: number
  /** The octet cap of the process was reached. */
  memory: number
  /** An offload header that does not agree with its frame, or stands for too many segments. */
  malformed: number
}

/** One direction's counters. */
export class Counters {
  /** Offered to the link, by its sender. */
  inFrames = 0
  inOctets = 0
  /** Handed on, copies included. */
  outFrames = 0
  outOctets = 0
  duplicated = 0
  reordered = 0
  corrupted = 0
  readonly drops: Drops = { down: 0, mtu: 0, loss: 0, queue: 0, red: 0, codel: 0, capacity: 0, rate: 0, memory: 0, malformed: 0 }

  /** Starts again from 0. */
  reset (): void {
    this.inFrames = this.inOctets = this.outFrames = this.outOctets = this.duplicated = this.reordered = this.corrupted = 0
    for (const reason of Object.keys(this.drops) as Array<keyof Drops>) this.drops[reason] = 0
  }
}
