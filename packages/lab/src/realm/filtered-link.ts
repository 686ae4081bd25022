/**
 * A link behind the rules of its port.
 *
 *     owner --send--> rules in --> inner.send        owner's sink <--onFrame-- rules out <-- inner.onFrame
 *
 * What a rule ends is taken and counted. A frame that finds the inner link full meets the rules again when it is sent again,
 * and so counts twice there. It is the sink of the inner link: make it, open that with it, then `connect`.
 */
import { isPlain } from '@vde-ts/frame/offload.js'
import { SuperFrame } from '@vde-ts/frame/super-frame.js'
import { HEADER } from '@vde-ts/frame/ethernet.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { DROP, PASS, type Side } from '@vde-ts/model/filter/port-filter.js'
import type { FilteredPort } from './filters.ts'

/** Reads what a frame with work left to do is on the wire; nothing is kept between two frames. */
const reader = new SuperFrame()

/** See above. */
export class FilteredLink implements Link, FrameSink {
  readonly #sink: FrameSink
  readonly #port: FilteredPort
  #inner!: Link

  constructor (sink: FrameSink, port: FilteredPort) {
    this.#sink = sink
    this.#port = port
  }

  /** Gives it the link that it was the sink of. */
  connect (inner: Link): this {
    this.#inner = inner
    return this
  }

  get offload (): boolean { return this.#inner.offload }
  get maxFrame (): number { return this.#inner.maxFrame }
  get mtu (): number | undefined { return this.#inner.mtu }
  get bitsPerSec (): number | undefined { return this.#inner.bitsPerSec }
  get label (): string { return this.#inner.label }
  get queued (): number { return this.#inner.queued ?? 0 }
  get rxDrops (): number { return this.#inner.rxDrops ?? 0 }
  get txDrops (): number { return this.#inner.txDrops ?? 0 }
  get isUp (): boolean { return this.#inner.isUp ?? true }
  get downDrops (): number { return this.#inner.downDrops ?? 0 }

  send (buf: Uint8Array, off: number, len: number): boolean {
    return !this.#passes('in', buf, off, len, !this.#inner.offload) || this.#inner.send(buf, off, len)
  }

  onFrame (buf: Uint8Array, off: number, len: number): void {
    if (this.#passes('out', buf, off, len, false)) this.#sink.onFrame(buf, off, len)
  }

  /** @param isBare nothing is said in front of the frame */
  #passes (side: Side, buf: Uint8Array, off: number, len: number, isBare: boolean): boolean {
    const { filter } = this.#port
    if (filter.isIdle || len < HEADER) return true
    const isWhole = isBare || isPlain(buf, off) || !reader.read(buf, off, len)
    const frames = isWhole ? 1 : reader.segments
    const verdict = filter.judge(side, buf, off, len, frames, isWhole ? len : reader.octets, side === 'in' ? this.#port.logIn : this.#port.logOut)
    if (verdict === PASS) return true
    if (verdict === DROP) this.#port.drops[side].rule += frames
    else this.#port.drops[side].malformed += frames
    return false
  }

  onWritable (): void { this.#sink.onWritable() }
  onUp (): void { this.#sink.onUp() }
  onDown (why?: Error): void { this.#sink.onDown(why) }
  onClose (why?: Error): void { this.#sink.onClose(why) }
  setOffload (isOn: boolean): number { return this.#inner.setOffload?.(isOn) ?? -1 }
  setCarrier (isOn: boolean): void { this.#inner.setCarrier?.(isOn) }
  pause (): void { this.#inner.pause() }
  resume (): void { this.#inner.resume() }
  close (): void { this.#inner.close() }
}
