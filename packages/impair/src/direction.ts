/**
 * One direction of an impaired link: what happens to its frames, in this order.
 *
 *     offer --down? mtu? lost?--> copies --capacity? full? RED?--> queue --CoDel?--> line --> delay line --> ready --> output
 *                                                     without a rate: ----------------------> delay line
 *
 *     queue       waits for the line, which takes one frame after the other for length / rate
 *     delay line  FIFO (only its head is in the engine's order), or each frame by itself
 *     ready       due, and the output is full or paused
 *
 * A frame meets what was set when it arrived (loss, delay) or when it reaches the line (rate); a change touches no frame
 * that is on its way.
 * A frame that need not wait and stays as it is goes on at once, from where it lies.
 */
import { isPlain } from '@vde-ts/frame/offload.js'
import { Counters, type Drops } from './counters.ts'
import type { Engine } from './engine.ts'
import { Fate } from './fate.ts'
import { STREAMS } from './random.ts'
import type { Replay } from './record.ts'
import { NOTHING, isNothing, isPureDelay, type Settings } from './settings.ts'
import { drawn, least } from './value.ts'
import { Way, type WayHost } from './way.ts'

/** Where frames go, and who is told that there is room again. */
export interface Output {
  /** One frame now; HEADROOM and a zero offload header in front of it, unless it was offered with another one. */
  deliver (buf: Uint8Array, off: number, len: number): boolean
  /** {@link Direction.isHolding} has become false, or the direction empty. */
  onRoom (): void
  /** Other settings hold now. Absent: nobody wants to know. */
  onSettings? (): void
}

/** Sees what is decided about every frame of one direction. */
export interface Recorder {
  /** Chance has decided about frame `index`. @param reason why it is lost; null: it is not, ask `fate` */
  onJudged (index: number, len: number, reason: keyof Drops | null, fate: Fate, settings: Settings): void
  /** One copy of it found no room. */
  onDropped (index: number, len: number, reason: keyof Drops): void
}

/** See above. */
export class Direction implements WayHost {
  readonly counters: Counters = new Counters()
  /** Octets by which each frame is longer in every reckoning: 2 as the original counts, else 0. */
  readonly #added: number
  /** Frames offered so far: the number of the next one, from 0. */
  index = 0
  /** Frames leave in the order they came. */
  isFifo = true
  /** False: nothing passes. */
  isUp = true
  recorder: Recorder | null = null
  /** Told the octets of each frame that was handed on. Whoever sees frames sees them as they are on the wire. */
  onDelivered: ((len: number) => void) | null = null

  readonly #engine: Engine
  readonly #output: Output
  readonly #seed: number
  readonly #number: number
  #fate: Fate | null = null
  #settings: Settings = NOTHING
  #isNothing = true
  #isPureDelay = true
  #isFollowing = false
  readonly #way: Way

  constructor (engine: Engine, output: Output, seed: number, direction: number, added: number = 0) {
    this.#engine = engine
    this.#output = output
    this.#seed = seed
    this.#number = direction
    this.#added = added
    this.#way = new Way(engine, output, this, NOTHING, added)
  }

  /** Has frames meet the decisions of a record; null: those of the seed again. */
  follow (replay: Replay | null): void {
    this.theFate().follow(replay)
    this.#isFollowing = replay !== null
    this.#classify()
  }

  #classify (): void {
    this.#isNothing = !this.#isFollowing && isNothing(this.#settings)
    this.#isPureDelay = !this.#isFollowing && isPureDelay(this.#settings)
  }

  get settings (): Settings { return this.#settings }

  /** From now on; frames on their way stay as they are, the line goes on at its new rate. */
  set settings (settings: Settings) {
    const before = this.#settings
    this.#settings = settings
    this.#classify()
    this.#way.onSettings(before, settings)
    this.#output.onSettings?.()
  }

  /** Frames on their way. */
  get waiting (): number { return this.#way.waiting }
  /** Octets of them, as reckoned. */
  get waitingOctets (): number { return this.#way.octets }
  /** Frames that wait for the line. */
  get queued (): number { return this.#way.queued }
  /** The sender has to wait: {@link offer} takes nothing. */
  get isHolding (): boolean { return this.#way.isHolding }

  /** Takes a frame. False: not now, `onRoom` follows. @param hasHeader as in {@link Engine.store} */
  offer (buf: Uint8Array, off: number, len: number, hasHeader: boolean): boolean {
    if (this.#way.isClosed) return true
    if (this.isHolding) return false
    if (!hasHeader || isPlain(buf, off)) return this.#offerPlain(buf, off, len, hasHeader)
    return this.#offerUnfinished(buf, off, len)
  }

  #offerPlain (buf: Uint8Array, off: number, len: number, hasHeader: boolean): boolean {
    if (this.#isNothing && this.isUp && this.#way.waiting === 0 && this.recorder === null) return this.#passOn(buf, off, len)
    const index = this.#count(len, 1)
    const reason = this.#judge(index, len)
    this.#engine.now()
    if (this.recorder !== null) this.recorder.onJudged(index, len, reason, this.theFate(), this.#settings)
    if (reason !== null) {
      this.counters.drops[reason]++
      return true
    }
    const { copies } = this.theFate()
    this.counters.duplicated += copies - 1
    for (let copy = 0; copy < copies && !this.#way.isClosed; copy++) this.#enter(buf, off, len, hasHeader, index, copy)
    return true
  }

  /** Nothing is to be done and nothing waits: as if there were no link in between. */
  #passOn (buf: Uint8Array, off: number, len: number): boolean {
    if (!this.#output.deliver(buf, off, len)) return false
    this.index++
    const counters = this.counters
    counters.inFrames++
    counters.inOctets += len
    this.delivered(len)
    return true
  }

  /** For {@link Way}. */
  delivered (len: number): void {
    this.counters.outFrames++
    this.counters.outOctets += len
    if (this.onDelivered !== null) this.onDelivered(len)
  }

  #count (octets: number, frames: number): number {
    const index = this.index
    this.index += frames
    this.counters.inFrames += frames
    this.counters.inOctets += octets
    return index
  }

  #judge (index: number, len: number): keyof Drops | null {
    const s = this.#settings
    this.theFate().judge(s, index, len)
    if (!this.isUp) return 'down'
    if (least(s.mtu) > 0) {
      this.theFate().draw(s.mtu, STREAMS.mtuValue, index)
      if (len + this.#added > drawn[0]) return 'mtu'
    }
    return this.theFate().isLost ? 'loss' : null
  }

  /** For {@link Way}. */
  drop (reason: keyof Drops, index: number, len: number): void {
    this.counters.drops[reason]++
    this.recorder?.onDropped(index, len, reason)
  }

  /** A frame with work left to do: whole where all of it meets the same, else its segments. */
  #offerUnfinished (buf: Uint8Array, off: number, len: number): boolean {
    const cutter = this.#engine.enter()
    let isTaken = true
    if (this.#isPureDelay && this.isUp && this.recorder === null && this.onDelivered === null) {
      const isSound = cutter.frame.read(buf, off, len)
      if (isSound) isTaken = this.#offerWhole(cutter.frame.segments, cutter.frame.octets, buf, off, len)
      else this.#dropMalformed(len)
    } else {
      const count = cutter.cut(buf, off, len)
      if (count <= 0) this.#dropMalformed(len)
      for (let i = 0; i < count && !this.#way.isClosed; i++) this.#offerPlain(cutter.buf, cutter.at(i), cutter.len(i), true)
    }
    this.#engine.leave()
    return isTaken
  }

  #offerWhole (segments: number, octets: number, buf: Uint8Array, off: number, len: number): boolean {
    if (this.#isNothing && this.#way.waiting === 0) {
      if (!this.#output.deliver(buf, off, len)) return false
      this.counters.outFrames += segments
      this.counters.outOctets += octets
      this.#count(octets, segments)
      return true
    }
    const index = this.#count(octets, segments)
    this.#engine.now()
    const node = this.#way.store(buf, off, len, true, index)
    if (node < 0) return true
    this.#engine.due[node] = this.#engine.arrived[node] + this.#settings.delay.base
    this.#way.enterDelay(node)
    return true
  }

  #dropMalformed (len: number): void {
    this.drop('malformed', this.#count(len, 1), len)
  }

  /** One copy of a frame that was not lost begins its way. */
  #enter (buf: Uint8Array, off: number, len: number, hasHeader: boolean, index: number, copy: number): void {
    const s = this.#settings
    const octets = len + this.#added
    const isFlipped = this.theFate().mayFlip && this.theFate().isFlipped(s, index, copy)
    const isOvertaking = this.theFate().isReordered && copy === 0
    if (isOvertaking) drawn[0] = 0
    else this.theFate().drawDelay(s, index, copy)
    if (s.speed.base > 0) this.#way.slowDown(octets, index)
    const delay = drawn[0]
    const hasLine = s.rate.base !== 0 || this.#way.hasBusyLine
    const mayPass = delay === 0 && (this.#way.waiting === 0 || isOvertaking || !this.isFifo)
    if (mayPass && !hasLine && !isFlipped && this.#way.tryNow(buf, off, len)) {
      if (isOvertaking) this.counters.reordered++
      return
    }
    const refusal = this.#refusal(octets, index, hasLine)
    if (refusal !== null) return this.drop(refusal, index, len)
    const node = this.#way.store(buf, off, len, hasHeader, index)
    if (node < 0) return
    if (isFlipped) {
      this.counters.corrupted++
      this.theFate().flip(s, index, copy, this.#engine.buf(node), this.#engine.at(node))
    }
    this.#engine.delay[node] = isOvertaking ? -1 : delay
    if (hasLine) this.#way.enterLine(node)
    else if (isOvertaking) this.#way.overtake(node)
    else {
      this.#engine.due[node] = this.#engine.arrived[node] + delay
      this.#way.enterDelay(node)
    }
  }

  /** Why the frame finds no room, or null. */
  #refusal (octets: number, index: number, hasLine: boolean): keyof Drops | null {
    const s = this.#settings
    if (s.capacity.base > 0 || s.capacity.spread > 0) {
      this.theFate().draw(s.capacity, STREAMS.capacityValue, index)
      if (this.#way.octets + octets > drawn[0]) return 'capacity'
    }
    return hasLine ? this.#way.lineRefusal(octets, index) : null
  }

  /** For {@link Way}. */
  theFate (): Fate {
    this.#fate ??= new Fate(this.#seed, this.#number)
    return this.#fate
  }

  /** The output may have room: sends what is due. */
  drain (): void { this.#way.drain() }

  /** Drops every frame on its way and takes no more. */
  close (): void { this.#way.close() }
}
