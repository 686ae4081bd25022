/**
 * A switch on a control socket: what `vde_switch` and the netnodes have in common. Says which port a client gets and what
 * its data socket is called; the rest is {@link VdeListener}'s.
 */
import type { Loop } from '@vde-ts/link'
import type { ControlRequest } from '@vde-ts/frame/control.js'
import type { Arrival } from '@vde-ts/link/part.js'
import type { Endpoint, Switch } from '@vde-ts/switch'
import type { TapAdmission } from './attach-server.ts'
import type { Peer } from './accounts.ts'
import { VdeListener, type Admission, type ListenerOptions, type ListenerSnapshot } from './listener.ts'

/** Kind of medium of its endpoints, as the console shows it. */
const MODULE = 'unix prog'

/** Where to serve, and with which permissions. */
export interface SwitchServerOptions {
  /** Directory to own. */
  readonly path: string
  /** Permissions of `ctl` and of the directory, see `deriveModes`. */
  readonly mode: number
  readonly dirMode: number
  /** Group of both and of the data sockets; -1: unchanged. */
  readonly gid: number
  /** Permissions and group of the management: who may have port zero. */
  readonly mgmtMode: number
  readonly mgmtGid: number
  readonly loop: Loop
  /** What is being done, for messages: `start the switch`. */
  readonly action: string
  log (line: string): void
  /** Milliseconds a client may take for its request; absent: 10 s. */
  readonly timeoutMs?: number
  /** Make the listener of `.takeover`, which the caller serves with a TakeoverServer. */
  readonly hasTakeover?: boolean
}

/**
 * Serves `vde` clients on `options.path` until the listener is closed, which also unplugs them.
 * @throws {VdeError} EADDRINUSE a live switch is there, ENOTDIR, ENOENT, EACCES, ENAMETOOLONG
 */
export const serveSwitch = (target: Switch, options: SwitchServerOptions): VdeListener =>
  new VdeListener(listenerOf(target, options))

/** The same in the place of another process, whose switch `target` was. Nobody who is connected notices. */
export const serveOn = (
  snapshot: ListenerSnapshot, arrival: Arrival, target: Switch, options: SwitchServerOptions
): VdeListener => VdeListener.from(snapshot, arrival, listenerOf(target, options))

const listenerOf = (target: Switch, options: SwitchServerOptions): ListenerOptions => ({
  ...options,
  busy: 'EADDRINUSE',
  admit: (request, peer) => admitToPort(target, request, peer, options),
  readmit (place) {
    const { port, id } = place as Place
    const endpoint = target.endpoint(port, id)
    return { sink: endpoint, start (link) { endpoint.connect(link) } }
  },
  admitTap: (request, peer) => tapAdmission(target.attach({
    port: request.port,
    owner: peer,
    // As the console shows it: `tap attached`, `packet attached`.
    module: `${request.kind} attached`,
    description: request.description,
    mayUsePortZero: mayManage(peer, options),
    isExclusive: request.isExclusive
  }))
})

/** An endpoint by its numbers. */
interface Place { readonly port: number, readonly id: number }
const placeOf = (endpoint: Endpoint): Place => ({ port: endpoint.port.number, id: endpoint.id })

const admitToPort = (target: Switch, request: ControlRequest, peer: Peer, options: SwitchServerOptions): Admission => {
  const endpoint = target.attach({
    port: request.port ?? 'any',
    owner: peer,
    module: MODULE,
    description: request.description,
    isHost: request.path === '', // an abstract address: User Mode Linux
    mayUsePortZero: mayManage(peer, options)
  })
  const name = `${String(endpoint.port.number).padStart(3, '0')}.${endpoint.id}`
  if (endpoint.port.number !== 0) return admission(endpoint, name)
  return { ...admission(endpoint, name), access: { mode: options.mgmtMode, gid: options.mgmtGid } }
}

/** The admission of an endpoint that waits for its link. */
export const admission = (endpoint: Endpoint, name: string): Admission => ({
  name,
  place: placeOf(endpoint),
  sink: endpoint,
  start (link) { endpoint.connect(link) },
  abort () { endpoint.close() }
})

/** The same for a TAP. */
export const tapAdmission = (endpoint: Endpoint): TapAdmission => ({
  ...placeOf(endpoint),
  sink: endpoint,
  start (link) { endpoint.connect(link) },
  abort () { endpoint.close() }
})

/** Port zero is for whom the permissions of the management socket let in. */
const mayManage = (peer: Peer, options: SwitchServerOptions): boolean => {
  const { mgmtMode, mgmtGid } = options
  if (peer.uid === 0 || (peer.uid >= 0 && peer.uid === process.geteuid!())) return true
  if ((mgmtMode & 0o006) === 0o006) return true
  return (mgmtMode & 0o060) === 0o060 && mgmtGid !== -1 && peer.groups.includes(mgmtGid)
}
