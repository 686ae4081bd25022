/**
 * How one station hears another: a direction of the impairment engine that ends at the receiver's link.
 *
 *     sender --copy of the frame--> Ear: Direction (delay, loss, rate...) --> link of the receiver
 *
 * A radio never makes its sender wait: what the receiver has no room for is lost and counted.
 */
import { isPlain } from '@vde-ts/frame/offload.js'
import { Direction, type Output } from '@vde-ts/impair/direction.js'
import type { Engine } from '@vde-ts/impair/engine.js'
import { INITIAL } from '@vde-ts/impair/words.js'
import type { Link } from '@vde-ts/link/link.js'

/** Whose ear it is. */
export interface Listener {
  /** Null: nobody is there. */
  readonly link: Link | null
}

/** See above. */
export class Ear implements Output {
  readonly direction: Direction
  /** Frames of the sender come here. */
  isOpen = false
  readonly #engine: Engine
  readonly #listener: Listener

  constructor (engine: Engine, listener: Listener, seed: number) {
    this.#engine = engine
    this.#listener = listener
    this.direction = new Direction(engine, this, seed, 0)
    this.direction.settings = INITIAL
  }

  /** One copy of a frame that the sender has sent. */
  hear (buf: Uint8Array, off: number, len: number): void {
    const link = this.#listener.link
    if (link === null) return
    if (isPlain(buf, off)) this.#hearPlain(link, buf, off, len)
    else if (link.offload) this.#offer(buf, off, len)
    else this.#hearCut(link, buf, off, len)
  }

  #hearPlain (link: Link, buf: Uint8Array, off: number, len: number): void {
    if (len > link.maxFrame) this.direction.counters.drops.mtu++
    else this.#offer(buf, off, len)
  }

  #hearCut (link: Link, buf: Uint8Array, off: number, len: number): void {
    const cutter = this.#engine.enter()
    const count = cutter.cut(buf, off, len)
    if (count <= 0) this.direction.counters.drops.malformed++
    for (let i = 0; i < count; i++) this.#hearPlain(link, cutter.buf, cutter.at(i), cutter.len(i))
    this.#engine.leave()
  }

  #offer (buf: Uint8Array, off: number, len: number): void {
    if (!this.direction.offer(buf, off, len, true)) this.direction.counters.drops.queue++
  }

  /** For the direction. */
  deliver (buf: Uint8Array, off: number, len: number): boolean {
    const link = this.#listener.link
    return link === null || link.send(buf, off, len)
  }

  onRoom (): void {}
}
