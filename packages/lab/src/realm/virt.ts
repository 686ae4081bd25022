/** A guest's port on a net: any VNL, or an interface of the daemon's namespace. */
import type { Virt } from '@vde-ts/model'
import { loop } from '@vde-ts/link'
import { openVnl } from '@vde-ts/schemes/registry.js'
import type { Endpoint, Switch } from '@vde-ts/switch'
import { setRates } from './rates.ts'

/** One virt; without an interface, or away from every host, it is plugged into nothing. */
export class VirtPort {
  readonly #sw: Switch
  #endpoint: Endpoint | null = null

  private constructor (sw: Switch) { this.#sw = sw }

  /** @throws {VdeError} its VNL cannot be opened */
  static async open (sw: Switch, virt: Virt, log: (line: string) => void): Promise<VirtPort> {
    const port = new VirtPort(sw)
    if (virt.iface !== null) await port.#plug(virt, vnlOf(virt.iface), log)
    return port
  }

  async #plug (virt: Virt, vnl: string, log: (line: string) => void): Promise<void> {
    const endpoint = this.#sw.attach({
      port: 'any', owner: { uid: process.geteuid!(), gid: process.getegid!(), groups: [] }, module: 'virt', description: virt.name
    })
    try {
      const link = await openVnl(vnl, endpoint, { loop, log, takesOffload: true, description: virt.name })
      link.setOffload?.(true)
      endpoint.connect(link)
    } catch (error) {
      endpoint.close()
      throw error
    }
    this.#endpoint = endpoint
    setRates(this.#sw, endpoint.port.number, virt)
  }

  /** What changes in place: rates. */
  change (virt: Virt): void { if (this.#endpoint !== null) setRates(this.#sw, this.#endpoint.port.number, virt) }

  /** Idempotent. */
  close (): void {
    this.#endpoint?.close()
    this.#endpoint = null
  }
}

/** An interface's name is short for the packets that pass it. */
const vnlOf = (iface: string): string => iface.includes('/') || iface.includes(':') ? iface : `packet://${iface}`
