/**
 * tap://[IFNAME] - a TAP interface of this host: makes it, or joins a persistent one. Without a name the kernel chooses.
 * Address, MTU and up or down are the administrator's.
 */
import { native } from '@vde-ts/native'
import { VdeError, errnoName } from '@vde-ts/link'
import { isTapFailure, nameFault, openTap } from '@vde-ts/tun-tap'
import type { Scheme } from './scheme.ts'
import { tapLink } from './tap-link.ts'

/** @throws {VdeError} EINVAL `name` cannot be that of an interface */
export const checkName = (name: string, action: string): void => {
  const fault = nameFault(name)
  if (fault !== null) throw new VdeError('EINVAL', action, fault)
}

/** The scheme `tap`. */
export const tapScheme: Scheme = {
  name: 'tap',
  summary: 'a TAP interface of this host',
  form: '[IFNAME]',
  style: 'raw',
  params: {},
  check ({ path }) { checkName(path, `open tap://${path}`) },
  open (tail, sink, context) {
    const tap = openTap({ name: tail.path, vnetHeader: true })
    if (isTapFailure(tap)) {
      throw new VdeError(errnoName(tap.errno), `open tap://${tail.path}`, `${native.strerror(tap.errno)}: ${tap.detail}`)
    }
    return tapLink(tap.fd, tap.name, sink, context.loop)
  }
}
