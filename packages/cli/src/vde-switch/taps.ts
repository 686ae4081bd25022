/** TAP interfaces of vde_switch -t. */
import { native } from '@vde-ts/native'
import { VdeError, errnoName } from '@vde-ts/link/errors.js'
import type { Loop } from '@vde-ts/link/loop.js'
import type { Arrival, Departure, Part, Ticket } from '@vde-ts/link/part.js'
import { tapLink, type TapLink, type TapLinkOptions, type TapSnapshot } from '@vde-ts/schemes/tap-link.js'
import { UNKNOWN, type Endpoint, type Switch } from '@vde-ts/switch'
import { isTapFailure, openTap } from '@vde-ts/tun-tap'
import { tapRate } from '../interface-speed.ts'

interface Plugged { readonly name: string, readonly endpoint: Endpoint, readonly link: TapLink }

/** One interface as it travels. */
interface PluggedSnapshot {
  readonly name: string
  readonly fd: Ticket
  readonly port: number
  readonly id: number
  readonly link: TapSnapshot
}

/** The interfaces of one switch. */
export class Taps implements Part {
  readonly name = 'taps'
  readonly #sw: Switch
  readonly #loop: Loop
  #plugged: readonly Plugged[] = []

  constructor (sw: Switch, loop: Loop) {
    this.#sw = sw
    this.#loop = loop
  }

  /**
   * Makes or joins the interface `name` and plugs it into the next free port.
   * @throws {VdeError} EPERM, EBUSY, ENOENT no /dev/net/tun, EINVAL a name that cannot be, ENOSPC no port is left
   */
  plug (name: string): void {
    const tap = openTap({ name, vnetHeader: true })
    if (isTapFailure(tap)) {
      throw new VdeError(errnoName(tap.errno), `connect the tap '${name}'`, `${native.strerror(tap.errno)}: ${tap.detail}`)
    }
    try {
      const endpoint = this.#sw.attach({ port: 'any', owner: UNKNOWN, module: 'tuntap', description: name })
      const link = tapLink(tap.fd, tap.name, endpoint, this.#loop, rated(tap.name))
      link.setOffload(true)
      endpoint.connect(link)
      this.#plugged = [...this.#plugged, { name: tap.name, endpoint, link }]
    } catch (error) {
      native.close(tap.fd)
      throw error
    }
  }

  /** Interfaces that are still plugged in, in the order in which they were. */
  names (): string[] { return this.#there().map(({ name }) => name) }

  /** Its port is free again; one that is not there is none. */
  unplug (name: string): void {
    for (const { endpoint } of this.#there().filter((one) => one.name === name)) endpoint.close()
    this.#plugged = this.#there()
  }

  #there (): Plugged[] { return this.#plugged.filter(({ endpoint }) => !endpoint.isClosed) }

  /** Those that are still plugged in. */
  snapshot (departure: Departure): { readonly plugged: readonly PluggedSnapshot[] } {
    return {
      plugged: this.#there().map(({ name, endpoint, link }) => ({
        name, fd: departure.descriptor(link.fd), port: endpoint.port.number, id: endpoint.id, link: link.snapshot()
      }))
    }
  }

  /** Goes on with those of another process. */
  restore ({ plugged }: ReturnType<Taps['snapshot']>, arrival: Arrival): void {
    for (const { name, fd, port, id, link: snapshot } of plugged) {
      const endpoint = this.#sw.endpoint(port, id)
      const link = tapLink(arrival.descriptor(fd), name, endpoint, this.#loop, rated(name))
      link.setOffload(snapshot.offload)
      link.restore(snapshot)
      arrival.atStart(() => { endpoint.connect(link) })
      this.#plugged = [...this.#plugged, { name, endpoint, link }]
    }
  }
}

/** The spanning tree reckons with the speed that was set of an interface. */
const rated = (name: string): TapLinkOptions => ({ rate: () => tapRate(name) })
