/**
 * Several cables to one station: what `multi://` and `bonding://` are inside. Cables do not talk to each other.
 *
 *     station --- multi ----> every cable           a frame arrives as long as one cable carries it; doubles by design
 *     station --- bonding --> the next cable        all of them share the load, frame by frame
 *     station <-------------- any cable
 *
 * A cable that is down or gone is passed over at once, so the other side of a station that moves hears it all the time.
 */
import { isPlain } from '@vde-ts/frame/offload.js'
import { VdeError } from '@vde-ts/link/errors.js'
import type { Owner } from './access.ts'
import { Endpoint, type EndpointHost } from './endpoint.ts'
import { Port } from './port.ts'
import { DEFAULT_QUEUE_FRAMES, FrameQueue, QueueBudget } from './queue.ts'
import { WireForms } from './wire-form.ts'

/** How the station's frames are dealt out. */
export type CableMode = 'multi' | 'bonding'

/** How often a frame may come back while it is still being sent, through links that deliver at once. */
const MAX_DEPTH = 16

/** Who plugs in. */
export interface CableRequest {
  readonly owner: Owner
  /** Kind of medium. */
  readonly module: string
  readonly description: string
}

/** See above. */
export class CableGroup implements EndpointHost {
  /** The place of the station, and of each cable in the order they came. Replaced on change. */
  readonly station: Port
  cables: readonly Port[] = []
  readonly #mode: CableMode
  readonly #most: number
  readonly #forms = new WireForms()
  readonly #budget = new QueueBudget()
  #lastId = 0
  /** Cable that had the last frame. */
  #turn = 0
  #isClosed = false

  /** @param most cables there may be */
  constructor (mode: CableMode, most: number) {
    this.#mode = mode
    this.#most = most
    this.station = new Port(0, false, this.#forms)
  }

  /** Plugs the station in. */
  attachStation (request: CableRequest): Endpoint { return this.#plug(this.station, request) }

  /** Plugs a cable in. @throws {VdeError} ENXIO closed, ENOSPC too many */
  attach (request: CableRequest): Endpoint {
    if (this.#isClosed) throw new VdeError('ENXIO', 'plug in', 'the node is shutting down')
    if (this.cables.length >= this.#most) throw new VdeError('ENOSPC', 'plug in', `all ${this.#most} places are taken`)
    const port = new Port(this.#lastId + 1, true, this.#forms)
    this.cables = [...this.cables, port]
    return this.#plug(port, request)
  }

  #plug (port: Port, request: CableRequest): Endpoint {
    const endpoint = new Endpoint(++this.#lastId, port, this, new FrameQueue(this.#budget, DEFAULT_QUEUE_FRAMES), request)
    port.endpoints = [endpoint]
    port.isUp = true
    return endpoint
  }

  forward (port: Port, buf: Uint8Array, off: number, len: number): void {
    const forms = this.#forms
    port.inFrames++
    port.inBytes += len
    if (forms.depth === MAX_DEPTH) {
      port.drops.loop++
      return
    }
    forms.depth++
    if (this.#isSound(port, buf, off, len)) {
      if (port !== this.station) this.station.send(buf, off, len)
      else if (this.#mode === 'multi') this.#sendAll(buf, off, len)
      else this.#sendNext(buf, off, len)
    }
    forms.depth--
  }

  /** False: the offload header lies, the frame ends here. */
  #isSound (port: Port, buf: Uint8Array, off: number, len: number): boolean {
    if (isPlain(buf, off)) return true
    this.#forms.forget()
    if (!this.#forms.of(buf, off, len).isMalformed) return true
    port.drops.malformed++
    return false
  }

  #sendAll (buf: Uint8Array, off: number, len: number): void {
    const cables = this.cables
    for (let i = 0; i < cables.length; i++) cables[i].send(buf, off, len)
  }

  /** The first frame goes to the second cable, as the original has it. */
  #sendNext (buf: Uint8Array, off: number, len: number): void {
    const cables = this.cables
    for (let i = 0; i < cables.length; i++) {
      this.#turn = (this.#turn + 1) % cables.length
      if (!cables[this.#turn].isUp) continue
      cables[this.#turn].send(buf, off, len)
      return
    }
    this.station.drops.closed++
  }

  endpointTurned (endpoint: Endpoint): void { endpoint.port.isUp = endpoint.isUp }

  endpointClosed (endpoint: Endpoint): void {
    endpoint.port.endpoints = []
    endpoint.port.isUp = false
    this.cables = this.cables.filter((cable) => cable !== endpoint.port)
  }

  /** To be called about once a second: gives back memory that no queue needs. */
  tick (): void { this.#budget.trim() }

  /** Unplugs everybody. Idempotent. */
  close (): void {
    this.#isClosed = true
    for (const port of [...this.cables, this.station]) for (const endpoint of port.endpoints) endpoint.close()
  }
}
