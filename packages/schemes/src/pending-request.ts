/**
 * A control connection whose request has not arrived whole. Costs one descriptor, 256 octets and a timer until the request
 * is there, is wrong, or is late.
 *
 * Nothing in a request tells its length: the description is what came along with the fixed part. When that part came in
 * one piece the request ends there, as for a C switch, which reads once. When it came in several, the description may
 * still be on its way, so the end is a short silence.
 */
import { native, IN } from '@vde-ts/native'
import type { Loop, Watcher } from '@vde-ts/link'
import type { Arrival, Departure, Ticket } from '@vde-ts/link/part.js'
import { RequestBuffer, isRefusal, type ControlRequest } from '@vde-ts/frame/control.js'
import type { Peer } from './accounts.ts'

/** Milliseconds a client may take for its request. */
export const REQUEST_MS = 10_000
/** Milliseconds of silence that end a request which came in pieces. */
const GRACE_MS = 50
const EAGAIN = 11

/** What becomes of a pending connection. The descriptor is the owner's from then on. */
export interface PendingOwner {
  accepted (pending: PendingRequest, request: ControlRequest): void
  /** `why` is for the log; empty when the client just left. */
  refused (pending: PendingRequest, why: string): void
}

/** A half-read request as it travels; its time begins anew. */
export interface PendingSnapshot {
  readonly fd: Ticket
  readonly peer: Peer
  readonly octets: Uint8Array
  readonly pieces: number
}

/** Watches the descriptor until it tells its owner, once, or is released. */
export class PendingRequest implements Watcher {
  readonly fd: number
  readonly peer: Peer
  readonly #loop: Loop
  readonly #owner: PendingOwner
  readonly #buffer = new RequestBuffer()
  #timer: NodeJS.Timeout
  #pieces = 0

  /** @throws {VdeError} when `fd` cannot be watched; it stays the caller's then */
  constructor (fd: number, peer: Peer, loop: Loop, owner: PendingOwner, timeoutMs: number) {
    this.fd = fd
    this.peer = peer
    this.#loop = loop
    this.#owner = owner
    loop.add(fd, IN, this)
    this.#timer = setTimeout(() => { this.#late(timeoutMs) }, timeoutMs)
  }

  /** The request of another process. */
  static from (
    { fd, peer, octets, pieces }: PendingSnapshot, arrival: Arrival, loop: Loop, owner: PendingOwner, timeoutMs: number
  ): PendingRequest {
    const made = new PendingRequest(arrival.descriptor(fd), peer, loop, owner, timeoutMs)
    made.#buffer.octets.set(octets)
    made.#buffer.filled(octets.length)
    made.#pieces = pieces
    if (made.#buffer.state === 'ready') made.#decideSoon()
    return made
  }

  snapshot (departure: Departure): PendingSnapshot {
    const { octets, have } = this.#buffer
    const read = new Uint8Array(octets.subarray(0, have))
    return { fd: departure.descriptor(this.fd), peer: this.peer, octets: read, pieces: this.#pieces }
  }

  onReady (): void {
    const buffer = this.#buffer
    if (buffer.room === 0) return this.#decide()
    const count = native.read(this.fd, buffer.octets, buffer.have, buffer.room)
    if (count === -EAGAIN) return
    if (count <= 0) return this.#ended()
    buffer.filled(count)
    this.#pieces++
    const state = buffer.state
    if (state === 'refused' || (state === 'ready' && (this.#pieces === 1 || buffer.room === 0))) return this.#decide()
    if (state === 'ready') this.#decideSoon()
  }

  /** Stops watching and waiting. The descriptor is the caller's. */
  release (): void {
    clearTimeout(this.#timer)
    this.#loop.remove(this.fd)
  }

  #ended (): void {
    this.release()
    this.#owner.refused(this, this.#buffer.have === 0 ? '' : `it left after ${this.#buffer.have} octets of a request`)
  }

  #late (timeoutMs: number): void {
    this.release()
    this.#owner.refused(this, `no whole request within ${timeoutMs} ms, ${this.#buffer.have} octets came`)
  }

  #decideSoon (): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => { this.#decide() }, GRACE_MS)
  }

  #decide (): void {
    this.release()
    const request = this.#buffer.decode()
    if (isRefusal(request)) this.#owner.refused(this, refusalText(request.fault, request.detail))
    else this.#owner.accepted(this, request)
  }
}

const refusalText = (fault: string, detail: number): string => {
  switch (fault) {
    case 'magic': return 'V0 request not supported'
    case 'version': return `Request for a version ${detail} port, which this vde_switch doesn't support`
    case 'kind': return `Bad request type : ${detail}`
    case 'family': return `its socket is of address family ${detail}, AF_UNIX is wanted`
    default: return `its request has ${detail} octets, too few`
  }
}
