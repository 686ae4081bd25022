/**
 * A cable that carries frames as they are, until it is told otherwise:
 *
 *     Wire <--> ImpairedLink <--> network
 *
 * An interface that a switch was handed passes no frames here. Words for such a cable take it back first: from then on its
 * frames come this way, at the same port. When nothing is set any more and nothing is on its way the switch gets it again.
 */
import { INITIAL, ImpairedLink, applyChange, type Change } from '@vde-ts/impair'
import type { ImpairableCable } from '@vde-ts/console/cable/cable-console.js'
import { loop, type FrameSink, type Link } from '@vde-ts/link'
import { engineOf } from '@vde-ts/schemes/impairment.js'
import type { Rejoin } from '@vde-ts/schemes/rejoin.js'
import type { TapUplink } from '@vde-ts/schemes/tap-uplink.js'
import { randomSeed } from '@vde-ts/schemes/word-files.js'

/** How an interface is handed over and taken back. */
export interface HandOver { readonly uplink: TapUplink, readonly network: Rejoin }

/** Name of the cable of a command that has one. */
export const CABLE = 'cable'

/** Between two looks whether all frames have left, in milliseconds. */
const LOOK_MS = 50

/** See above. Open its network with {@link Cable.link} as the sink, then {@link Cable.connect} it and use the link instead. */
export class Cable implements ImpairableCable {
  readonly name: string
  readonly label: string
  readonly link: ImpairedLink
  #handOver: HandOver | null = null
  #timer: NodeJS.Timeout | null = null

  /** @param sink of what comes out of the network */
  constructor (name: string, label: string, sink: FrameSink) {
    this.name = name
    this.label = label
    this.link = new ImpairedLink(engineOf(loop), sink, { seed: randomSeed() })
    this.link.in.settings = this.link.out.settings = INITIAL
    this.link.own({ close: () => { this.#stopLooking() } })
  }

  /** The network, which is the cable's from now on. @param handOver of an interface at either end of the cable */
  connect (network: Link, handOver: HandOver | null = null): ImpairedLink {
    this.#handOver = handOver
    return this.link.connect(network)
  }

  change (change: Change): void {
    applyChange(this.link, change)
    this.#arrange()
  }

  #arrange (): void {
    this.#stopLooking()
    if (this.#handOver === null) return
    if (!this.link.isTransparent) this.#keep(this.#handOver, true)
    else if (this.link.in.waiting + this.link.out.waiting === 0) this.#keep(this.#handOver, false)
    else this.#timer = setTimeout(() => { this.#arrange() }, LOOK_MS)
  }

  #keep ({ uplink, network }: HandOver, isKept: boolean): void {
    if (uplink.isKept === isKept) return
    uplink.isKept = isKept
    network.renew()
  }

  #stopLooking (): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
