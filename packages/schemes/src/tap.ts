/**
 * tap://[IFNAME] - a TAP interface of this host: makes it, or joins a persistent one. Without a name the kernel chooses.
 * Address, MTU and up or down are the administrator's.
 */
import { native } from '@vde-ts/native'
import { VdeError, errnoName } from '@vde-ts/link'
import { isTapFailure, openTap } from '@vde-ts/tun-tap'
import type { Scheme } from './scheme.ts'
import { tapLink } from './tap-link.ts'

/** The scheme `tap`. */
export const tapScheme: Scheme = {
  name: 'tap',
  summary: 'a TAP interface of this host',
  style: 'raw',
  params: {},
  open (tail, sink, context) {
    const tap = openTap({ name: tail.path, vnetHeader: true })
    if (isTapFailure(tap)) {
      throw new VdeError(errnoName(tap.errno), `open tap://${tail.path}`, `${native.strerror(tap.errno)}: ${tap.detail}`)
    }
    return tapLink(tap.fd, tap.name, sink, context.loop)
  }
}
