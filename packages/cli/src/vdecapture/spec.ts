/** vdecapture: its option table. */
import { HELP, VERSION, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'vdecapture',
  summary: 'record the frames of a switch port, live',
  synopsis: ['[-f FILTER] [-s SNAPLEN] -w FILE|- SWITCH[PORT]'],
  description: [
    'SWITCH is the control directory of a switch of this user, as in a VNL, or the management socket of any switch. What is ' +
    'written is pcapng: vdecapture -w - SWITCH[PORT] | wireshark -k -i -'
  ],
  options: [
    { name: 'filter', short: 'f', value: 'FILTER', help: 'What to record, in the language of tcpdump (which must be installed)' },
    { name: 'snaplen', short: 's', value: 'N', help: 'Octets kept of each frame (default: all)' },
    { name: 'write', short: 'w', value: 'FILE', help: 'File to write to, - for standard output' },
    HELP,
    VERSION
  ],
  stopAtOperand: false,
  unknown: 'refuse',
  exit: {
    usage: 2,
    help: 0,
    statuses: [['0', 'ended by SIGINT or SIGTERM, with the switch, or by its reader'], ['1', 'the switch, port or filter is wrong'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}
