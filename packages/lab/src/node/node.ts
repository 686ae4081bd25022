/**
 * A node that runs: its interfaces, addresses, routes, kernel settings and programs. It is reached in two ways:
 *
 *     control (the init)    makes and holds the TAPs, writes /proc/sys, covers files
 *     rtnetlink socket      of the node's network namespace, used from here: no process is started for an address
 *
 * Nothing here knows of a net or link.
 */
import { native, IFF_NO_PI, IFF_TAP, IFF_VNET_HDR } from '@vde-ts/native'
import { startChild, systemError, type Child } from '@vde-ts/link'
import { VNET_HEADER } from '@vde-ts/tun-tap'
import { linkRequest, uint32, type Attribute } from '@vde-ts/tun-tap/rtnetlink.js'
import { addressRequest, routeRequest, type Change } from '@vde-ts/tun-tap/rtnetlink-routes.js'
import { cidrOf, macOctets, octetsOf } from './address.ts'
import type { NodeControl } from './control.ts'

const IFLA_ADDRESS = 1
const IFLA_MTU = 4
const IFF_UP = 1
const TAP_FLAGS = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR

/** What an interface is made with. */
export interface InterfaceSettings {
  readonly mac: string
  readonly mtu: number
}

/** How a program in a node is run. */
export interface ProgramOptions {
  readonly command: readonly string[]
  /** Absolute, in the node. */
  readonly cwd: string
  /** `fds[i]` becomes descriptor i; the caller's. */
  readonly fds: readonly number[]
  readonly env: Readonly<Record<string, string>>
  /** As in SpawnSpec. */
  readonly pgid: number
}

/** See above. The control is the node's from now on. */
export class RunningNode {
  readonly name: string
  readonly control: NodeControl
  #rtnetlink = -1

  constructor (name: string, control: NodeControl) {
    this.name = name
    this.control = control
  }

  /** The TAP of interface `name`, made if it is not there; the caller's descriptor. @throws {VdeError} */
  async tap (name: string, mtu: number): Promise<number> {
    const numbers = new Uint8Array(Int32Array.of(TAP_FLAGS, mtu).buffer)
    const action = `make interface ${this.name}:${name}`
    const { fd } = await this.control.ask(action, 'T', numbers, name)
    const sized = native.tapHeaderSize(fd, VNET_HEADER)
    if (sized >= 0) return fd
    native.close(fd)
    throw systemError(sized, action)
  }

  /** Takes an interface away. */
  async drop (name: string): Promise<void> { await this.control.ask(`remove interface ${this.name}:${name}`, 'D', name) }

  /** Names of the interfaces that the init holds. */
  async interfaces (): Promise<string[]> {
    const { octets } = await this.control.ask(`list the interfaces of ${this.name}`, 'L')
    return Buffer.from(octets).toString().split('\0').filter((name) => name !== '')
  }

  /** Sets a file of /proc/sys. */
  async sysctl (path: string, value: string): Promise<void> {
    await this.control.ask(`set ${path} of ${this.name}`, 'W', `/proc/sys/${path}`, Buffer.from(value))
  }

  /** Brings an interface up or down, and sets what is given. @throws {VdeError} */
  async setInterface (name: string, isUp: boolean, { mac, mtu }: Partial<InterfaceSettings> = {}): Promise<void> {
    const action = `set up interface ${this.name}:${name}`
    const index = await this.#indexOf(name, action)
    const attributes: Attribute[] = []
    if (mac !== undefined) attributes.push([IFLA_ADDRESS, macOctets(mac)])
    if (mtu !== undefined) attributes.push([IFLA_MTU, uint32(mtu)])
    await this.#request(action, linkRequest({ index, flags: isUp ? IFF_UP : 0, changes: IFF_UP }, attributes))
  }

  /** `ADDRESS/PREFIX`. @throws {VdeError} EEXIST, EADDRNOTAVAIL */
  async address (change: Change, name: string, cidr: string): Promise<void> {
    const action = `${change} address ${cidr} at ${this.name}:${name}`
    const { address, prefix } = cidrOf(cidr)
    await this.#request(action, addressRequest(change, await this.#indexOf(name, action), address, prefix))
  }

  /** @param to `ADDRESS/PREFIX`, null is everywhere. @throws {VdeError} EEXIST, ESRCH, ENETUNREACH */
  async route (change: Change, to: string | null, via: string): Promise<void> {
    const action = `${change} route ${to ?? 'default'} via ${via} in ${this.name}`
    await this.#request(action, routeRequest(change, { to: to === null ? null : cidrOf(to), via: octetsOf(via) }))
  }

  /** Starts a program inside, as its root. @throws {VdeError} ENOENT, EACCES, ... */
  run (options: ProgramOptions): Child {
    const { command, cwd, fds, env, pgid } = options
    return startChild({
      file: command[0]!,
      argv: command,
      env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
      fds,
      cwd,
      pgid,
      join: this.control.pidfd
    })
  }

  async #indexOf (name: string, action: string): Promise<number> {
    const index = native.interfaceIndexAt(await this.#socket(), name)
    if (index < 0) throw systemError(index, action, 'there is no such interface in the node')
    return index
  }

  async #request (action: string, message: Uint8Array): Promise<void> {
    const result = native.rtnetlinkAt(await this.#socket(), message)
    if (result < 0) throw systemError(result, action, native.strerror(-result))
  }

  async #socket (): Promise<number> {
    if (this.#rtnetlink >= 0) return this.#rtnetlink
    const { fd } = await this.control.ask(`configure ${this.name}`, 'R')
    if (this.#rtnetlink >= 0) native.close(fd)
    else this.#rtnetlink = fd
    return this.#rtnetlink
  }

  /** Gives back the descriptor kept for configuration; the next one opens it again. */
  rest (): void {
    if (this.#rtnetlink >= 0) native.close(this.#rtnetlink)
    this.#rtnetlink = -1
  }

  /** Ends everything in it. */
  async destroy (): Promise<void> {
    this.rest()
    await this.control.destroy()
  }

  /** Leaves it running. */
  close (): void {
    this.rest()
    this.control.close()
  }
}
