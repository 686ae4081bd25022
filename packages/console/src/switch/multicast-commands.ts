/** `mcast/`: multicast groups, and who wants them. */
import { formatIp } from '@vde-ts/switch/ip-address.js'
import type { MulticastPortSettings, SnoopingState, Switch } from '@vde-ts/switch'
import { VdeError } from '@vde-ts/link'
import type { Args, Row } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { digits } from './format.ts'

/** Each word that may follow the port, and what it reads from the words behind it. */
const KEYS: Readonly<Record<string, (args: Args) => Partial<MulticastPortSettings>>> = {
  router: (args) => ({ router: routerAt(args, 2) }),
  fastleave: (args) => ({ isFastLeave: args.flag(2, '0/1') }),
  flood: (args) => ({ isFlooded: args.flag(2, '0/1') })
}

export const multicastCommands: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'mcast', help: 'MULTICAST GROUPS', isOurs: true },
  {
    path: 'mcast/snoop',
    syntax: 'VLAN 0/1',
    help: 'send groups of a VLAN where hosts joined them (IGMP, MLD), or everywhere (0)',
    isOurs: true,
    run: ({ sw }, args) => { sw.multicast.setSnooping(args.int(0, 'VLAN'), args.flag(1, '0/1')) }
  },
  {
    path: 'mcast/strict',
    syntax: 'VLAN 0/1',
    help: 'send groups that nobody joined to routers only (1), or everywhere (0)',
    isOurs: true,
    run: ({ sw }, args) => { sw.multicast.setStrict(args.int(0, 'VLAN'), args.flag(1, '0/1')) }
  },
  {
    path: 'mcast/port',
    syntax: 'N KEY VALUE',
    help: 'set port N: router auto|always|never, fastleave 0/1 (one host is there), flood 0/1 (gets every group)',
    isOurs: true,
    run: ({ sw }, args) => { sw.multicast.configurePort(args.int(0, 'N'), readKey(args)) }
  },
  {
    path: 'mcast/print',
    syntax: '[VLAN]',
    help: 'print queriers, routers and groups, and the seconds they have left',
    isOurs: true,
    output: 'data',
    * run ({ sw }, args) {
      for (const state of sw.multicast.list(args.optionalInt(0, 'VLAN'))) yield * lines(state)
      yield * portLines(sw)
    },
    json: ({ sw }, args) => ({
      vlans: sw.multicast.list(args.optionalInt(0, 'VLAN')).map(toJson),
      ports: sw.multicast.ports().map(([port, settings]) => ({ port, ...settings }))
    })
  }
]

const readKey = (args: Args): Partial<MulticastPortSettings> => {
  const word = args.word(1, 'KEY')
  const read = Object.hasOwn(KEYS, word) ? KEYS[word] : undefined
  if (read === undefined) throw new VdeError('EINVAL', 'read KEY', `got "${word}", want ${Object.keys(KEYS).join(', ')}`)
  return read(args)
}

const routerAt = (args: Args, index: number): MulticastPortSettings['router'] => {
  const word = args.word(index, 'router')
  if (word === 'auto' || word === 'always' || word === 'never') return word
  throw new VdeError('EINVAL', 'read router', `got "${word}", want auto, always or never`)
}

const querierText = ([left, answered]: readonly [number, number] = [-1, 0]): string =>
  left < 0 ? 'none' : `${left} secs${answered > 0 ? ` (answered in ${answered})` : ''}`

function * lines ({ vlan, isStrict, queriers, routers, proxies, groups, refused }: SnoopingState): Generator<string> {
  const [four, six] = queriers
  yield `VLAN ${digits(vlan, 4)} strict ${Number(isStrict)} querier IPv4 ${querierText(four)} IPv6 ${querierText(six)} refused ${refused}`
  for (const [port, sec] of routers) yield ` -- Port ${digits(port, 4)} router ${sec} secs`
  for (const [port, sec] of proxies) yield ` -- Port ${digits(port, 4)} proxy ${sec} secs`
  for (const { words, ports } of groups) {
    for (const [port, sec] of ports) yield ` -- Port ${digits(port, 4)} group ${formatIp(words)} ${sec} secs`
  }
}

function * portLines (sw: Switch): Generator<string> {
  for (const [port, { router, isFastLeave, isFlooded }] of sw.multicast.ports()) {
    yield `Port ${digits(port, 4)} router ${router} fastleave ${Number(isFastLeave)} flood ${Number(isFlooded)}`
  }
}

const placed = ([port, sec]: readonly [number, number]): object => ({ port, sec })

const toJson = ({ vlan, isStrict, queriers, routers, proxies, groups, refused }: SnoopingState): object => ({
  vlan,
  isStrict,
  queriers: queriers.map(([left, answeredSec], i) => ({ family: i === 0 ? 4 : 6, leftSec: left < 0 ? null : left, answeredSec })),
  routers: routers.map(placed),
  proxies: proxies.map(placed),
  groups: groups.map(({ words, ports }) => ({ group: formatIp(words), ports: ports.map(placed) })),
  refused
})
