/** A net of a lab: a switch in this process, also served as a control directory, for guests and VNLs. */
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { macHi, macLo } from '@vde-ts/frame/ethernet.js'
import { VdeError, loop } from '@vde-ts/link'
import { native } from '@vde-ts/native'
import type { VdeListener } from '@vde-ts/schemes/listener.js'
import { serveSwitch } from '@vde-ts/schemes/switch-server.js'
import { Switch, type Endpoint } from '@vde-ts/switch'

/** More than a lab has; a switch that has them all takes 8 octets each. */
const PORTS = 4096
const TICK_MS = 1000
const PRIVATE = { mode: 0o600, dirMode: 0o700, gid: -1, mgmtMode: 0o600, mgmtGid: -1 }

const ticking = new Set<Switch>()
let ticker: NodeJS.Timeout | null = null

const tickAll = (): void => {
  const nowSec = Math.floor(performance.now() / 1000)
  for (const sw of ticking) sw.tick(nowSec)
}

/** Takes a cable out of a net, and with it the port, unless there is more in that or somebody records its frames. */
export const unplug = (sw: Switch, endpoint: Endpoint): void => {
  endpoint.close()
  try {
    sw.removePort(endpoint.port.number)
  } catch (error) {
    if (!(error instanceof VdeError) || error.code !== 'EADDRINUSE') throw error
  }
}

/** One net. */
export class LabNet {
  readonly sw: Switch
  readonly #listener: VdeListener

  /** @param path of the control directory. @throws {VdeError} it cannot be made */
  constructor (path: string, log: (line: string) => void) {
    const chance = randomBytes(8)
    const mac = Uint8Array.of(0x00, 0xff, ...chance.subarray(0, 4))
    this.sw = new Switch({
      seed: chance.readUInt32LE(4),
      macHi: macHi(mac, 0),
      macLo: macLo(mac, 0),
      numPorts: PORTS,
      clock: native.clockRead,
      after: (us, call) => { setTimeout(call, us / 1000) }
    })
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.#listener = serveSwitch(this.sw, { ...PRIVATE, path, loop, action: 'serve a net', log })
    ticking.add(this.sw)
    ticker ??= setInterval(tickAll, TICK_MS).unref()
  }

  /** Idempotent; unplugs everything and removes the control directory. */
  close (): void {
    ticking.delete(this.sw)
    this.#listener.close()
    this.sw.close()
  }
}
