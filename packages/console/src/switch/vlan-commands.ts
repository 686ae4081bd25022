/** `vlan/`: which VLANs there are, and their tagged members. */
import type { VlanMember } from '@vde-ts/switch'
import type { Args, Command, Row } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { digits } from './format.ts'
import { membersOf } from './members.ts'

/** `vlan/print` and `vlan/allprint` differ in whether idle members are shown. */
const print = (path: string, help: string, isIdleShown: boolean): Command<SwitchContext> => ({
  path,
  syntax: '[N]',
  help,
  output: 'data',
  * run (context, args) {
    for (const id of chosen(context, args)) {
      yield `VLAN ${digits(id, 4)}`
      for (const member of members(context, id, isIdleShown)) yield line(member)
    }
  },
  * json (context, args) {
    for (const id of chosen(context, args)) yield { vlan: id, ports: members(context, id, isIdleShown) }
  }
})

export const vlanCommands: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'vlan', help: 'VLANS' },
  {
    path: 'vlan/create',
    syntax: 'N',
    help: 'make VLAN N',
    run: ({ sw }, args) => { sw.vlan.create(args.int(0, 'N')) }
  },
  {
    path: 'vlan/remove',
    syntax: 'N',
    help: 'remove VLAN N, which has no ports any more',
    run: ({ sw }, args) => { sw.vlan.remove(args.int(0, 'N')) }
  },
  {
    path: 'vlan/addport',
    syntax: 'N PORT',
    help: 'make a port a tagged member of VLAN N',
    run: ({ sw }, args) => { sw.vlan.addPort(args.int(0, 'N'), args.int(1, 'PORT')) }
  },
  {
    path: 'vlan/delport',
    syntax: 'N PORT',
    help: 'end the tagged membership of a port in VLAN N',
    run: ({ sw }, args) => { sw.vlan.deletePort(args.int(0, 'N'), args.int(1, 'PORT')) }
  },
  print('vlan/print', 'print the VLANs and their active ports', false),
  print('vlan/allprint', 'print the VLANs and all their ports', true)
]

const chosen = ({ sw }: SwitchContext, args: Args): number[] => {
  const id = args.optionalInt(0, 'N')
  return id === undefined ? sw.vlan.list().map((vlan) => vlan.id) : [sw.vlan.get(id).id]
}

const members = (context: SwitchContext, id: number, isIdleShown: boolean): VlanMember[] =>
  membersOf(context, id).filter((member) => isIdleShown || member.isActive)

const line = ({ port, isTagged, isActive, state }: VlanMember): string =>
  ` -- Port ${digits(port, 4)} tagged=${Number(isTagged)} active=${Number(isActive)} status=${state}`
