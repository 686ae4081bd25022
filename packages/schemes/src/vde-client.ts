/**
 * A client of a {@link VdeListener} that has joined: its data socket, connected to the client's and named in the
 * directory, and the control stream, whose end is the client's end.
 */
import { native, RDHUP } from '@vde-ts/native'
import type { FrameSink, Loop, Watcher } from '@vde-ts/link'
import type { Arrival, Departure, Ticket } from '@vde-ts/link/part.js'
import { removeFile } from '@vde-ts/link/socket-file.js'
import { DatagramLink, type DatagramSnapshot } from './datagram-link.ts'

/** What a client is made of. */
export interface ClientParts {
  readonly data: number
  readonly control: number
  /** Of the data socket. */
  readonly path: string
  readonly sink: FrameSink
  readonly loop: Loop
  /** What the one who admitted the client knows it by. */
  readonly place: object
  readonly snapshot?: DatagramSnapshot
}

/** A client as it travels. */
export interface ClientSnapshot {
  readonly data: Ticket
  readonly control: Ticket
  readonly path: string
  readonly place: object
  readonly link: DatagramSnapshot
}

/** Both descriptors belong to it, and the file, from {@link VdeClient.join} on; before that only the data socket does. */
export class VdeClient implements Watcher {
  readonly link: DatagramLink
  readonly #parts: ClientParts
  readonly #onGone: (client: VdeClient) => void
  #isJoined = false

  /** The link is paused. @throws {VdeError} the data socket cannot be watched; it is still the caller's */
  constructor (parts: ClientParts, onGone: (client: VdeClient) => void) {
    this.#parts = parts
    this.#onGone = onGone
    const { data, sink, loop, path, snapshot } = parts
    this.link = new DatagramLink(data, sink, loop, {
      label: path,
      onRelease: () => { this.#release() },
      ...(snapshot === undefined ? {} : { snapshot })
    })
  }

  /** The client of another process; its link is paused. */
  static from (
    { path, place, link, ...tickets }: ClientSnapshot, arrival: Arrival, sink: FrameSink, loop: Loop,
    onGone: (client: VdeClient) => void
  ): VdeClient {
    const [data, control] = [arrival.descriptor(tickets.data), arrival.descriptor(tickets.control)]
    const client = new VdeClient({ data, control, path, sink, loop, place, snapshot: link }, onGone)
    client.join()
    return client
  }

  snapshot (departure: Departure): ClientSnapshot {
    const { data, control, path, place } = this.#parts
    return { data: departure.descriptor(data), control: departure.descriptor(control), path, place, link: this.link.snapshot() }
  }

  /** The client has its answer: from now on the end of its control stream ends the link. @throws {VdeError} */
  join (): void {
    // Only the hang-up: whatever else a client says must not wake us.
    this.#parts.loop.add(this.#parts.control, RDHUP, this)
    this.#isJoined = true
  }

  onReady (): void {
    this.#parts.loop.remove(this.#parts.control)
    this.link.end()
  }

  #release (): void {
    if (!this.#isJoined) return
    const { path, loop, control } = this.#parts
    removeFile(path)
    loop.remove(control)
    // A process that tried to take over, and hangs, may have a copy: the client shall hear of its end all the same.
    native.shutdown(control, 2)
    native.close(control)
    this.#onGone(this)
  }
}
