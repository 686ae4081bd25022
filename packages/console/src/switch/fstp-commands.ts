/** `fstp/`: the spanning tree. In modes rstp and stp a VLAN has to exist, and stands for the whole bridge. */
import { formatHalves } from '@vde-ts/frame/mac.js'
import { VdeError } from '@vde-ts/link'
import type { TreeMode } from '@vde-ts/switch'
import type { Args, Row } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { fstpPortCommands } from './fstp-port-command.ts'
import { treeJson, treeLines } from './fstp-print.ts'

const MODES: readonly TreeMode[] = ['rstp', 'stp', 'fstp']

export const fstpCommands: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'fstp', help: 'SPANNING TREE' },
  {
    path: 'fstp/showinfo',
    syntax: '',
    help: 'show the settings of the tree',
    output: 'data',
    * run ({ sw }) {
      const { priority } = sw.tree.settings
      yield `MAC ${formatHalves(sw.macHi, sw.macLo)} Priority ${priority} (0x${priority.toString(16).padStart(4, '0')})`
      yield `FSTP=${sw.tree.isEnabled}`
    },
    json: ({ sw }) => {
      const { isEnabled, mode, settings, times } = sw.tree
      return { mac: formatHalves(sw.macHi, sw.macLo), isEnabled, mode, ...settings, times }
    }
  },
  {
    path: 'fstp/setfstp',
    syntax: '0/1',
    help: 'turn the tree on (1) or off (0)',
    output: 'data',
    * run ({ sw }, args) {
      const isOn = args.flag(0, '0/1')
      if (isOn && sw.isHub) yield "Can't use fstp in hub mode"
      else sw.tree.setEnabled(isOn)
    }
  },
  {
    path: 'fstp/setedge',
    syntax: 'VLAN PORT 1/0',
    help: 'say that only stations are behind a port (1), or let it find out (0)',
    run (context, args) {
      const { port } = place(context, args)
      context.sw.tree.configurePort(port, { edge: args.flag(2, '1/0') ? 'on' : 'auto' })
    }
  },
  {
    path: 'fstp/bonus',
    syntax: 'VLAN PORT COST',
    help: 'prefer a port as way to the root, by COST',
    run (context, args) {
      const { vlan, port } = place(context, args)
      context.sw.tree.setBonus(vlan, { port, cost: args.int(2, 'COST') })
    }
  },
  {
    path: 'fstp/print',
    syntax: '[N]',
    help: 'print the state of the tree (in VLAN N)',
    output: 'data',
    * run (context, args) { for (const id of chosen(context, args)) yield * treeLines(context, id) },
    * json (context, args) { for (const id of chosen(context, args)) yield treeJson(context, id) }
  },
  {
    path: 'fstp/mode',
    syntax: 'MODE',
    help: 'be a bridge of IEEE 802.1D (rstp), of its older form (stp), or like the C switch in each VLAN (fstp)',
    isOurs: true,
    run ({ sw }, args) {
      const word = args.word(0, 'MODE')
      const mode = MODES.find((one) => one === word)
      if (mode === undefined) throw new VdeError('EINVAL', 'read MODE', `got "${word}", want ${MODES.join(', ')}`)
      sw.tree.setMode(mode)
    }
  },
  ...fstpPortCommands
]

/** @throws {VdeError} EINVAL out of range, ENXIO no such VLAN */
const place = ({ sw }: SwitchContext, args: Args): { readonly vlan: number, readonly port: number } =>
  ({ vlan: sw.vlan.get(args.int(0, 'VLAN')).id, port: args.int(1, 'PORT', 0, sw.numPorts) })

const chosen = ({ sw }: SwitchContext, args: Args): number[] => {
  const id = args.optionalInt(0, 'N')
  return id === undefined ? sw.vlan.list().map((vlan) => vlan.id) : [sw.vlan.get(id).id]
}
