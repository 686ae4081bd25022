/**
 * macvtap://IFNAME - an interface of the kind macvtap, made before: `ip link add link eth0 name IFNAME type macvtap mode
 * bridge`. A station of its own on the wire of another interface, through the device /dev/tap<index> that belongs to it.
 */
import { constants } from 'node:os'
import { native } from '@vde-ts/native'
import { VdeError, errnoName } from '@vde-ts/link'
import { isTapFailure, macvtapDevice, openTap, type TapFailure } from '@vde-ts/tun-tap'
import { checkName } from './tap.ts'
import type { Scheme } from './scheme.ts'
import { tapLink } from './tap-link.ts'

const { EINVAL, ENODEV, ENOENT, ENOTTY, EACCES, EPERM } = constants.errno

/** The scheme `macvtap`. */
export const macvtapScheme: Scheme = {
  name: 'macvtap',
  summary: 'an existing macvtap interface of this host, a station on the wire of another interface',
  form: 'IFNAME',
  style: 'raw',
  params: {},
  check ({ path }) { checkName(path, `open macvtap://${path}`) },
  open (tail, sink, context) {
    const name = tail.path
    const refuse = (errno: number, detail: string): never => {
      throw new VdeError(errnoName(errno), `open macvtap://${name}`, `${detail}: ${native.strerror(errno)}`)
    }
    const index = native.interfaceIndex(name)
    if (index < 0) refuse(-index, `there is no interface "${name}", make it (ip link add link eth0 name NAME type macvtap mode bridge)`)
    const device = `/dev/tap${index}`
    const tap = openTap({ device, vnetHeader: true })
    if (isTapFailure(tap)) return refuse(tap.errno, detailOf(tap, name, device))
    const link = tapLink(tap.fd, name, sink, context.loop, { device: macvtapDevice, label: `macvtap://${name}` })
    link.setOffload(true)
    link.look()
    return link
  }
}

const detailOf = ({ errno, detail }: TapFailure, name: string, device: string): string => {
  if (errno === ENOENT || errno === ENODEV) return `${device} is missing, which belongs to "${name}" if that is a macvtap interface`
  if (errno === EACCES || errno === EPERM) return `no permission for ${device}, make it readable and writable (chmod 0666 ${device}) or run as root`
  if (errno === EINVAL || errno === ENOTTY) return `${device} is no device of a macvtap interface`
  return detail
}
