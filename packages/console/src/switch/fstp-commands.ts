/**
 * `fstp/`: the spanning tree, as seen while there is none. Everything is checked and answered as by a switch whose tree is
 * off; turning it on is refused, since a silent success would promise a network without loops.
 */
import { formatHalves } from '@vde-ts/frame/mac.js'
import { VdeError } from '@vde-ts/link'
import type { Args, Row } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { digits, wordText } from './format.ts'
import { membersOf } from './members.ts'

/** What a root port costs, the same for all. */
const PORT_COST = 20_000_000

export const fstpCommands: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'fstp', help: 'SPANNING TREE' },
  {
    path: 'fstp/showinfo',
    syntax: '',
    help: 'show the settings of the tree',
    output: 'data',
    * run ({ sw }) {
      const hex = sw.priority.toString(16).padStart(4, '0')
      yield `MAC ${formatHalves(sw.macHi, sw.macLo)} Priority ${sw.priority} (0x${hex})`
      yield 'FSTP=false'
    },
    json: ({ sw }) => ({ mac: formatHalves(sw.macHi, sw.macLo), priority: sw.priority, isEnabled: false })
  },
  {
    path: 'fstp/setfstp',
    syntax: '0/1',
    help: 'turn the tree on (1) or off (0)',
    output: 'data',
    * run ({ sw }, args) {
      if (!args.flag(0, '0/1')) return
      if (sw.isHub) {
        yield "Can't use fstp in hub mode"
        return
      }
      yield 'There is no spanning tree in this version'
      throw new VdeError('EOPNOTSUPP', 'turn on the spanning tree', 'this version has none')
    }
  },
  {
    path: 'fstp/setedge',
    syntax: 'VLAN PORT 1/0',
    help: 'say that only stations are behind a port (1), or not (0)',
    run: (context, args) => {
      checkPlace(context, args)
      args.int(2, '1/0')
    }
  },
  {
    path: 'fstp/bonus',
    syntax: 'VLAN PORT COST',
    help: 'prefer a port as way to the root, by COST',
    run: (context, args) => {
      checkPlace(context, args)
      args.int(2, 'COST')
    }
  },
  {
    path: 'fstp/print',
    syntax: '[N]',
    help: 'print the state of the tree (in VLAN N)',
    output: 'data',
    * run (context, args) { for (const id of chosen(context, args)) yield * tree(context, id) },
    * json (context, args) { for (const id of chosen(context, args)) yield treeJson(context, id) }
  }
]

/** @throws {VdeError} EINVAL out of range, ENXIO no such VLAN */
const checkPlace = ({ sw }: SwitchContext, args: Args): void => {
  sw.vlan.get(args.int(0, 'VLAN'))
  args.int(1, 'PORT', 0, sw.numPorts)
}

const chosen = ({ sw }: SwitchContext, args: Args): number[] => {
  const id = args.optionalInt(0, 'N')
  return id === undefined ? sw.vlan.list().map((vlan) => vlan.id) : [sw.vlan.get(id).id]
}

const rootId = ({ sw }: SwitchContext): string => `${wordText(sw.priority)}:${formatHalves(sw.macHi, sw.macLo)}`

interface Member { readonly port: number, readonly isTagged: boolean }

/** Active members, untagged before tagged. */
const members = (context: SwitchContext, id: number): Member[] => {
  const active = membersOf(context, id).filter((member) => member.isActive)
  return [...active.filter((member) => !member.isTagged), ...active.filter((member) => member.isTagged)]
}

function * tree (context: SwitchContext, id: number): Generator<string> {
  yield `FST DATA VLAN ${digits(id, 4)} ROOTSWITCH FSTP IS DISABLED`
  yield ` ++ root ${rootId(context)}`
  yield ' ++ designated ff:ff:ff:ff:ff:ff:ff:ff'
  yield ` ++ rootport 0000 cost 0 age ${context.facts.uptimeSec()} bonusport 0000 bonuscost 0`
  for (const { port, isTagged } of members(context, id)) {
    yield ` -- Port ${digits(port, 4)} tagged=${Number(isTagged)} portcost=${PORT_COST} role=Designated`
  }
}

const treeJson = (context: SwitchContext, id: number): object => ({
  vlan: id,
  isEnabled: false,
  isRoot: true,
  root: rootId(context),
  rootPort: 0,
  ports: members(context, id).map(({ port, isTagged }) => ({ port, isTagged, cost: PORT_COST, role: 'Designated' }))
})
