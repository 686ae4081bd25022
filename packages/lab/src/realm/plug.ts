/**
 * What an interface is plugged into. The TAP itself belongs to the node's init: a plug has a descriptor of its own, and an
 * interface without a plug has no carrier.
 *
 *     net     endpoint of the net's switch <--> [impaired] <--> TapLink
 *     VNL     Rejoin <--wire--> [impaired] <--> TapLink
 *     cable   see cable.ts
 */
import { ImpairedLink } from '@vde-ts/impair'
import { loop, type FrameSink, type Link } from '@vde-ts/link'
import { Wire } from '@vde-ts/link/wire.js'
import { engineOf } from '@vde-ts/schemes/impairment.js'
import { randomSeed } from '@vde-ts/schemes/word-files.js'
import { openVnl } from '@vde-ts/schemes/registry.js'
import { Rejoin, STABLE_MS, rejoinWorld } from '@vde-ts/schemes/rejoin.js'
import { tapLink, type TapLink } from '@vde-ts/schemes/tap-link.js'
import type { Switch } from '@vde-ts/switch'
import type { RunningNode } from '../node/node.ts'
import { unplug } from './net.ts'
import { FilteredLink } from './filtered-link.ts'
import type { FilteredPort } from './filters.ts'
import { readWords, setWords, turned } from './words.ts'

/** Pause between two tries to open a VNL, in milliseconds. */
const REOPEN_MS = 500

/** Something plugged in. */
export interface Plug {
  /** Words of the impairment engine; `in.` is towards the node. False: it has to be plugged anew for that. */
  impair (words: string): boolean
  /** Idempotent. The interface has no carrier then. */
  close (): void
}

/** Where a plug gets its TAP. */
export interface TapSource {
  readonly node: RunningNode
  readonly iface: string
  readonly mtu: number
}

/** The TAP of an interface as a link with `sink`. @throws {VdeError} */
export const openTap = async ({ node, iface, mtu }: TapSource, sink: FrameSink): Promise<TapLink> => {
  const tap = tapLink(await node.tap(iface, mtu), iface, sink, loop, { label: `${node.name}:${iface}` })
  tap.setOffload(true)
  return tap
}

/** A link behind its rules, impaired where words ask for it. */
class End {
  #tap: TapLink | null = null
  #impaired: ImpairedLink | null = null

  async open (source: TapSource, sink: FrameSink, words: string, port: FilteredPort): Promise<Link> {
    const filtered = new FilteredLink(sink, port)
    return filtered.connect(await this.#open(source, filtered, words))
  }

  async #open (source: TapSource, sink: FrameSink, words: string): Promise<Link> {
    if (words === '') {
      this.#tap = await openTap(source, sink)
      return this.#tap
    }
    const change = turned(readWords(words))
    this.#impaired = new ImpairedLink(engineOf(loop), sink, { seed: randomSeed() })
    this.#tap = await openTap(source, this.#impaired)
    this.#impaired.connect(this.#tap)
    setWords(this.#impaired, change)
    return this.#impaired
  }

  impair (words: string): boolean {
    if (this.#impaired === null) return words === ''
    setWords(this.#impaired, turned(readWords(words)))
    return true
  }

  dark (): void { this.#tap?.setCarrier(false) }
}

/** Plugs an interface into a switch. */
export const plugIntoSwitch = async (
  sw: Switch, source: TapSource, words: string, filter: FilteredPort
): Promise<Plug & { readonly port: number }> => {
  const endpoint = sw.attach({
    port: 'any', owner: { uid: process.geteuid!(), gid: process.getegid!(), groups: [] }, module: 'tap', description: `${source.node.name}:${source.iface}`, isHost: true
  })
  const end = new End()
  try {
    const link = await end.open(source, endpoint, words, filter)
    link.setCarrier?.(true)
    endpoint.connect(link)
  } catch (error) {
    endpoint.close()
    throw error
  }
  const port = endpoint.port.number
  return {
    port,
    impair: (changed) => end.impair(changed),
    close () {
      end.dark()
      unplug(sw, endpoint)
    }
  }
}

/** Joins an interface to a VNL, again and again. @throws {VdeError} the VNL cannot be opened at first */
export const plugIntoVnl = async (
  vnl: string, source: TapSource, words: string, filter: FilteredPort, log: (line: string) => void
): Promise<Plug> => {
  const wire = new Wire()
  const label = `${source.node.name}:${source.iface}`
  const network = new Rejoin(wire.left, {
    label: vnl,
    isRepeatable: true,
    open: async (sink) => {
      const link = await openVnl(vnl, sink, { takesOffload: true, description: label, log })
      link.setOffload?.(true)
      return link
    },
    world: rejoinWorld((text) => { log(`${label}: ${text}`) }),
    pauseMs: () => REOPEN_MS,
    resetMs: STABLE_MS
  })
  const end = new End()
  const close = (): void => {
    end.dark()
    network.link.close()
    wire.close()
  }
  try {
    await network.start()
    const link = await end.open(source, wire.right, words, filter)
    link.setCarrier?.(true)
    wire.join(network.link, link, () => { close() })
  } catch (error) {
    close()
    throw error
  }
  return { impair: (changed) => end.impair(changed), close }
}
