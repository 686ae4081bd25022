/**
 * How a running program goes on in another process. Each layer writes down its own part and makes itself anew from it:
 *
 *     old:  part.snapshot(departure) --> JSON, octets and descriptors --> new:  Thing.from(snapshot, arrival)
 *
 * A snapshot is JSON that may hold Uint8Arrays; descriptors stand in it as the numbers that {@link Departure.descriptor}
 * answers. Taking one changes nothing that matters: the old process may have to go on. What is made of it acts on
 * nothing outside (no octet sent, no file touched) before {@link Arrival.atStart} runs, because until then the old
 * process may take everything back.
 */

/** A descriptor on its way: its place in the list that travels. */
export type Ticket = number

/** The side of the process that is left. */
export interface Departure {
  /** Has `fd` travel; it stays open here. */
  descriptor (fd: number): Ticket
}

/** The side of the process that takes over. */
export interface Arrival {
  /** The descriptor, which is the caller's from now on; it shares its open file with the old process until that ends. */
  descriptor (ticket: Ticket): number
  /** Calls `start` once the old process has let go, in the order of the calls. */
  atStart (start: () => void): void
}

/** One layer of a program that can be taken over. */
export interface Part {
  /** Under this name the snapshot travels; never used for another meaning. */
  readonly name: string
  /** @throws {VdeError} EBUSY it cannot leave now */
  snapshot (departure: Departure): object
}
