/**
 * The wire of a phys, shared by the nets that are on it: one link, and a lane for each VLAN.
 *
 *     interface or VNL <--> Rejoin <--> Trunk --VLAN of the frame--> lane 7, lane 8, ...
 *                                             '--none of these-----> lane 0: without a tag, and all others
 *
 * An interface that goes, or a VNL that ends, is opened again; all lanes are down meanwhile.
 */
import { isVnl } from '@vde-ts/model'
import { loop, type FrameSink, type Link } from '@vde-ts/link'
import { isTagged, vid } from '@vde-ts/frame/vlan.js'
import { openVnl } from '@vde-ts/schemes/registry.js'
import { Rejoin, STABLE_MS, rejoinWorld } from '@vde-ts/schemes/rejoin.js'
import { quietInterface } from './quiet.ts'

/** Pause between two tries to open it, in milliseconds. */
const REOPEN_MS = 500

/** The VNL of an interface as models name it: a bare name is an interface of this namespace. */
export const vnlOf = (iface: string): string => isVnl(iface) ? iface : `packet://${iface}`

/** See above. */
export class Trunk implements FrameSink {
  /** Frames of a VLAN that nobody here is on. */
  strays = 0
  readonly #rejoin: Rejoin
  readonly #lanes = new Map<number, FrameSink>()
  readonly #onIdle: () => void
  #restore: () => void = () => {}

  private constructor (iface: string, log: (line: string) => void, onIdle: () => void) {
    this.#onIdle = onIdle
    this.#rejoin = new Rejoin(this, {
      label: iface,
      isRepeatable: true,
      open: async (sink) => {
        const link = await openVnl(vnlOf(iface), sink, { loop, takesOffload: true, description: 'trunk', log })
        link.setOffload?.(true)
        return link
      },
      world: rejoinWorld(log),
      pauseMs: () => REOPEN_MS,
      resetMs: STABLE_MS
    })
  }

  /**
   * Opens it. Without a lane it delivers to nobody.
   * @param onIdle its last lane has closed, and it with that
   * @throws {VdeError} EPERM, ENODEV, what the VNL says; nothing is left open
   */
  static async open (iface: string, log: (line: string) => void, onIdle: () => void): Promise<Trunk> {
    const trunk = new Trunk(iface, log, onIdle)
    await trunk.#rejoin.start()
    if (!isVnl(iface)) trunk.#restore = quietInterface(iface)
    trunk.#rejoin.link.resume()
    return trunk
  }

  /** A place on it. @param number VLAN, 0: what no other lane wants */
  lane (number: number, sink: FrameSink): Link {
    const wire = this.#rejoin.link
    this.#lanes.set(number, sink)
    return {
      label: `${wire.label} VLAN ${number}`,
      get offload () { return wire.offload },
      get maxFrame () { return wire.maxFrame },
      get mtu () { return wire.mtu },
      get isUp () { return wire.isUp },
      get downDrops () { return wire.downDrops },
      send: (buf, off, len) => wire.send(buf, off, len),
      // What a switch plugs in is never paused: the trunk has been resumed when it was opened.
      pause () {},
      resume () {},
      close: () => { this.#leave(number, sink) }
    }
  }

  #leave (number: number, sink: FrameSink): void {
    if (this.#lanes.get(number) !== sink) return
    this.#lanes.delete(number)
    if (this.#lanes.size === 0) this.close()
  }

  /** Idempotent. */
  close (): void {
    this.#rejoin.link.close()
    this.#restore()
    this.#restore = () => {}
    this.#onIdle()
  }

  onFrame (buf: Uint8Array, off: number, len: number): void {
    const number = isTagged(buf, off, len) ? vid(buf, off) : 0
    const sink = this.#lanes.get(number) ?? this.#lanes.get(0)
    if (sink === undefined) this.strays++
    else sink.onFrame(buf, off, len)
  }

  onWritable (): void { for (const sink of this.#lanes.values()) sink.onWritable() }
  onUp (): void { for (const sink of this.#lanes.values()) sink.onUp() }
  onDown (why?: Error): void { for (const sink of this.#lanes.values()) sink.onDown(why) }
  onClose (why?: Error): void { for (const sink of this.#lanes.values()) sink.onClose(why) }
}
