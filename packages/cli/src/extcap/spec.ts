/** vde_extcap: its option table, most of it Wireshark's (doc/extcap.adoc there). */
import { HELP, VERSION, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'vde_extcap',
  summary: 'the ports of all switches of this user as interfaces of Wireshark',
  synopsis: ['--install', '--extcap-interfaces', '--extcap-interface NAME --capture --fifo FIFO [--extcap-capture-filter FILTER]'],
  description: ['Wireshark calls it by itself once it is installed; the other forms are what Wireshark says.'],
  options: [
    { name: 'install', help: "Link this command into the user's directories for such programs" },
    { name: 'extcap-interfaces', help: 'List the ports' },
    { name: 'extcap-version', value: 'VERSION', help: 'Version of Wireshark' },
    { name: 'extcap-interface', value: 'NAME', help: 'The port meant' },
    { name: 'extcap-dlts', help: 'Tell the kind of frames' },
    { name: 'extcap-config', help: 'Tell what can be set' },
    { name: 'extcap-capture-filter', value: 'FILTER', help: 'What to record; without --capture, say whether it is right' },
    { name: 'capture', help: 'Record' },
    { name: 'fifo', value: 'FIFO', help: 'Where to write' },
    { name: 'snaplen', value: 'N', help: 'Octets kept of each frame' },
    HELP,
    VERSION
  ],
  stopAtOperand: false,
  unknown: 'warn',
  exit: {
    usage: 2,
    help: 0,
    statuses: [['0', 'done'], ['1', 'the port or filter is wrong, or the links cannot be made'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}
