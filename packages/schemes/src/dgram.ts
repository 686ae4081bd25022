/**
 * dgram://LOCAL->REMOTE - a frame a datagram between two AF_UNIX sockets with names of their own, as QEMU has them:
 *
 *     qemu-system-x86_64 -netdev dgram,id=n,local.type=unix,local.path=/tmp/vm,remote.type=unix,remote.path=/tmp/us ...
 *     vde_plug vde:///tmp/sw 'dgram:///tmp/us->/tmp/vm'
 *
 * Either side may be first, leave and come back. For QEMU's `inet` sockets `udp://` is the same.
 */
import { native, DGRAM } from '@vde-ts/native'
import { VdeError, systemError } from '@vde-ts/link'
import { datagramWire } from './datagram-wire.ts'
import { takeName } from './rendezvous.ts'
import type { Scheme } from './scheme.ts'

/** See above. */
export const dgramScheme: Scheme = {
  name: 'dgram',
  summary: 'datagrams between two local sockets, as of QEMU',
  form: 'LOCAL->REMOTE',
  style: 'raw',
  params: {},
  check ({ path }) { namesOf(path, `open dgram://${path}`) },
  open ({ path }, sink, context) {
    const action = `open dgram://${path}`
    const { local, peer } = namesOf(path, action)
    const fd = native.unixSocket(DGRAM)
    if (fd < 0) throw systemError(fd, action, native.strerror(-fd))
    try {
      return datagramWire({ fd, own: takeName(fd, local, DGRAM, context, action), peer, label: `dgram://${path}`, action }, sink, context)
    } catch (error) {
      native.close(fd)
      throw error
    }
  }
}

/** @throws {VdeError} EINVAL */
const namesOf = (path: string, action: string): { readonly local: string, readonly peer: string } => {
  const [local = '', peer = '', ...more] = path.split('->')
  if (local !== '' && peer !== '' && more.length === 0) return { local, peer }
  throw new VdeError('EINVAL', action, 'no two names, LOCAL->REMOTE is wanted, in quotes for the shell')
}
