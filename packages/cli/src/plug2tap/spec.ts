/** vde_plug2tap: its option table. */
import { DAEMON, HELP, VERSION, type CommandSpec, type Option } from '../command.ts'

/** Of commands that join a network and an interface. */
export const interfaceOptions: readonly Option[] = [
  { name: 'port', short: 'p', value: 'N', help: 'Port of the switch, from 1; any free one unless given' },
  { name: 'group', short: 'g', value: 'GROUP', help: 'Group of the data socket' },
  { name: 'mode', short: 'm', aliases: ['mod'], value: 'OCTAL', help: 'Permissions of the data socket, 0700 unless given' },
  {
    name: 'sock',
    short: 's',
    aliases: ['vdesock', 'unix'],
    value: 'VNL',
    help: 'Directory of the switch, or any VNL; "-" is the vde stream on standard input and output'
  },
  DAEMON,
  { name: 'pidfile', short: 'P', value: 'FILE', help: 'Write the process number to FILE, which must not exist' },
  HELP,
  VERSION
]

/** See the top of the file. */
export const spec: CommandSpec = {
  name: 'vde_plug2tap',
  summary: 'join a virtual network and a TAP interface of the host',
  synopsis: ['[OPTIONS] TAP'],
  description: [
    'Every frame of the network goes to the interface TAP, and every frame of TAP to the network. TAP is made when it does ' +
    'not exist, and is not brought up. A persistent one, made by vde_tunctl, needs no privileges.'
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
      ['1', 'the network, the interface or the process file could not be opened'],
      ['255', 'the command line is wrong, or help was asked for']
    ]
  },
  singleDashLong: true
}
