/** A station of a medium: the sink of its link, and its ears, one for each sender it ever heard. */
import type { FrameSink, Link } from '@vde-ts/link/link.js'
import type { Ear, Listener } from './ear.ts'

/** What a station needs of its medium. */
export interface Air {
  /** The station's link has ended. */
  remove (name: string): void
}

/** See above. It is opened as the sink of its link, then `connect`. */
export class Station implements FrameSink, Listener {
  readonly name: string
  link: Link | null = null
  /** Ears of those that hear it now. Made new on change, so a frame under way keeps its own. */
  heardBy: readonly Ear[] = []
  /** Sent by the station; copies are not counted. */
  inFrames = 0
  inOctets = 0
  readonly #air: Air
  readonly #ears = new Map<string, Ear>()
  /** The same, for a walk that makes nothing. */
  #all: readonly Ear[] = []
  readonly #marks = new Map<string, number>()

  constructor (air: Air, name: string) {
    this.#air = air
    this.name = name
  }

  /** Gives it its link, which is resumed. It stays the caller's to close. */
  connect (link: Link): this {
    this.link = link
    link.resume()
    return this
  }

  onFrame (buf: Uint8Array, off: number, len: number): void {
    this.inFrames++
    this.inOctets += len
    const ears = this.heardBy
    for (let i = 0; i < ears.length; i++) ears[i]!.hear(buf, off, len)
  }

  onWritable (): void {
    const ears = this.#all
    for (let i = 0; i < ears.length; i++) ears[i]!.direction.drain()
  }

  onUp (): void {}
  onDown (): void {}
  onClose (): void { this.#air.remove(this.name) }

  findEar (from: string): Ear | undefined { return this.#ears.get(from) }

  /** The ear for a sender; '': for all. */
  earFor (from: string, make: () => Ear): Ear {
    const known = this.#ears.get(from)
    if (known !== undefined) return known
    const ear = make()
    this.#ears.set(from, ear)
    this.#all = [...this.#ears.values()]
    return ear
  }

  ears (): IterableIterator<[string, Ear]> { return this.#ears.entries() }

  closeEars (): void { for (const ear of this.#all) ear.isOpen = false }

  /** Of the pair with another station; 0: it has none yet. */
  markOf (name: string): number { return this.#marks.get(name) ?? 0 }
  setMark (name: string, mark: number): void { this.#marks.set(name, mark) }

  /** Forgets a station that has gone. */
  dropEar (from: string): void {
    this.#ears.get(from)?.direction.close()
    this.#ears.delete(from)
    this.#marks.delete(from)
    this.#all = [...this.#ears.values()]
  }

  /** Idempotent: it hears and says nothing any more. */
  close (): void {
    this.link = null
    this.heardBy = []
    for (const ear of this.#all) ear.direction.close()
    this.#ears.clear()
    this.#all = []
  }
}
