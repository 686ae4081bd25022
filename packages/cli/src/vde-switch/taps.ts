/** TAP interfaces of vde_switch -t. */
import { native } from '@vde-ts/native'
import { VdeError, errnoName } from '@vde-ts/link/errors.js'
import type { Loop } from '@vde-ts/link/loop.js'
import { tapLink } from '@vde-ts/schemes/tap-link.js'
import { UNKNOWN, type Switch } from '@vde-ts/switch'
import { isTapFailure, openTap } from '@vde-ts/tun-tap'

/**
 * Makes or joins the interface `name` and plugs it into the next free port.
 * @throws {VdeError} EPERM, EBUSY, ENOENT no /dev/net/tun, EINVAL a name that cannot be, ENOSPC no port is left
 */
export const plugTap = (sw: Switch, name: string, loop: Loop): void => {
  const tap = openTap({ name, vnetHeader: true })
  if (isTapFailure(tap)) {
    throw new VdeError(errnoName(tap.errno), `connect the tap '${name}'`, `${native.strerror(tap.errno)}: ${tap.detail}`)
  }
  try {
    const endpoint = sw.attach({ port: 'any', owner: UNKNOWN, module: 'tuntap', description: name })
    const link = tapLink(tap.fd, tap.name, endpoint, loop)
    link.setOffload(true)
    endpoint.connect(link)
  } catch (error) {
    native.close(tap.fd)
    throw error
  }
}
