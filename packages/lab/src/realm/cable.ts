/**
 * A cable between interfaces of two nodes:
 *
 *     a: TapLink <--wire--> [impaired] <--> TapLink :b         `out.` is from a to b
 *
 * Without impairments nothing lies between, so super-frames pass whole; the first impairment makes the wire anew, which no
 * interface notices, as the TAPs stay open in their nodes.
 */
import { ImpairedLink } from '@vde-ts/impair'
import { loop } from '@vde-ts/link'
import { Wire } from '@vde-ts/link/wire.js'
import { engineOf } from '@vde-ts/schemes/impairment.js'
import { randomSeed } from '@vde-ts/schemes/word-files.js'
import type { TapLink } from '@vde-ts/schemes/tap-link.js'
import { openTap, type TapSource } from './plug.ts'
import { readWords, setWords } from './words.ts'

/** Octets and frames that went one way. */
export interface Traffic {
  readonly frames: number
  readonly octets: number
}

/** One cable. */
export class LabCable {
  readonly #a: TapSource
  readonly #b: TapSource
  #wire = new Wire()
  #taps: readonly TapLink[] = []
  #impaired: ImpairedLink | null = null

  private constructor (a: TapSource, b: TapSource) {
    this.#a = a
    this.#b = b
  }

  /** @throws {VdeError}, {SyntaxError} words that cannot be read; nothing is left behind */
  static async open (a: TapSource, b: TapSource, words: string): Promise<LabCable> {
    const cable = new LabCable(a, b)
    try {
      await cable.#connect(words)
      return cable
    } catch (error) {
      cable.close()
      throw error
    }
  }

  async #connect (words: string): Promise<void> {
    const change = words === '' ? null : readWords(words)
    const wire = new Wire()
    const impaired = change === null ? null : new ImpairedLink(engineOf(loop), wire.right, { seed: randomSeed() })
    const left = await openTap(this.#a, wire.left)
    const right = await openTap(this.#b, impaired ?? wire.right)
    const former = this.#wire
    this.#wire = wire
    this.#impaired = impaired
    this.#taps = [left, right]
    former.close()
    for (const tap of this.#taps) tap.setCarrier(true)
    wire.join(left, impaired?.connect(right) ?? right, () => { this.close() })
    if (impaired !== null && change !== null) setWords(impaired, change)
  }

  /** Changes the impairments in place. @throws {SyntaxError} nothing has changed */
  async impair (words: string): Promise<void> {
    if (this.#impaired !== null) setWords(this.#impaired, readWords(words))
    else if (words !== '') await this.#connect(words)
  }

  /** Whether the interface `NODE:IF` is one of its ends. */
  touches (key: string): boolean {
    return [this.#a, this.#b].some(({ node, iface }) => `${node.name}:${iface}` === key)
  }

  /** From a to b, and from b to a. */
  get traffic (): readonly [Traffic, Traffic] {
    const { left, right } = this.#wire
    return [{ frames: left.frames, octets: left.octets }, { frames: right.frames, octets: right.octets }]
  }

  /** Idempotent. Both interfaces lose their carrier. */
  close (): void {
    for (const tap of this.#taps) tap.setCarrier(false)
    this.#taps = []
    this.#wire.close()
  }
}
