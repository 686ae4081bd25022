/**
 * hub://, switch://, multi:// and bonding:// - a multiplexer inside of the process that opens it. The opener is one
 * station, "the host"; others join with `vde://PATH`.
 *
 *     opener --- memory pair --- endpoint | Switch or CableGroup | endpoint --- PATH/fdN --- client
 *
 * Our bridge and our control socket, so a client can neither stall nor spin the owner, and the node forwards whether or
 * not its owner takes frames. A node that died is replaced by the next one on the same path.
 */
import { randomInt } from 'node:crypto'
import { parseMode, parseNumber } from '@vde-ts/vnl'
import { VdeError, memoryPair, type FrameSink, type Link } from '@vde-ts/link'
import { CableGroup, Switch, type CableMode, type CableRequest, type Endpoint } from '@vde-ts/switch'
import type { ControlRequest } from '@vde-ts/frame/control.js'
import { groupNumber, loginName, type Peer } from './accounts.ts'
import { deriveModes, type Modes } from './control-directory.ts'
import { VdeListener, type Admission } from './listener.ts'
import { admission, tapAdmission } from './switch-server.ts'
import type { OpenContext, Parameter, Scheme, Tail } from './scheme.ts'

/** Stations of a node, the host included. */
const MAX_STATIONS = 4096
const MAX_COUNT = 2 ** 30
const DEFAULT_MODE = 0o600
const DEFAULT_EXPIRE_SEC = 120
const TICK_MS = 1000

type Kind = 'hub' | 'switch' | CableMode

const params: Readonly<Record<string, Parameter>> = {
  mode: { help: 'octal permissions of ctl and the data sockets', value: 'MODE', fallback: '0600' },
  dirmode: { help: 'octal permissions of the directory', value: 'MODE', fallback: '02700, or derived from mode' },
  grp: { help: 'group of the directory and ctl', value: 'GROUP', fallback: '' }
}

/** What only a table of addresses has. The others take it and do without, as in the original. */
const tableParams: Readonly<Record<string, Parameter>> = {
  hashsize: { help: 'size of the forwarding table', value: 'N', fallback: '256' },
  hashseed: { help: 'key of the forwarding table', value: 'N', fallback: 'random' },
  expiretime: { help: 'seconds an address is remembered', value: 'SECONDS', fallback: '120' }
}

const UNUSED: Parameter = { help: 'taken and not used: there is no table of addresses here', value: 'N', fallback: '' }
const unusedParams = Object.fromEntries(Object.keys(tableParams).map((key) => [key, UNUSED]))

const scheme = (kind: Kind, summary: string): Scheme => ({
  name: kind,
  summary,
  form: '[DIR]',
  style: 'path',
  params: { ...params, ...(kind === 'switch' ? tableParams : unusedParams) },
  check (tail) {
    readModes(tail)
    readTable(tail)
  },
  open: (tail, sink, context) => openNode(kind, tail, sink, context)
})

/** `hub://PATH`: what one station sends all others get. */
export const hubScheme: Scheme = scheme('hub', 'be a hub that others join with vde://PATH')
/** `multi://PATH`: the opener's frames go to every client, theirs to the opener only. */
export const multiScheme: Scheme = scheme('multi', 'several cables to one station, each frame on all of them')
/** `bonding://PATH`: the same, a frame on one of them in turn. */
export const bondingScheme: Scheme = scheme('bonding', 'several cables to one station, frames on each in turn')
/** `switch://PATH`: addresses are learnt. VLAN tags pass untouched in both. */
export const switchScheme: Scheme = scheme('switch', 'be a learning switch that others join with vde://PATH')

/** @throws {VdeError} EEXIST a live node is there, ENOENT, EACCES, ENAMETOOLONG, EINVAL for a parameter */
const openNode = (kind: Kind, tail: Tail, sink: FrameSink, context: OpenContext): Link => {
  const path = tail.path === '' ? `/tmp/vdenode_${loginName()}` : tail.path
  const action = `open ${kind}://${path}`
  const { inside, attach, attachHost } = kind === 'multi' || kind === 'bonding' ? makeGroup(kind) : makeBridge(kind, tail)
  const listener = new VdeListener({
    path,
    ...readModes(tail),
    gid: tail.params.has('grp') ? groupNumber(tail.params.get('grp') ?? '', action) : -1,
    action,
    busy: 'EEXIST',
    loop: context.loop,
    admit: (request, peer) => admitClient(attach, request, peer, action),
    admitTap: (request, peer) =>
      tapAdmission(attach({ owner: peer, module: `${request.kind} attached`, description: request.description })),
    log (line) { context.log(`${kind}://${path}: ${line}`) }
  })
  const self = { uid: process.geteuid!(), gid: -1, groups: [] }
  const host = attachHost({ owner: self, module: 'host', description: context.description })
  return new NodeLink(`${kind}://${path}`, { inside, host, listener }, sink)
}

type Attach = (request: CableRequest) => Endpoint

/** What a node is inside, and how to plug into it: clients, and the opener itself. */
interface Node {
  readonly inside: Pick<Switch, 'close' | 'tick'>
  readonly attach: Attach
  readonly attachHost: Attach
}

const makeGroup = (mode: CableMode): Node => {
  const group = new CableGroup(mode, MAX_STATIONS)
  return { inside: group, attach: (request) => group.attach(request), attachHost: (request) => group.attachStation(request) }
}

const makeBridge = (kind: Kind, tail: Tail): Node => {
  const { seed, hashSize, expireSec } = readTable(tail)
  const bridge = new Switch({
    seed,
    // Its own address is nobody's: a node sends no frames of its own.
    macHi: 0,
    macLo: 0,
    numPorts: MAX_STATIONS,
    isHub: kind === 'hub',
    hashSize,
    isVlanTransparent: true
  })
  bridge.hash.setExpire(expireSec)
  bridge.hash.setMinPersistence(0)
  const attach: Attach = (request) => bridge.attach({ ...request, port: 'any' })
  return { inside: bridge, attach, attachHost: attach }
}

const readModes = (tail: Tail): Modes => {
  const mode = tail.params.get('mode')
  const dirMode = tail.params.get('dirmode')
  return deriveModes({
    mode: mode === undefined ? DEFAULT_MODE : parseMode(mode, 'mode') & 0o666,
    dirMode: dirMode === undefined ? -1 : parseMode(dirMode, 'dirmode')
  })
}

interface Table { readonly seed: number, readonly hashSize: number, readonly expireSec: number }

const readTable = (tail: Tail): Table => ({
  seed: count(tail, 'hashseed', randomInt(MAX_COUNT), 0),
  hashSize: count(tail, 'hashsize', 256, 1),
  expireSec: count(tail, 'expiretime', DEFAULT_EXPIRE_SEC, 1)
})

const count = (tail: Tail, key: string, fallback: number, least: number): number => {
  const text = tail.params.get(key)
  return text === undefined ? fallback : parseNumber(text, key, least, MAX_COUNT)
}

const admitClient = (attach: Attach, request: ControlRequest, peer: Peer, action: string): Admission => {
  if (request.version !== 3 || request.kind !== 0) {
    throw new VdeError('EINVAL', `join ${action.slice('open '.length)}`, 'a netnode has no port zero and speaks version 3 only')
  }
  const endpoint = attach({ owner: peer, module: 'vde', description: request.description })
  return admission(endpoint, `fd${endpoint.id}`)
}

interface NodeParts {
  readonly inside: Node['inside']
  readonly host: Endpoint
  readonly listener: VdeListener
}

/** The host's end of a node. Closing it ends the node. */
class NodeLink implements Link {
  readonly offload: boolean
  readonly maxFrame: number
  readonly label: string
  readonly #link: Link
  readonly #inside: Node['inside']
  readonly #listener: VdeListener
  readonly #ticker: NodeJS.Timeout

  constructor (label: string, { inside, host, listener }: NodeParts, sink: FrameSink) {
    const [link, plug] = memoryPair(sink, host)
    host.connect(plug)
    this.label = label
    this.offload = link.offload
    this.maxFrame = link.maxFrame
    this.#link = link
    this.#inside = inside
    this.#listener = listener
    this.#ticker = setInterval(() => { inside.tick(Math.floor(performance.now() / 1000)) }, TICK_MS)
    this.#ticker.unref()
  }

  send (buf: Uint8Array, off: number, len: number): boolean { return this.#link.send(buf, off, len) }
  pause (): void { this.#link.pause() }
  resume (): void { this.#link.resume() }

  close (): void {
    clearInterval(this.#ticker)
    this.#link.close()
    this.#listener.close()
    this.#inside.close()
  }
}
