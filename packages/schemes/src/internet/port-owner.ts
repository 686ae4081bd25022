/**
 * The process that has a UDP port which several networks use, in this process or in others.
 *
 *     UDP port --> network of the datagram --> links of this process
 *                                          \--seqpacket--> a PortSeat of another process --> its link
 *
 * The kernel gives a unicast datagram to one socket only, SO_REUSEPORT or not: so the first process owns the port and
 * passes on what is not for itself, to processes of the same user, which connect to an abstract socket. When it ends one of
 * them takes its place. A guest that does not keep up loses what does not fit its socket, and that is counted: it cannot
 * hold up the others.
 */
import { ADDRESS, IN, SEQPACKET, native } from '@vde-ts/native'
import { HEADROOM, type Loop, type Watcher } from '@vde-ts/link'
import { acceptBurst } from '@vde-ts/link/accept.js'
import { SLOT_STRIDE } from '@vde-ts/link/receive-slab.js'
import { peerOf } from '../accounts.ts'
import { emptyAddress } from './address.ts'
import { DatagramReceiver, senderOctets, type TrainSink } from './datagram-receiver.ts'
import { HELLO_MS, LEAD, MAX_HELLO, decodeHello, encodeWelcome, ownerName, type PortKey } from './port-protocol.ts'
import { udpSocket } from './udp-socket.ts'

const MAX_GUESTS = 256
const BACKLOG = 64
const EACCES = 13
const EINVAL = 22
const EMFILE = 24
/** Octets the socket of a guest may hold: some 30 trains of 64 KiB. */
const GUEST_OCTETS = 2 * 1024 * 1024

/** Finds the network of a datagram `buf[at, at + len)`, -1: none. */
export type NetworkOf = (buf: Uint8Array, at: number, len: number) => number

/** A link of this process on the port. */
interface Resident { readonly sink: TrainSink, isWatching: boolean }
/** Everybody on one network. */
interface Network { readonly residents: Resident[], readonly guests: number[] }

/** How the port is opened. */
export interface OwnerOptions {
  readonly networkOf: NetworkOf
  readonly receiveOctets: number
  readonly loop: Loop
}

const owners = new Map<string, PortOwner>()

/** The owner of the port, when it is this process. */
export const localOwner = (key: PortKey): PortOwner | undefined => owners.get(ownerName(key))

/** See above. Ends with its last resident. */
export class PortOwner implements TrainSink, Watcher {
  /** Datagrams for networks that nobody here is on. */
  foreign = 0
  /** Trains that guests had no room for. */
  lost = 0
  readonly #name: string
  readonly #fd: number
  readonly #listener: number
  readonly #loop: Loop
  readonly #networkOf: NetworkOf
  readonly #receiver: DatagramReceiver
  readonly #networks = new Map<number, Network>()
  /** Connections of guests, and of those who have not said yet on which network they are. */
  readonly #connections = new Map<number, { network: number, timer: NodeJS.Timeout | null }>()
  readonly #goesOn = (): boolean => this.#isWatching
  readonly #copy = new Uint8Array(SLOT_STRIDE)
  #residents = 0
  #isWatching = false

  /**
   * Takes the port.
   * @throws {VdeError} EADDRINUSE, EACCES, EAFNOSUPPORT
   */
  constructor (key: PortKey, { networkOf, receiveOctets, loop }: OwnerOptions, action: string) {
    this.#name = ownerName(key)
    this.#loop = loop
    this.#networkOf = networkOf
    this.#receiver = new DatagramReceiver(loop, this)
    this.#fd = udpSocket(emptyAddress(key.family, key.port), action, { gro: true, receiveOctets })
    this.#listener = native.unixSocket(SEQPACKET)
    loop.add(this.#fd, 0, this)
    // Without it the port is ours all the same; others cannot join it then.
    if (native.bindUnix(this.#listener, this.#name) >= 0) native.listen(this.#listener, BACKLOG)
    loop.add(this.#listener, IN, { onReady: () => { this.#accept() } })
    owners.set(this.#name, this)
  }

  /** A link of this process joins a network, not watching yet. */
  enter (network: number, sink: TrainSink): Resident {
    const resident = { sink, isWatching: false }
    this.#networkAt(network).residents.push(resident)
    this.#residents++
    return resident
  }

  /** Whether the link wants its trains now. What others want they get meanwhile. */
  watch (resident: Resident, isOn: boolean): void {
    resident.isWatching = isOn
    this.#rewatch()
  }

  /** The link leaves. The last one gives the port away. */
  leave (network: number, resident: Resident): void {
    const { residents } = this.#networkAt(network)
    residents.splice(residents.indexOf(resident), 1)
    this.#residents--
    this.#tidy(network)
    if (this.#residents === 0) this.#close()
    else this.#rewatch()
  }

  onReady (): void {
    // An error of an unconnected socket concerns nobody here; it is cleared by being asked for.
    if (this.#receiver.receive(this.#fd, this.#goesOn) < 0) native.socketError(this.#fd)
  }

  onTrain (buf: Uint8Array, at: number, len: number, segment: number, addressAt: number): void {
    const network = this.#networkOf(buf, at, Math.min(segment, len))
    if (this.#isUniform(buf, at, len, segment, network)) {
      this.#hand(network, buf, at, len, segment, addressAt)
      return
    }
    for (let done = 0; done < len; done += segment) {
      const size = Math.min(segment, len - done)
      this.#hand(this.#networkOf(buf, at + done, size), buf, at + done, size, size, addressAt)
      // The place in front of the next one is used: nobody may hold on to it.
      this.onBurstEnd()
    }
  }

  /** A sender may mix networks under one port. */
  #isUniform (buf: Uint8Array, at: number, len: number, segment: number, network: number): boolean {
    for (let done = segment; done < len; done += segment) {
      if (this.#networkOf(buf, at + done, Math.min(segment, len - done)) !== network) return false
    }
    return true
  }

  #hand (network: number, buf: Uint8Array, at: number, len: number, segment: number, addressAt: number): void {
    const to = this.#networks.get(network)
    if (to === undefined) {
      this.foreign++
      return
    }
    // Guests first: residents use the octets.
    if (to.guests.length > 0) this.#pass(to.guests, buf, at, len, segment, addressAt)
    const last = to.residents.length - 1
    for (let i = 0; i < last; i++) {
      this.#copy.set(buf.subarray(at, at + len), HEADROOM)
      to.residents[i]!.sink.onTrain(this.#copy, HEADROOM, len, segment, addressAt)
      to.residents[i]!.sink.onBurstEnd()
    }
    if (last >= 0) to.residents[last]!.sink.onTrain(buf, at, len, segment, addressAt)
  }

  #pass (guests: readonly number[], buf: Uint8Array, at: number, len: number, segment: number, addressAt: number): void {
    const lead = at - LEAD
    for (let i = 0; i < ADDRESS; i++) buf[lead + i] = senderOctets[addressAt + i]!
    for (let i = 0; i < 4; i++) buf[lead + ADDRESS + i] = segment >>> (8 * i)
    for (let i = 0; i < guests.length; i++) if (native.send(guests[i]!, buf, lead, LEAD + len) < 0) this.lost++
    // Who receives into the slab next counts on clear headers.
    for (let i = 0; i < LEAD; i++) buf[lead + i] = 0
  }

  onBurstEnd (): void {
    for (const { residents } of this.#networks.values()) for (const { sink } of residents) sink.onBurstEnd()
  }

  #accept (): void {
    const failed = acceptBurst(this.#listener, (fd) => {
      const peer = peerOf(fd)
      if (peer === null || peer.uid < 0 || peer.uid !== process.geteuid!()) {
        this.#refuse(fd, EACCES, `its process ${process.pid} is of user ${process.geteuid!()}, who alone can share it`)
      } else if (this.#connections.size >= MAX_GUESTS) this.#refuse(fd, EMFILE, `${MAX_GUESTS} networks share it already`)
      else this.#welcome(fd)
      return true
    })
    // No descriptor is left: the connection waits, and the guest gives up.
    if (failed < 0) this.#loop.modify(this.#listener, 0)
  }

  #refuse (fd: number, errno: number, text: string): void {
    const answer = encodeWelcome({ errno, text })
    native.send(fd, answer, 0, answer.length)
    native.close(fd)
  }

  #welcome (fd: number): void {
    const timer = setTimeout(() => { this.#dismiss(fd) }, HELLO_MS)
    this.#connections.set(fd, { network: -1, timer })
    this.#loop.add(fd, IN, { onReady: () => { this.#hear(fd) } })
  }

  /** A guest says its network once; anything else, or its end, ends it. */
  #hear (fd: number): void {
    const connection = this.#connections.get(fd)
    const packet = new Uint8Array(MAX_HELLO)
    const count = native.receive(fd, packet, 0, packet.length)
    const network = count > 0 && count <= MAX_HELLO && connection?.network === -1 ? decodeHello(packet.subarray(0, count)) : null
    if (network === null || connection === undefined) return this.#dismiss(fd, count > 0 ? EINVAL : 0)
    if (connection.timer !== null) clearTimeout(connection.timer)
    connection.timer = null
    connection.network = network
    native.setBuffers(fd, GUEST_OCTETS, 0)
    const answer = encodeWelcome(null)
    native.send(fd, answer, 0, answer.length)
    this.#networkAt(network).guests.push(fd)
    this.#rewatch()
  }

  #dismiss (fd: number, errno: number = 0): void {
    const connection = this.#connections.get(fd)
    if (connection === undefined) return
    this.#connections.delete(fd)
    if (connection.timer !== null) clearTimeout(connection.timer)
    this.#loop.remove(fd)
    if (errno === 0) native.close(fd)
    else this.#refuse(fd, errno, 'its request is not understood')
    if (connection.network >= 0) {
      const { guests } = this.#networkAt(connection.network)
      guests.splice(guests.indexOf(fd), 1)
      this.#tidy(connection.network)
    }
    // One descriptor is free again.
    this.#loop.modify(this.#listener, IN)
    this.#rewatch()
  }

  #networkAt (network: number): Network {
    let found = this.#networks.get(network)
    if (found === undefined) this.#networks.set(network, found = { residents: [], guests: [] })
    return found
  }

  #tidy (network: number): void {
    const found = this.#networks.get(network)
    if (found !== undefined && found.residents.length + found.guests.length === 0) this.#networks.delete(network)
  }

  #rewatch (): void {
    const isWatching = [...this.#networks.values()].some(({ residents, guests }) =>
      guests.length > 0 || residents.some((resident) => resident.isWatching))
    if (isWatching === this.#isWatching) return
    this.#isWatching = isWatching
    this.#loop.modify(this.#fd, isWatching ? IN : 0)
  }

  #close (): void {
    this.#isWatching = false
    owners.delete(this.#name)
    for (const [fd, { timer }] of this.#connections) {
      if (timer !== null) clearTimeout(timer)
      this.#loop.remove(fd)
      native.close(fd)
    }
    this.#connections.clear()
    this.#networks.clear()
    this.#loop.remove(this.#listener)
    native.close(this.#listener)
    this.#loop.remove(this.#fd)
    native.close(this.#fd)
  }
}
