/** The forwards of a stack: what the library was told, since it cannot be asked. */
import { native, type Slirp } from '@vde-ts/native'
import { VdeError, systemError } from '@vde-ts/link'
import { parseAddress } from '../internet/address.ts'
import { formatForward, forwardKey, type Forward, type HostForward, type NetworkForward } from './forwards.ts'

/** See above. */
export class ForwardTable {
  readonly #stack: Slirp
  readonly #forwards = new Map<string, Forward>()

  constructor (stack: Slirp) { this.#stack = stack }

  /** In the order they were added. */
  list (): Forward[] { return [...this.#forwards.values()] }

  /**
   * @returns the forward, with the address that was chosen for it
   * @throws {VdeError} EEXIST, EADDRINUSE, EACCES, EINVAL an address outside of the network
   */
  add (forward: Forward): Forward {
    const made = 'guest' in forward ? this.#addHost(forward) : this.#addNetwork(forward)
    this.#forwards.set(forwardKey(made), made)
    return made
  }

  #addHost (forward: HostForward): Forward {
    const { kind, host, port, guest, guestPort } = forward
    this.#refuseKnown(forward)
    const result = native.slirpForward(this.#stack, kind === 'udp', parseAddress(host, port)!, parseAddress(guest, guestPort)!)
    if (result < 0) throw systemError(result, `forward ${kind} ${formatForward(forward)}`)
    return forward
  }

  #addNetwork (forward: NetworkForward): Forward {
    const { kind, port, target } = forward
    this.#refuseKnown(forward)
    const octets = Uint8Array.from(forward.address.split('.').map(Number))
    const result = native.slirpGuestForward(this.#stack, kind === 'cmd', octets, port, target)
    if (result >= 0) return { ...forward, address: octets.join('.') }
    throw systemError(result, `forward ${kind} ${formatForward(forward)}`,
      'the port is taken, or its address is none of the network, or that of the gateway or the name server')
  }

  #refuseKnown (forward: Forward): void {
    if (!this.#forwards.has(forwardKey(forward))) return
    throw new VdeError('EEXIST', `forward ${forwardKey(forward)}`, 'there is such a forward already')
  }

  /** Connections that use it go on. @throws {VdeError} ENOENT */
  remove (key: string): void {
    const forward = this.#forwards.get(key)
    if (forward === undefined) throw new VdeError('ENOENT', `remove ${key}`, 'there is no such forward')
    const result = 'guest' in forward
      ? native.slirpForward(this.#stack, forward.kind === 'udp', parseAddress(forward.host, forward.port)!, null)
      : native.slirpGuestForward(this.#stack, false, Uint8Array.from(forward.address.split('.').map(Number)), forward.port, null)
    this.#forwards.delete(key)
    if (result < 0) throw systemError(result, `remove ${key}`)
  }

  /** Connections and forwards as the library shows them. */
  connections (): string { return native.slirpConnections(this.#stack) }
}
