/** vde_pcapplug: its option table. */
import type { CommandSpec } from '../command.ts'
import { interfaceOptions } from '../plug2tap/spec.ts'

export const spec: CommandSpec = {
  name: 'vde_pcapplug',
  summary: 'join a virtual network and the wire of an interface',
  synopsis: ['[OPTIONS] INTERFACE'],
  description: [
    'What comes in at INTERFACE, or is sent there by others with an address that is not its own, goes to the network, and every ' +
    'frame of the network leaves there. The interface stays usable. CAP_NET_RAW is wanted.'
  ],
  options: interfaceOptions,
  stopAtOperand: false,
  unknown: 'refuse',
  exit: {
    usage: 255,
    help: 255,
    helpOn: 'stderr',
    statuses: [
      ['0', 'the network ended, or SIGTERM'],
      ['1', 'the network, the interface or the process file could not be opened, or the interface was removed'],
      ['255', 'the command line is wrong, or help was asked for']
    ]
  },
  singleDashLong: true
}
