/** `vlan/port` and `vlan/portprint`: what a port decides about tags, in the words of other vendors. */
import {
  accessPort, ADMITS, customerPort, formatVlanList, nativePort, NO_VLAN, readVlanList, trunkPort, type FrameTypes,
  type PortVlanSettings
} from '@vde-ts/switch'
import { VdeError } from '@vde-ts/link'
import type { Args, Row } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { digits } from './format.ts'

type Change = Partial<PortVlanSettings>

/** Each word that may follow the port, and what it reads from the words behind it. */
const MODES: Readonly<Record<string, (args: Args) => Change>> = {
  access: (args) => accessPort(vlanAt(args, 2)),
  trunk: (args) => trunkPort(readVlanList(args.word(2, 'VLANS'))),
  native: (args) => nativePort(vlanAt(args, 2), readVlanList(args.word(3, 'VLANS')), isTaggedAt(args, 4)),
  qinq: (args) => customerPort(vlanAt(args, 2)),
  admit: (args) => ({ admits: admitsAt(args, 2) }),
  filter: (args) => ({ isFiltering: args.flag(2, '0/1') }),
  priority: (args) => ({ priority: args.int(2, 'PRIORITY', 0, 7) }),
  tpid: (args) => ({ tpid: args.int(2, 'TPID') })
}

export const vlanPortCommands: ReadonlyArray<Row<SwitchContext>> = [
  {
    path: 'vlan/port',
    syntax: 'N MODE ...',
    help: 'set port N: access V, trunk VS, native V VS [tagged], qinq V, admit WHAT, filter 0/1, priority P, tpid T',
    isOurs: true,
    run: ({ sw }, args) => { sw.vlan.configure(args.int(0, 'N'), readMode(args)) }
  },
  {
    path: 'vlan/portprint',
    syntax: '[N]',
    help: 'print what vlan/port sets',
    isOurs: true,
    output: 'data',
    * run ({ sw }, args) { for (const port of chosen(sw, args)) yield line(port, sw.vlan.settings(port)) },
    * json ({ sw }, args) { for (const port of chosen(sw, args)) yield { port, ...sw.vlan.settings(port) } }
  }
]

const readMode = (args: Args): Change => {
  const word = args.word(1, 'MODE')
  const mode = Object.hasOwn(MODES, word) ? MODES[word] : undefined
  if (mode === undefined) throw new VdeError('EINVAL', 'read MODE', `got "${word}", want ${Object.keys(MODES).join(', ')}`)
  return mode(args)
}

const vlanAt = (args: Args, index: number): number => args.int(index, 'VLAN', 0, NO_VLAN - 1)

const isTaggedAt = (args: Args, index: number): boolean => {
  const word = args.words[index]
  if (word === undefined || word === 'tagged') return word === 'tagged'
  throw new VdeError('EINVAL', 'read a mode', `got "${word}", want "tagged" or nothing`)
}

const admitsAt = (args: Args, index: number): FrameTypes => {
  const word = args.word(index, 'frames')
  const found = (Object.keys(ADMITS) as FrameTypes[]).find((one) => one === word)
  if (found !== undefined) return found
  throw new VdeError('EINVAL', 'read frames', `got "${word}", want ${Object.keys(ADMITS).join(', ')}`)
}

const chosen = (sw: SwitchContext['sw'], args: Args): number[] => {
  const number = args.optionalInt(0, 'N')
  return number === undefined ? sw.ports().map((port) => port.number) : [sw.port(number).number]
}

const vlanText = (vlan: number): string => vlan === NO_VLAN ? '-' : String(vlan)

const line = (port: number, s: PortVlanSettings): string =>
  `Port ${digits(port, 4)} pvid ${vlanText(s.pvid)} untagged ${vlanText(s.untagged)} tagged ${formatVlanList(s.tagged)} ` +
  `admits ${s.admits} filter ${Number(s.isFiltering)} priority ${s.priority} tpid 0x${s.tpid.toString(16)}`
