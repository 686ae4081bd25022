/** What stands around a frame in a datagram: what an overlay's link needs to know of it. */

/** Writes and reads the header of one protocol and one network of it. */
export interface Encapsulation {
  /** Octets it writes in front of a frame. */
  readonly header: number
  /** Octets behind a frame, which {@link seal} fills. Absent: none. */
  readonly trailer?: number
  /** Writes them at `at`. */
  write (buf: Uint8Array, at: number): void
  /** Finishes in place what {@link write} began at `at`; the frame, `len` octets, is behind it now. Absent: it is finished. */
  seal? (buf: Uint8Array, at: number, len: number): void
  /**
   * Judges the datagram `buf[at, at + len)`, and opens what is sealed, in place.
   * @returns octets in front of the frame; NO_FRAME, FOREIGN, MALFORMED or CRITICAL
   */
  read (buf: Uint8Array, at: number, len: number): number
}

/** What {@link Encapsulation.read} answers instead: for another network; not to be understood. Both are dropped. */
export const FOREIGN = -1
export const MALFORMED = -2
/** The datagram says that its sender leaves. */
export const NO_FRAME = -3
/** It has an option that is not known and must not be ignored: dropped. */
export const CRITICAL = -4
