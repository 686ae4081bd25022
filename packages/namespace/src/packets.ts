/**
 * Interfaces of a started namespace that are no TAPs: veth pairs, whose outer ends are in a namespace of their own.
 */
import type { Spawned } from '@vde-ts/native'
import { VdeError, errnoName, systemError } from '@vde-ts/link/errors.js'
import { makeVeth, takesUso, vethDevice, type FrameDevice } from '@vde-ts/tun-tap'

const EOPNOTSUPP = 95
const DEFAULT_MTU = 1500

/**
 * Makes the interfaces of a child that holds still, one for each of its packet sockets. As TAPs do, they finish their
 * frames until offload is asked for. The devices use `spawned.outside` and `spawned.inside`.
 * @throws {VdeError} EOPNOTSUPP no veth in this kernel, EPERM, EEXIST the name is taken
 */
export const makePackets = (spawned: Spawned, names: readonly string[], mtu: number): FrameDevice[] => {
  const { packets, outside = -1, inside = -1, pid } = spawned
  return names.map((name, i) => {
    const packet = packets[i]!
    const made = makeVeth({ name, mtu: mtu === 0 ? DEFAULT_MTU : mtu, packet, outside, pid })
    if (made < 0) throw refused(made, name)
    const device = vethDevice({ name, outside, inside, hasUso: takesUso(packet) })
    const set = device.setOffload(packet, false)
    if (set < 0) throw systemError(set, `set up interface ${name}`)
    return device
  })
}

const refused = (result: number, name: string): VdeError => {
  const action = `create interface ${name}`
  if (result !== -EOPNOTSUPP) return systemError(result, action)
  return new VdeError(errnoName(-result), action, 'this kernel has no veth interfaces, load the driver with "modprobe veth"')
}
