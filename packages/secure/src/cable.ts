/**
 * The link of an encrypted cable: an overlay of one host (overlay-link.ts), whose encapsulation seals and opens.
 *
 *     send --> OverlayLink --> Tunnel.write, seal --> DatagramSender
 *     SocketSource --> Tunnel.from --> OverlayLink --> Tunnel.read --> sink
 *
 * The socket is read as long as the link exists, also while it is paused: the peer waits for answers. What arrives then
 * is kept, up to the bound of the overlay.
 */
import { ADDRESS, ADDRESS_STRIDE, native } from '@vde-ts/native'
import { systemError, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import { ADDRESS_WORDS, formatAddress, portOf } from '@vde-ts/schemes/internet/address.js'
import { senderWords } from '@vde-ts/schemes/internet/datagram-receiver.js'
import { DatagramSender } from '@vde-ts/schemes/internet/datagram-sender.js'
import { SocketSource } from '@vde-ts/schemes/internet/socket-source.js'
import { OverlayLink } from '@vde-ts/schemes/overlay/overlay-link.js'
import type { Credentials } from './credentials.ts'
import { Tunnel } from './tunnel.ts'

const TICK_MS = 250

/** What a cable is made of. */
export interface CableParts {
  readonly label: string
  readonly credentials: Credentials
  /** Finds the address of the listener; null: we are it. */
  readonly lookUp: (() => Promise<Uint8Array>) | null
  /** The address as it was found when the cable was opened. */
  readonly peer: Uint8Array | null
  readonly mtu: number
  readonly seed: number
  log (line: string): void
}

/** See above. Opened down. */
export class Cable implements Link {
  readonly offload = true
  readonly label: string
  readonly mtu: number
  downDrops = 0
  readonly #tunnel: Tunnel
  readonly #overlay: OverlayLink
  readonly #ticker: NodeJS.Timeout
  #isClosed = false

  /** Takes over `fd`, a UDP socket. @throws {VdeError} EMFILE; the socket is closed then */
  constructor (fd: number, parts: CableParts, sink: FrameSink, loop: Loop) {
    this.label = parts.label
    this.mtu = parts.mtu
    const lane = laneOf(fd, parts.label)
    this.#tunnel = this.#tunnelOn(lane, parts, sink)
    this.#overlay = this.#overlayOn(lane, parts, sink, loop)
    const source = new SocketSource(fd, loop, {
      onTrain: (buf, at, len, segment, addressAt) => {
        this.#tunnel.from(senderWords, addressAt / 4)
        this.#overlay.onTrain(buf, at, len, segment, addressAt)
      },
      onBurstEnd: () => { this.#overlay.onBurstEnd() }
    })
    source.watch(true)
    this.#overlay.start([{ watch () {}, close () { source.close() } }])
    this.#ticker = setInterval(() => { this.#tunnel.tick() }, TICK_MS)
    this.#ticker.unref()
    this.#tunnel.tick()
  }

  #tunnelOn (lane: number, { credentials, peer, lookUp, label, log }: CableParts, sink: FrameSink): Tunnel {
    const message = new Int32Array(4)
    const tunnel: Tunnel = new Tunnel({
      isInitiator: peer !== null,
      credentials,
      now: () => performance.now(),
      clock: () => Date.now(),
      transmit (datagram, len, to) {
        message[1] = len
        // Lost where there is no room or no way: it is sent again, or something later is.
        native.sendTo(lane, datagram, message, 0, 1, new Uint8Array(to.buffer, to.byteOffset, ADDRESS_STRIDE))
      },
      lookUp () {
        // Who has no address now may have one at the next try.
        lookUp?.().then((address) => { tunnel.moveTo(wordsOf(address)) }, () => {})
      },
      nameOf: (words) => {
        const octets = new Uint8Array(words.buffer, words.byteOffset, ADDRESS_STRIDE)
        return `${formatAddress(octets)}:${portOf(octets)}`
      },
      onUp: () => { if (!this.#isClosed) sink.onUp() },
      onDown: (why) => { if (!this.#isClosed) sink.onDown(why) },
      log: (line) => { log(`${label}: ${line}`) }
    })
    if (peer !== null) tunnel.moveTo(wordsOf(peer))
    return tunnel
  }

  #overlayOn (lane: number, { label, mtu, seed, log }: CableParts, sink: FrameSink, loop: Loop): OverlayLink {
    const overlay: OverlayLink = new OverlayLink({
      label,
      codec: this.#tunnel,
      stations: null,
      flood: this.#tunnel.peer,
      sender: new DatagramSender([lane], loop, () => { overlay.onRoom() }),
      // What comes from an address and port like ours is told by its keys.
      ports: [-1],
      hostWord: 0,
      mtu,
      seed,
      release: () => {
        this.#tunnel.close()
        native.close(lane)
      },
      log
    }, sink, loop)
    return overlay
  }

  get maxFrame (): number { return this.#overlay.maxFrame }
  get isUp (): boolean { return this.#tunnel.isUp }
  get queued (): number { return this.#overlay.queued }
  get rxDrops (): number { return this.#overlay.rxDrops }
  get txDrops (): number { return this.#overlay.txDrops }

  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#tunnel.isUp) return this.#overlay.send(buf, off, len)
    this.downDrops++
    return true
  }

  setOffload (isOn: boolean): number { return this.#overlay.setOffload(isOn) }
  pause (): void { this.#overlay.pause() }
  resume (): void { this.#overlay.resume() }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#ticker)
    this.#overlay.close()
  }
}

const wordsOf = (address: Uint8Array): Int32Array => new Int32Array(address.buffer, address.byteOffset, ADDRESS_WORDS)

/** A second descriptor: watched apart for what it receives and for room to send. */
const laneOf = (fd: number, label: string): number => {
  const lane = native.duplicate(fd, 0)
  if (lane >= 0) return lane
  native.close(fd)
  throw systemError(lane, `open ${label}`)
}

/** The port that a socket has, as text behind the host that was asked for. */
export const localName = (fd: number): string => {
  const address = new Uint8Array(ADDRESS_STRIDE)
  native.localAddress(fd, address, 0, ADDRESS)
  return `${formatAddress(address)}:${portOf(address)}`
}
