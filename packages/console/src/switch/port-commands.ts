/** `port/`: ports, who may use them, and what is plugged in. */
import { LIMITED, type EndpointLimits, type Port } from '@vde-ts/switch'
import { VdeError } from '@vde-ts/link'
import type { Args, Command, Row } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { digits } from './format.ts'
import { countersCommand } from './port-counters.ts'

/** `port/print` and `port/allprint` differ in whether idle ports are shown. */
const print = (path: string, help: string, isIdleShown: boolean): Command<SwitchContext> => ({
  path,
  syntax: '[N]',
  help,
  output: 'data',
  * run (context, args) { for (const port of chosen(context, args, isIdleShown)) yield * portLines(context, port) },
  * json (context, args) { for (const port of chosen(context, args, isIdleShown)) yield portJson(context, port) }
})

/** The menu `port`. */
export const portCommands: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'port', help: 'PORTS' },
  {
    path: 'port/showinfo',
    syntax: '',
    help: 'show the number of ports and the mode',
    output: 'data',
    * run ({ sw }) {
      yield `Numports=${sw.numPorts}`
      yield `HUB=${sw.isHub}`
      yield 'counters=true'
    },
    json: ({ sw }) => ({
      numPorts: sw.numPorts,
      isHub: sw.isHub,
      hasCounters: true,
      isVlanTransparent: sw.isVlanTransparent,
      defaultQueueLength: sw.defaultQueueLength,
      queueOctets: sw.queueOctets.used,
      queueOctetsLimit: sw.queueOctets.limit
    })
  },
  {
    path: 'port/setnumports',
    syntax: 'N',
    help: 'set the number of ports',
    run: ({ sw }, args) => { sw.setNumPorts(args.int(0, 'N')) }
  },
  {
    path: 'port/sethub',
    syntax: '0/1',
    help: 'be a hub (1) or a switch (0)',
    run: ({ sw }, args) => { sw.setHub(args.flag(0, '0/1')) }
  },
  {
    path: 'port/setvlan',
    syntax: 'N VLAN',
    help: 'set the VLAN of untagged frames (4095: none)',
    run: ({ sw }, args) => { sw.vlan.setUntagged(args.int(0, 'N'), args.int(1, 'VLAN', 0, 4095)) }
  },
  {
    path: 'port/offload',
    syntax: 'N 0/1',
    help: 'leave checksums and segments of super-frames to the receiver (1) or not (0)',
    isOurs: true,
    run: ({ sw }, args) => { sw.setOffload(args.int(0, 'N'), args.flag(1, '0/1')) }
  },
  {
    path: 'port/createauto',
    syntax: '',
    help: 'make a port with the lowest free number (idle, by number only)',
    output: 'data',
    * run ({ sw }) { yield `Port ${digits(sw.createPortAuto(), 4)}` }
  },
  {
    path: 'port/create',
    syntax: 'N',
    help: 'make port N (idle, by number only)',
    run: ({ sw }, args) => { sw.createPort(args.int(0, 'N')) }
  },
  {
    path: 'port/remove',
    syntax: 'N',
    help: 'remove port N, where nothing is plugged in',
    run: ({ sw }, args) => { sw.removePort(args.int(0, 'N')) }
  },
  {
    path: 'port/allocatable',
    syntax: 'N 0/1',
    help: 'let clients that name no port have port N (1), or not (0)',
    run: ({ sw }, args) => { sw.setAllocatable(args.int(0, 'N'), args.flag(1, '0/1')) }
  },
  {
    path: 'port/setuser',
    syntax: 'N user',
    help: 'let one user have port N (NONE: everybody)',
    run: ({ sw, names }, args) => { sw.setUser(args.int(0, 'N'), names.uid(args.word(1, 'user'))) }
  },
  {
    path: 'port/setgroup',
    syntax: 'N user',
    help: 'let one group have port N (NONE: everybody)',
    run: ({ sw, names }, args) => { sw.setGroup(args.int(0, 'N'), names.gid(args.word(1, 'group'))) }
  },
  {
    path: 'port/epclose',
    syntax: 'N ID',
    help: 'unplug endpoint ID of port N',
    run: ({ sw }, args) => { sw.closeEndpoint(args.int(0, 'N'), args.int(1, 'ID')) }
  },
  {
    path: 'port/defqlen',
    syntax: 'LEN',
    help: 'set the frames that wait for a new endpoint',
    run: ({ sw }, args) => { sw.setDefaultQueueLength(args.int(0, 'LEN')) }
  },
  {
    path: 'port/epqlen',
    syntax: 'N ID LEN',
    help: 'set the frames that wait for endpoint ID of port N',
    run: ({ sw }, args) => { sw.setEndpointQueueLength(args.int(0, 'N'), args.int(1, 'ID'), args.int(2, 'LEN')) }
  },
  {
    path: 'port/limit',
    syntax: 'WHAT N',
    help: 'let in N endpoints at most of a user, at a port, or in total (N off: any number)',
    isOurs: true,
    run: ({ sw }, args) => { sw.setLimits({ [readLimited(args)]: args.words[1] === 'off' ? null : args.int(1, 'N') }) }
  },
  {
    path: 'port/limits',
    syntax: '',
    help: 'print these limits, and how many endpoints there are',
    isOurs: true,
    output: 'data',
    * run ({ sw }) {
      const { perUser, perPort, total } = sw.limits
      yield `Endpoints ${sw.endpointCount} limit user ${perUser ?? '-'} port ${perPort ?? '-'} total ${total ?? '-'}`
    },
    json: ({ sw }) => ({ endpoints: sw.endpointCount, ...sw.limits })
  },
  {
    path: 'port/resetcounter',
    syntax: '[N]',
    help: 'set the counters (of port N) to zero',
    run ({ sw }, args) {
      const number = args.optionalInt(0, 'N', 0, sw.numPorts)
      // A port that does not exist has nothing to reset; the original says so too.
      if (number === undefined) sw.resetCounters()
      else for (const port of sw.ports()) if (port.number === number) port.resetCounters()
    }
  },
  countersCommand,
  print('port/print', 'print the active ports', false),
  print('port/allprint', 'print all ports that exist', true)
]

function readLimited (args: Args): keyof EndpointLimits {
  const word = args.word(0, 'WHAT')
  const found = Object.hasOwn(LIMITED, word) ? LIMITED[word] : undefined
  if (found !== undefined) return found
  throw new VdeError('EINVAL', 'read WHAT', `got "${word}", want ${Object.keys(LIMITED).join(', ')}`)
}

/** Port N, or all; idle ones only when `isIdleShown`. @throws {VdeError} EINVAL, ENXIO */
const chosen = ({ sw }: SwitchContext, args: Args, isIdleShown: boolean): Port[] => {
  const number = args.optionalInt(0, 'N')
  if (number === undefined) return sw.ports().filter((port) => isIdleShown || port.isActive)
  const port = sw.port(number)
  if (!isIdleShown && !port.isActive) throw new VdeError('ENXIO', `print port ${number}`, 'nothing is plugged in')
  return [port]
}

function * portLines ({ names }: SwitchContext, port: Port): Generator<string> {
  const state = port.isActive ? 'ACTIVE' : 'INACTIVE'
  const named = port.isAllocatable ? '' : 'NOT '
  yield `Port ${digits(port.number, 4)} untagged_vlan=${digits(port.pvid, 4)} ${state} - ${named}Unnamed Allocatable`
  yield ` Current User: ${names.user(port.currentUser)} ` +
    `Access Control: (User: ${names.user(port.user)} - Group: ${names.group(port.group)})`
  // Only links that outlive their medium can be down, and no C program makes such a port.
  if (port.isActive && !port.isUp) yield ' Link: DOWN'
  yield ` IN:  ${counts(port.inFrames, port.inBytes)}`
  yield ` OUT: ${counts(port.outFrames, port.outBytes)}`
  for (const { id, module, description } of port.endpoints) {
    const text = description === '' ? 'no endpoint description' : description
    yield `  -- endpoint ID ${digits(id, 4)} module ${module.padEnd(12)}: ${text}`
  }
}

const counts = (frames: number, octets: number): string =>
  `pkts ${String(frames).padStart(10)}          bytes ${String(octets).padStart(20)}`

/** How it stands in the spanning tree; null: it is in none. */
const treeJson = (tree: SwitchContext['sw']['tree'], port: Port): object | null => {
  if (tree.isShut(port.number)) return { role: 'Disabled', state: 'Discarding', isEdge: false, blocked: 'outside-tree' }
  const found = tree.standing(port)
  return found === undefined ? null : { role: found.role, state: found.pst, isEdge: found.operEdge, blocked: found.blocked }
}

/** A port as `port/print --json` shows it. */
export const portJson = ({ names, sw: { tree } }: SwitchContext, port: Port): object => ({
  port: port.number,
  untaggedVlan: port.pvid,
  isActive: port.isActive,
  isUp: port.isUp,
  isAllocatable: port.isAllocatable,
  currentUser: port.currentUser < 0 ? null : names.user(port.currentUser),
  user: port.user < 0 ? null : names.user(port.user),
  group: port.group < 0 ? null : names.group(port.group),
  tree: treeJson(tree, port),
  in: { frames: port.inFrames, octets: port.inBytes },
  out: { frames: port.outFrames, octets: port.outBytes },
  endpoints: port.endpoints.map(({ id, module, description, isUp }) => ({ id, module, description, isUp }))
})
