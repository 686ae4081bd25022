/** A guest's port on a net: any VNL, or an interface of the daemon's namespace. */
import { isVnl, type Virt } from '@vde-ts/model'
import { loop } from '@vde-ts/link'
import { openVnl } from '@vde-ts/schemes/registry.js'
import type { Endpoint, Switch } from '@vde-ts/switch'
import { unplug } from './net.ts'
import { quietInterface } from './quiet.ts'
import { FilteredLink } from './filtered-link.ts'
import type { FilteredPort } from './filters.ts'
import { setRates } from './rates.ts'
import { vnlOf } from './trunk.ts'

/** One virt; without an interface, or away from every host, it is plugged into nothing. */
export class VirtPort {
  readonly #sw: Switch
  #endpoint: Endpoint | null = null
  #restore: () => void = () => {}

  private constructor (sw: Switch) { this.#sw = sw }

  /** @throws {VdeError} its VNL cannot be opened */
  static async open (sw: Switch, virt: Virt, filter: FilteredPort, log: (line: string) => void): Promise<VirtPort> {
    const port = new VirtPort(sw)
    if (virt.iface !== null) await port.#plug(virt, virt.iface, filter, log)
    return port
  }

  async #plug (virt: Virt, iface: string, filter: FilteredPort, log: (line: string) => void): Promise<void> {
    const endpoint = this.#sw.attach({
      port: 'any', owner: { uid: process.geteuid!(), gid: process.getegid!(), groups: [] }, module: 'virt', description: virt.name
    })
    try {
      const filtered = new FilteredLink(endpoint, filter)
      const link = await openVnl(vnlOf(iface), filtered, { loop, log, takesOffload: true, description: virt.name })
      link.setOffload?.(true)
      endpoint.connect(filtered.connect(link))
    } catch (error) {
      endpoint.close()
      throw error
    }
    this.#endpoint = endpoint
    if (!isVnl(iface)) this.#restore = quietInterface(iface)
    setRates(this.#sw, endpoint.port.number, virt)
  }

  /** What changes in place: rates. */
  change (virt: Virt): void { if (this.#endpoint !== null) setRates(this.#sw, this.#endpoint.port.number, virt) }

  /** Idempotent. */
  close (): void {
    if (this.#endpoint !== null) unplug(this.#sw, this.#endpoint)
    this.#endpoint = null
    this.#restore()
    this.#restore = () => {}
  }
}
