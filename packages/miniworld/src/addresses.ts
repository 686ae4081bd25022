/**
 * The two ways in which interfaces get their addresses, computed from ids alone:
 *
 *     p2p          the k-th link takes the k-th subnet of the pool for good; the smaller id is host 1, the other host 2
 *     same subnet  the k-th interface of the list takes the k-th subnet; node i is host i * m of it, where m is how many
 *                  interfaces of that class a node has
 */
import { ipOctets, ipText } from '@vde-ts/model/address.js'
import type { Scenario } from './scenario.ts'

const BASE = 'network.links.configuration.ip_provisioner.base_network_cidr'
const PREFIX = 'network.links.configuration.ip_provisioner.prefixlen'

/** Subnets of one size out of a pool. */
export class Subnets {
  readonly #base: number
  readonly #count: number
  readonly #prefix: number
  readonly #wrong: (found: string, wanted: string) => SyntaxError

  /** @throws {SyntaxError} no pool, or one smaller than a subnet */
  constructor (scenario: Scenario) {
    this.#wrong = (found, wanted) => scenario.wrong(BASE, found, wanted)
    const pool = scenario.look<string>(BASE) ?? ''
    const [ip = '', bits = ''] = pool.split('/')
    const octets = /^\d{1,2}$/.test(bits) && Number(bits) <= 31 ? ipOctets(ip) : null
    if (octets?.length !== 4) throw this.#wrong(`"${pool.slice(0, 40)}"`, 'a network such as 10.0.0.0/8')
    this.#prefix = scenario.look<number>(PREFIX) ?? 16
    if (this.#prefix < Number(bits)) throw scenario.wrong(PREFIX, `subnets of /${this.#prefix} in ${pool}`, `at least /${bits}`)
    const value = octets.reduce((so, octet) => so * 256 + octet, 0)
    this.#base = value - value % 2 ** (32 - Number(bits))
    this.#count = 2 ** (this.#prefix - Number(bits))
  }

  /** `10.1.0.2/16`: host 2 of subnet 1. @throws {SyntaxError} there are no more subnets, or no more hosts in one */
  address (subnet: number, host: number): string {
    if (subnet >= this.#count) throw this.#wrong(`${this.#count} subnets of /${this.#prefix}`, `room for ${subnet + 1}: a longer prefixlen`)
    const size = 2 ** (32 - this.#prefix)
    // A /31 has two hosts and no addresses of the network itself [RFC 3021].
    const [first, last] = size === 2 ? [0, 1] : [1, size - 2]
    const room = last - first + 1
    if (host > room) throw this.#wrong(`${room} hosts in a subnet of /${this.#prefix}`, `room for host ${host}: a shorter prefixlen`)
    return `${dotted(this.#base + subnet * size + first + host - 1)}/${this.#prefix}`
  }
}

// A number above 2^31: octets by division, which bits of an int32 would not be.
const dotted = (value: number): string => ipText(Uint8Array.from([2 ** 24, 2 ** 16, 2 ** 8, 1], (unit) => value / unit))

/** Of node `id` in the management network. @throws {RangeError} more nodes than it has room for */
export const managementAddress = (id: number): string => {
  if (id > 65_534) throw new RangeError(`Cannot give node ${id} a management address: want at most 65534 nodes in 172.21.0.0/16`)
  return `172.21.${id >> 8}.${id & 255}/16`
}
