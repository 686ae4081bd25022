/**
 * A link's place at a UDP port that others may share: at our own PortOwner, or as the guest of another process. When the
 * owner ends, its guests race for the port: one gets it, the others connect to that one. Tried every RETRY_MS until it is
 * done; somebody else who took the port meanwhile is named once.
 */
import { ADDRESS, IN, RDHUP, SEQPACKET, native } from '@vde-ts/native'
import { HEADROOM, RX_BURST, VdeError, errnoName, type Watcher } from '@vde-ts/link'
import { SLOT_OCTETS, SLOT_STRIDE, receiveSlab } from '@vde-ts/link/receive-slab.js'
import { peerOf } from '../accounts.ts'
import { awaitReady, sleep } from '../await-ready.ts'
import { senderOctets, type TrainSink } from './datagram-receiver.ts'
import { describeHolder } from './port-holder.ts'
import { PortOwner, localOwner, type OwnerOptions } from './port-owner.ts'
import { HELLO_MS, LEAD, MAX_HELLO, decodeWelcome, encodeHello, ownerName, type PortKey } from './port-protocol.ts'

/** The original's word for every port it cannot have. */
const BUSY = 'ENETUNREACH'
const RETRY_MS = 20
/** Owners between two calls of theirs are waited for so long, in ms. */
const PATIENCE_MS = 200
/** So long after the owner ended people are told, in ms. */
const TELL_MS = 2000
const EINTR = 4
const EAGAIN = 11

/** What a seat is asked with. */
export interface SeatOptions extends OwnerOptions {
  readonly key: PortKey
  readonly network: number
  readonly action: string
  log (line: string): void
}

type Resident = ReturnType<PortOwner['enter']>

/** See above; made by {@link takeSeat}. Delivers nothing before `watch(true)`. */
export class PortSeat implements Watcher {
  readonly #options: SeatOptions
  readonly #sink: TrainSink
  #owner: PortOwner | null = null
  #resident: Resident | null = null
  #connection = -1
  #isWatching = false
  #isClosed = false

  constructor (options: SeatOptions, sink: TrainSink) {
    this.#options = options
    this.#sink = sink
  }

  /** True when this process owns the port. */
  get isOwner (): boolean { return this.#owner !== null }

  /** Sits down. @throws {VdeError} ENETUNREACH somebody else holds the port, EACCES, EAFNOSUPPORT */
  async take (): Promise<void> {
    const end = performance.now() + PATIENCE_MS
    for (;;) {
      const refusal = await this.#try()
      if (refusal === null) return
      if (performance.now() > end || refusal.code !== BUSY) throw refusal
      await sleep(RETRY_MS)
    }
  }

  /** One try of both. @returns why not, null when it is done */
  async #try (): Promise<VdeError | null> {
    try {
      this.#own()
      return null
    } catch (error) {
      if (!(error instanceof VdeError) || error.code !== 'EADDRINUSE') throw error
    }
    return await this.#join()
  }

  #own (): void {
    const { key, network, action } = this.#options
    this.#owner = localOwner(key) ?? new PortOwner(key, this.#options, action)
    this.#resident = this.#owner.enter(network, this.#sink)
    if (this.#isWatching) this.#owner.watch(this.#resident, true)
  }

  async #join (): Promise<VdeError | null> {
    const { key, loop } = this.#options
    const fd = native.unixSocket(SEQPACKET)
    const isThere = native.connectUnix(fd, ownerName(key)) >= 0
    const answer = isThere ? await this.#greet(fd) : null
    if (answer === true && !this.#isClosed) {
      this.#connection = fd
      loop.add(fd, this.#isWatching ? IN | RDHUP : RDHUP, this)
      return null
    }
    native.close(fd)
    return this.#isClosed ? null : this.#refusal(answer)
  }

  /** @returns true, what the owner says, or null: there is none who answers */
  async #greet (fd: number): Promise<true | string | null> {
    const uid = peerOf(fd)?.uid ?? -1
    if (uid !== process.geteuid!()) return `a process of user ${uid < 0 ? 'another namespace' : uid} shares it with others of that user alone`
    const hello = encodeHello(this.#options.network)
    if (native.send(fd, hello, 0, hello.length) < 0) return null
    try {
      await awaitReady(this.#options.loop, fd, IN | RDHUP, HELLO_MS, 'join', 'no answer')
    } catch { return null }
    const packet = new Uint8Array(MAX_HELLO)
    const count = native.receive(fd, packet, 0, packet.length)
    const answer = count > 0 && count <= MAX_HELLO ? decodeWelcome(packet.subarray(0, count)) : null
    return answer === null || answer === true ? answer : `${errnoName(answer.errno)}: ${answer.text}`
  }

  #refusal (answer: string | true | null): VdeError {
    const { key, action } = this.#options
    const detail = typeof answer === 'string'
      ? `UDP port ${key.port} is taken: ${answer}`
      : describeHolder(key.family, key.port, key.protocol)
    return new VdeError(BUSY, action, detail)
  }

  watch (isOn: boolean): void {
    this.#isWatching = isOn
    if (this.#owner !== null && this.#resident !== null) this.#owner.watch(this.#resident, isOn)
    else if (this.#connection >= 0) this.#options.loop.modify(this.#connection, isOn ? IN | RDHUP : RDHUP)
  }

  onReady (events: number): void {
    const result = (events & IN) !== 0 || this.#isWatching ? this.#receive() : 0
    if (result !== 0 || ((events & RDHUP) !== 0 && !this.#hasMore())) this.#lose()
  }

  /** What the owner had passed on is read before its end is believed, unless we are paused. */
  #hasMore (): boolean {
    if (!this.#isWatching || this.#connection < 0) return false
    return (native.poll(this.#connection, IN, 0) & IN) !== 0 && this.#receive() === 0
  }

  /** Takes bursts of packets. @returns 0, or less when the connection is over */
  #receive (): number {
    let left = this.#options.loop.frameShare
    while (left > 0 && this.#isWatching && this.#connection >= 0 && !receiveSlab.busy) {
      const { buf, lengths } = receiveSlab
      const want = Math.min(left, RX_BURST)
      const got = native.receiveBatch(this.#connection, buf, HEADROOM - LEAD, SLOT_STRIDE, LEAD + SLOT_OCTETS, want, lengths)
      if (got === -EAGAIN || got === -EINTR) return 0
      if (got <= 0 || lengths[0] === 0) return -1
      this.#deliver(got)
      left -= got
      if (got < want) return 0
    }
    return 0
  }

  #deliver (count: number): void {
    const { buf, lengths } = receiveSlab
    receiveSlab.busy = true
    for (let i = 0; i < count; i++) {
      const at = HEADROOM + i * SLOT_STRIDE
      const len = lengths[i]! - LEAD
      const segment = buf[at - 4]! | (buf[at - 3]! << 8) | (buf[at - 2]! << 16)
      for (let octet = 0; octet < LEAD; octet++) {
        senderOctets[i * LEAD + octet] = octet < ADDRESS ? buf[at - LEAD + octet]! : 0
        buf[at - LEAD + octet] = 0
      }
      if (len > 0 && len <= SLOT_OCTETS && segment > 0) this.#sink.onTrain(buf, at, len, segment, i * LEAD)
    }
    this.#sink.onBurstEnd()
    receiveSlab.renew(count)
    receiveSlab.busy = false
  }

  #lose (): void {
    if (this.#connection < 0) return
    this.#options.loop.remove(this.#connection)
    native.close(this.#connection)
    this.#connection = -1
    void this.#takeOver()
  }

  /** The owner has ended. */
  async #takeOver (): Promise<void> {
    const start = performance.now()
    let isTold = false
    while (!this.#isClosed) {
      const refusal = await this.#try().catch((error: unknown) => error as Error)
      if (refusal === null) break
      if (!isTold && performance.now() - start > TELL_MS) {
        isTold = true
        this.#options.log(`${refusal.message}; frames of others do not arrive until it is free`)
      }
      await sleep(RETRY_MS)
    }
    if (isTold && !this.#isClosed) this.#options.log(`UDP port ${this.#options.key.port} is ours again`)
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#owner !== null && this.#resident !== null) this.#owner.leave(this.#options.network, this.#resident)
    else if (this.#connection >= 0) {
      this.#options.loop.remove(this.#connection)
      native.close(this.#connection)
    }
  }
}

/** A seat for `sink`. @throws {VdeError} see {@link PortSeat.take} */
export const takeSeat = async (options: SeatOptions, sink: TrainSink): Promise<PortSeat> => {
  const seat = new PortSeat(options, sink)
  await seat.take()
  return seat
}
