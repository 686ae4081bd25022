/**
 * A link over datagrams that carry one frame each, between hosts that form one Ethernet without a switch in the middle:
 * what vxlan, geneve and vxvde have in common.
 *
 *     send --> host of the destination (Stations), or all hosts --> DatagramSender, lane of its flow
 *     DatagramReceiver --> onTrain --> Encapsulation.read --> learn the source --> Coalescer, when asked --> sink.onFrame
 *
 * A frame to a group, to an unknown station or to one that was silent for long goes to the flood targets: a multicast
 * group, or each of a list of hosts. What arrives is never sent on. Datagrams of ours that come back (multicast, a list
 * with ourselves in it) are told by their sender: one of our ports at one of our addresses.
 *
 * `send` takes super-frames: cut, they leave as one datagram that the kernel cuts on its way (UDP_SEGMENT). When asked
 * (`setOffload`), segments of one TCP stream that arrive together are delivered as one super-frame.
 */
import { ADDRESS_STRIDE, native } from '@vde-ts/native'
import { type Flushable, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import { SendRing } from '@vde-ts/link/send-ring.js'
import { tooBigText } from '@vde-ts/link/too-big.js'
import { Coalescer } from '@vde-ts/frame/coalesce.js'
import { HEADER, isGroup } from '@vde-ts/frame/ethernet.js'
import { flowHash } from '@vde-ts/frame/flow-hash.js'
import { clearOffload, isPlain } from '@vde-ts/frame/offload.js'
import { finishPartial } from '@vde-ts/frame/partial-checksum.js'
import { Segmenter } from '@vde-ts/frame/segment.js'
import { ADDRESS_WORDS, LocalAddresses, isMulticast, portOf } from '../internet/address.ts'
import { senderOctets, senderWords, type TrainSink } from '../internet/datagram-receiver.ts'
import type { DatagramSender } from '../internet/datagram-sender.ts'
import { CRITICAL, FOREIGN, NO_FRAME, type Encapsulation } from './encapsulation.ts'
import type { Stations } from './stations.ts'

/** Octets of the longest datagram: IP counts to 65 535, headers included. */
const MAX_DATAGRAM = 65_507
/** What is kept while paused; more is dropped, as a full socket does it. */
const KEPT_OCTETS = 4 * 1024 * 1024
const TICK_MS = 1000

/** The process's: a frame is cut and sent on before the next one is looked at. */
const segmenter = new Segmenter()
const local = new LocalAddresses()

/** Where datagrams come from: a socket, or a share of one. */
export interface TrainSource {
  /** Starts or stops delivering to the link. Opened stopped. */
  watch (isOn: boolean): void
  close (): void
}

/** Whom frames go to. */
export interface Peers {
  /** Null: all frames go to the flood, whoever is behind it. */
  readonly stations: Stations | null
  /** Addresses of the flood, ADDRESS_WORDS each; none: frames to unknown stations are dropped. */
  readonly flood: Int32Array
  /** Stations are those that are known from the start: nobody is believed to be anywhere else. Absent: they are learnt. */
  readonly isFixed?: boolean
  /** Only hosts of the flood are listened to. Absent: whoever sends is. */
  readonly isClosed?: boolean
  /** Frames to one station that is not known are dropped; those to groups go to the flood all the same. */
  readonly dropsUnknown?: boolean
}

/** What an overlay is made of. */
export interface OverlayParts extends Peers {
  readonly label: string
  readonly codec: Encapsulation
  readonly sender: DatagramSender
  /** Others send by it too: it is not ours to close. */
  readonly sharesSender?: boolean
  /** Ports that the lanes of the sender are bound to, in their order. */
  readonly ports: readonly number[]
  /** First word of the address of every host: family and port, in place of the sender's. 0: as it was received. */
  readonly hostWord: number
  /** MTU of an interface on this link, so that its datagrams pass the path whole. */
  readonly mtu: number
  /** A number that strangers cannot know. */
  readonly seed: number
  /** Run once when the link is closed, before its sockets are. */
  readonly onClose?: () => void
  /** Closes what belongs to it. */
  readonly release: () => void
  log (line: string): void
}

/** See above. `sources` are given when they are there: {@link OverlayLink.start}. */
export class OverlayLink implements Link, Flushable, TrainSink {
  readonly offload = true
  readonly maxFrame: number
  readonly label: string
  readonly mtu: number
  /** Datagrams that carried no frame of this network: another VNI, not understood, too short. */
  foreign = 0
  malformed = 0
  /** Those with an option that is not known and must not be ignored. */
  critical = 0
  runts = 0
  /** Datagrams of hosts that are not listened to. */
  strangers = 0
  /** Frames that arrived while paused, beyond what can be kept. */
  overflow = 0
  /** Frames to stations that nobody knows, where there is nobody to ask. */
  unknown = 0
  /** Super-frames whose offload header lies. */
  unfinished = 0
  /** Frames longer than a datagram can carry, or whose segments are. */
  tooBig = 0

  readonly #parts: OverlayParts
  readonly #sink: FrameSink
  readonly #loop: Loop
  readonly #kept = new SendRing({ maxFrames: Infinity, maxOctets: KEPT_OCTETS, lead: 'offload' })
  readonly #coalescer: Coalescer
  readonly #ticker: NodeJS.Timeout
  #peers: Peers
  #floodCount: number
  readonly #trailer: number
  #sources: readonly TrainSource[] = []
  #hasOffload = false
  #isPaused = true
  #isDirty = false
  /** `send` answered false: `onWritable` is owed. */
  #isFull = false
  #isReplaying = false
  #isClosed = false
  #refusal = 0

  constructor (parts: OverlayParts, sink: FrameSink, loop: Loop) {
    this.label = parts.label
    this.#trailer = parts.codec.trailer ?? 0
    this.maxFrame = MAX_DATAGRAM - parts.codec.header - this.#trailer
    this.mtu = parts.mtu
    this.#parts = parts
    this.#peers = parts
    this.#sink = sink
    this.#loop = loop
    this.#floodCount = parts.flood.length * 4 / ADDRESS_STRIDE
    this.#coalescer = new Coalescer((buf, off, len) => { this.#deliver(buf, off, len) })
    this.#ticker = setInterval(() => { this.#peers.stations?.tick(Math.floor(performance.now() / 1000)) }, TICK_MS)
    this.#ticker.unref()
  }

  /** The link has its sources, which deliver to it. */
  start (sources: readonly TrainSource[]): void { this.#sources = sources }

  /** Others are there from now on. */
  setPeers (peers: Peers): void {
    this.#peers = peers
    this.#floodCount = peers.flood.length * 4 / ADDRESS_STRIDE
  }

  get rxDrops (): number {
    return this.foreign + this.malformed + this.critical + this.runts + this.strangers + this.overflow
  }

  get txDrops (): number { return this.#parts.sender.drops + this.unknown + this.unfinished + this.tooBig }
  get queued (): number { return this.#parts.sender.frames }

  /** Whether segments of a stream are delivered together. Super-frames are taken in any case. */
  setOffload (isOn: boolean): number {
    this.#hasOffload = isOn
    return 0
  }

  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isClosed) return true
    // A super-frame and a half fill the sender: written at once, a turn has as many as the interface gives.
    if (!this.#parts.sender.hasRoom && !this.#parts.sender.flush()) {
      this.#isFull = true
      this.#mark()
      return false
    }
    const isOnePiece = isPlain(buf, off)
    if (isOnePiece && len > this.maxFrame) {
      this.#refuse(len)
      return true
    }
    this.#route(buf, off, len, isOnePiece)
    this.#mark()
    return true
  }

  /** Has what the sender holds written at the end of the turn; others may share it, so it need not be ours. */
  #mark (): void {
    if (this.#isDirty || this.#parts.sender.frames === 0) return
    this.#isDirty = true
    this.#loop.markDirty(this)
  }

  /** Finds where a frame goes, all segments of it. */
  #route (buf: Uint8Array, off: number, len: number, isOnePiece: boolean): void {
    const { ports, seed } = this.#parts
    const { stations, flood, dropsUnknown } = this.#peers
    const isToAll = stations === null || isGroup(buf, off)
    const host = isToAll ? -1 : stations.find(buf, off)
    const addresses = stations === null || host < 0 ? flood : stations.words
    const count = host >= 0 ? 1 : dropsUnknown === true && !isToAll ? 0 : this.#floodCount
    if (count === 0) {
      this.unknown++
      return
    }
    const lane = ports.length === 1 ? 0 : flowHash(buf, off, len, seed) % ports.length
    if (isOnePiece) this.#put(lane, buf, off, len, addresses, Math.max(host, 0), count)
    else this.#cut(lane, buf, off, len, addresses, Math.max(host, 0), count)
  }

  #cut (lane: number, buf: Uint8Array, off: number, len: number, addresses: Int32Array, first: number, count: number): void {
    const segments = segmenter.cut(buf, off, len)
    if (segments <= 0) this.unfinished++
    else if (segmenter.frame.largest > this.maxFrame) this.#refuse(segmenter.frame.largest)
    else {
      const { buf: from } = segmenter
      for (let i = 0; i < segments; i++) this.#put(lane, from, segmenter.at(i), segmenter.len(i), addresses, first, count)
    }
  }

  /** Too big: counted each time, named once. */
  #refuse (len: number): void {
    if (this.tooBig++ === 0) this.#parts.log(tooBigText(this, len))
  }

  #put (lane: number, buf: Uint8Array, off: number, len: number, addresses: Int32Array, first: number, count: number): void {
    const { sender, codec } = this.#parts
    const at = sender.headerAt
    codec.write(sender.buf, at)
    if (sender.put(lane, codec.header, buf, off, len, this.#trailer, addresses, first, count)) codec.seal?.(sender.buf, at, len)
  }

  onTrain (buf: Uint8Array, at: number, len: number, segment: number, addressAt: number): void {
    if (this.#isClosed || this.#isOurs(addressAt)) return
    const { hostWord } = this.#parts
    const { stations, isFixed, isClosed } = this.#peers
    const words = addressAt / 4
    if (isClosed === true && !this.#isPeer(words)) {
      this.strangers += Math.ceil(len / segment)
      return
    }
    const first = hostWord === 0 ? senderWords[words]! : hostWord
    const host = stations === null || isFixed === true ? -1 : stations.hostOf(first, senderWords, words)
    for (let done = 0; done < len && !this.#isClosed; done += segment) {
      this.#open(buf, at + done, Math.min(segment, len - done), host, words)
    }
  }

  /** Whether the sender at `words` is one of the flood, whatever port it sends from. */
  #isPeer (words: number): boolean {
    const { flood } = this.#peers
    for (let at = 0; at < flood.length; at += ADDRESS_WORDS) {
      let word = 1
      while (word < ADDRESS_WORDS && flood[at + word] === senderWords[words + word]) word++
      if (word === ADDRESS_WORDS) return true
    }
    return false
  }

  /** One datagram. */
  #open (buf: Uint8Array, at: number, size: number, host: number, words: number): void {
    const header = this.#parts.codec.read(buf, at, size)
    if (header < 0) return this.#count(header, words)
    const len = size - header - this.#trailer
    if (len < HEADER) {
      this.runts++
      return
    }
    const off = at + header
    this.#peers.stations?.learn(buf, off + 6, host)
    if (this.#hasOffload) return this.#coalescer.push(buf, off, len)
    clearOffload(buf, off)
    this.#deliver(buf, off, len)
  }

  #count (reason: number, words: number): void {
    if (reason === NO_FRAME) this.#peers.stations?.forget(senderWords, words)
    else if (reason === FOREIGN) this.foreign++
    else if (reason === CRITICAL) this.critical++
    else this.malformed++
  }

  onBurstEnd (): void { this.#coalescer.flush() }

  #isOurs (addressAt: number): boolean {
    const port = portOf(senderOctets, addressAt)
    return this.#parts.ports.includes(port) && local.has(senderOctets, addressAt)
  }

  #deliver (buf: Uint8Array, off: number, len: number): void {
    if (this.#isClosed) return
    if (isPlain(buf, off)) finishPartial(buf, off, len)
    // Behind what was kept: a source may go on while the link is paused.
    if (!this.#isPaused && this.#kept.frames === 0) this.#sink.onFrame(buf, off, len)
    else if (!this.#kept.push(buf, off, len)) this.overflow++
  }

  pause (): void {
    if (this.#isPaused || this.#isClosed) return
    this.#isPaused = true
    for (const source of this.#sources) source.watch(false)
  }

  resume (): void {
    if (!this.#isPaused || this.#isClosed) return
    this.#isPaused = false
    // What was kept comes first, at the end of the turn.
    if (this.#kept.frames > 0) this.#loop.markDirty(this)
    else this.#watch()
  }

  #watch (): void { for (const source of this.#sources) source.watch(true) }

  /** The loop calls it at the end of a turn in which something was sent, or after a pause. */
  flush (): void {
    if (this.#kept.frames > 0 && !this.#isPaused) this.#replay()
    this.#isDirty = false
    if (this.#isClosed) return
    const { sender } = this.#parts
    const isDone = sender.flush()
    this.#tellRefusal()
    if (isDone && this.#isFull) this.#tellRoom()
  }

  #replay (): void {
    if (this.#isReplaying) return
    this.#isReplaying = true
    const kept = this.#kept
    while (kept.frames > 0 && !this.#isPaused && !this.#isClosed) {
      this.#sink.onFrame(kept.headBuf, kept.headAt, kept.headLen)
      kept.drop(1)
    }
    this.#isReplaying = false
    if (this.#isClosed) kept.clear()
    else if (!this.#isPaused) this.#watch()
  }

  /** For the sender: a socket that was full has room. */
  onRoom (): void { if (this.#isFull && !this.#isClosed) this.#tellRoom() }

  #tellRoom (): void {
    this.#isFull = false
    this.#sink.onWritable()
  }

  /** One line when datagrams begin to be refused, none while that goes on. */
  #tellRefusal (): void {
    const { refusal } = this.#parts.sender
    if (refusal !== 0 && refusal !== this.#refusal) this.#parts.log(`${this.label}: frames are lost: ${native.strerror(-refusal)}`)
    this.#refusal = refusal
  }

  close (): void {
    if (this.#isClosed) return
    this.#parts.onClose?.()
    const { sender, sharesSender } = this.#parts
    if (sharesSender === true) sender.flush()
    else sender.close()
    this.#isClosed = true
    clearInterval(this.#ticker)
    for (const source of this.#sources) source.close()
    if (!this.#isReplaying) this.#kept.clear()
    this.#parts.release()
  }
}

/** The flood targets of a list of addresses. */
export const floodOf = (addresses: readonly Uint8Array[]): Int32Array => {
  const octets = new Uint8Array(addresses.length * ADDRESS_STRIDE)
  addresses.forEach((address, i) => { octets.set(address, i * ADDRESS_STRIDE) })
  return new Int32Array(octets.buffer)
}

/** True when one of them is a multicast group. */
export const hasGroup = (addresses: readonly Uint8Array[]): boolean => addresses.some((address) => isMulticast(address))
