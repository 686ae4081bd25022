/**
 * Frames of one direction that are on their way: behind what was decided about them when they came.
 *
 *     store --> enterLine --> queue, line --> leaveLine --> delay line --> release --> outlet --> output
 *           --> enterDelay ---------------------------------------^            overtake --^
 */
import type { Counters, Drops } from './counters.ts'
import { DelayLine, type Arrival } from './delay-line.ts'
import type { Output } from './direction.ts'
import type { Engine } from './engine.ts'
import type { Fate } from './fate.ts'
import { Ingress } from './ingress.ts'
import { Line, type LineHost } from './line.ts'
import { Outlet, type OutletHost } from './outlet.ts'
import { STREAMS } from './random.ts'
import type { Settings } from './settings.ts'
import { drawn } from './value.ts'

/** Whose frames they are. */
export interface WayHost {
  readonly isFifo: boolean
  readonly counters: Counters
  /** Draws what is due when a frame reaches the line. */
  theFate (): Fate
  /** Frame `index` goes nowhere. */
  drop (reason: keyof Drops, index: number, len: number): void
  /** One was handed on. */
  delivered (len: number): void
}

/** See above. */
export class Way implements LineHost, OutletHost, Arrival {
  /** Frames, and octets as reckoned, in queue, line, delay line and ready. */
  waiting = 0
  octets = 0
  isClosed = false
  /** What holds, see {@link onSettings}. A copy: asked of the host for each frame it cost a tenth of the speed. */
  settings: Settings
  readonly #added: number
  readonly #engine: Engine
  readonly #output: Output
  readonly #host: WayHost
  readonly #outlet: Outlet
  /** Made when they are first needed: most links of a large process never have a rate. */
  #ingress: Ingress | null = null
  #line: Line | null = null
  #delayLine: DelayLine | null = null

  /** @param added octets by which each frame is longer in every reckoning */
  constructor (engine: Engine, output: Output, host: WayHost, settings: Settings, added: number) {
    this.settings = settings
    this.#added = added
    this.#engine = engine
    this.#output = output
    this.#host = host
    this.#outlet = new Outlet(engine, this)
  }

  /** Frames that wait for the line. */
  get queued (): number { return this.#line?.queue.frames ?? 0 }
  /** A frame is on the line, so that later ones queue, whatever is set. */
  get hasBusyLine (): boolean { return this.#line !== null && this.#line.isBusy }
  /** The sender has to wait. */
  get isHolding (): boolean { return this.#outlet.isFull || (this.#ingress !== null && this.#ingress.isBusy) }

  onSettings (before: Settings, after: Settings): void {
    this.settings = after
    this.#line?.onSettings(before, after)
    if (before.speed !== after.speed) this.#ingress?.forget()
  }

  // ---- in ----

  /** Sends from where the frame lies. False: the output is full. */
  tryNow (buf: Uint8Array, off: number, len: number): boolean {
    if (!this.#outlet.isEmpty || !this.#output.deliver(buf, off, len)) return false
    this.#host.delivered(len)
    return true
  }

  /** Why a frame of `octets` finds no room in front of the line, or null. */
  lineRefusal (octets: number, index: number): keyof Drops | null { return this.#theLine().refusal(octets, index) }

  /** Keeps a copy. @returns its node; -1: there was no memory, it is dropped and counted */
  store (buf: Uint8Array, off: number, len: number, hasHeader: boolean, index: number): number {
    const node = this.#engine.store(this.#theDelayLine(), buf, off, len, hasHeader)
    if (node < 0) {
      this.#host.drop('memory', index, len)
      return node
    }
    this.#engine.index[node] = index
    this.#engine.arrived[node] = this.#engine.clock[0]
    this.waiting++
    this.octets += len + this.#added
    return node
  }

  #theLine (): Line {
    this.#line ??= new Line(this.#engine, this, this.#host.theFate())
    return this.#line
  }

  #theDelayLine (): DelayLine {
    this.#delayLine ??= new DelayLine(this.#engine, this)
    return this.#delayLine
  }

  /** Has the sender wait, and adds the time of receiving to the delay drawn for the frame. */
  slowDown (octets: number, index: number): void {
    const s = this.settings
    const delay = drawn[0]
    this.#host.theFate().draw(s.speed, STREAMS.speedValue, index)
    this.#ingress ??= new Ingress(this.#engine, this.#output)
    this.#ingress.receive(octets)
    // With a rate the line's time takes its place.
    drawn[0] = s.rate.base > 0 ? delay : delay + drawn[0]
  }

  enterLine (node: number): void { this.#theLine().enter(node) }

  /** Leaves at `due[node]`, or later where FIFO wants it. */
  enterDelay (node: number): void { this.#theDelayLine().enter(node, this.#host.isFifo) }

  overtake (node: number): void {
    this.#host.counters.reordered++
    this.release(node)
  }

  // ---- behind the queue ----

  /** For {@link Line}. */
  reckoned (node: number): number { return this.#engine.len[node] + this.#added }

  /** For {@link Line}: the frame has been sent. */
  leaveLine (node: number): void {
    const delay = this.#engine.delay[node]
    this.#engine.due[node] += delay
    if (delay < 0) this.overtake(node)
    else this.enterDelay(node)
  }

  /** For {@link Line}. */
  dropNode (reason: keyof Drops, node: number): void {
    this.#host.drop(reason, this.#engine.index[node], this.#engine.len[node])
    this.#forget(node)
    if (this.waiting === 0) this.#output.onRoom()
  }

  // ---- output ----

  /** For {@link DelayLine}: the frame is due. */
  release (node: number): void {
    if (this.#outlet.push(node)) this.drain()
  }

  /** The output may have room: sends what is due. */
  drain (): void {
    if (this.#outlet.isDelivering || this.isClosed || this.waiting === 0) return
    const wasHolding = this.isHolding
    this.#outlet.drain()
    if (this.isClosed) this.#forgetAll()
    else if (this.waiting === 0 || (wasHolding && !this.isHolding)) this.#output.onRoom()
  }

  /** For {@link Outlet}. */
  send (node: number): boolean {
    const engine = this.#engine
    const len = engine.len[node]
    if (!this.#output.deliver(engine.buf(node), engine.at(node), len)) return false
    this.#host.delivered(len)
    return true
  }

  /** For {@link Outlet}. */
  sent (node: number): boolean {
    this.#forget(node)
    return !this.isClosed
  }

  #forget (node: number): void {
    this.waiting--
    this.octets -= this.reckoned(node)
    this.#engine.release(node)
  }

  /** Drops every frame on its way and takes no more. */
  close (): void {
    if (this.isClosed) return
    this.isClosed = true
    // While one is being delivered its memory must stay.
    if (!this.#outlet.isDelivering) this.#forgetAll()
  }

  #forgetAll (): void {
    const owners = [this.#ingress, this.#line, this.#delayLine]
    for (const owner of owners) if (owner !== null) this.#engine.releaseAll(owner)
    this.#ingress = this.#line = this.#delayLine = null
    this.waiting = this.octets = 0
  }
}
