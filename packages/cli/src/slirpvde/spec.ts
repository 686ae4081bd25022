/** slirpvde: its option table, the original's and a console. */
import { DAEMON, HELP, IGNORED, VERSION, type CommandSpec } from '../command.ts'

/** See the top of the file. */
export const spec: CommandSpec = {
  name: 'slirpvde',
  summary: 'the network of this host, in user mode, on a virtual network',
  synopsis: ['[OPTIONS] [VNL]'],
  description: [
    'Machines of the network reach what this host reaches: a gateway that translates addresses, a name server, DHCP. IPv4 only, ' +
    'as the original; the scheme slirp:// of vde_plug has more.'
  ],
  options: [
    { name: 'sock', short: 's', aliases: ['socket', 'vdesock', 'unix'], value: 'VNL', help: 'Directory of the switch, or any VNL; "-" is the vde stream on standard input and output' },
    { name: 'pidfile', short: 'p', value: 'FILE', help: 'Write the process id to FILE, removed at the end' },
    { name: 'group', short: 'g', value: 'GROUP', help: 'Group of the data socket' },
    { name: 'mod', short: 'm', value: 'OCTAL', help: 'Permissions of the data socket (default 0700)' },
    { name: 'port', short: 'P', value: 'N', help: 'Port of the switch; any free one unless given' },
    DAEMON,
    { name: 'host', short: 'H', aliases: ['network'], value: 'A[/LEN]', help: 'Address of the gateway (default 10.0.2.2/24); without host part the network, whose second address it is then' },
    { name: 'net', short: 'n', value: 'A[/LEN]', hidden: true, help: 'The same, for old scripts' },
    { name: 'dns', short: 'N', aliases: ['nameserver'], value: 'A', help: 'Address of the name server, which asks those of this host (default host 3 of the network); one outside is only told to clients' },
    { name: 'dhcp', short: 'D', value: 'A', optional: true, help: 'Give addresses away, from host 15 of the network or from A' },
    { name: 'tcp', short: 'L', value: '[HOST:]PORT:GUEST:PORT', many: true, help: 'Have a TCP port of this host lead to one of a guest; it listens on all addresses unless HOST is given' },
    { name: 'udp', short: 'U', value: '[HOST:]PORT:GUEST:PORT', many: true, help: 'The same for UDP' },
    { name: 'x11', short: 'X', value: 'GUEST[:DISPLAY[.SCREEN]]', many: true, help: 'Have the first free X display of this host be that of a guest' },
    { name: 'unix-forward', short: 'x', value: '[A:]PORT:PATH', many: true, help: 'Have a port of the network lead to a socket file; its address is host 4 of the network unless given' },
    { name: 'tftp', short: 't', value: 'DIR', help: 'Serve a directory by TFTP, read-only' },
    { name: 'mgmt', short: 'M', value: 'SOCKET', help: 'Socket of a console: forwards are listed, added and removed there' },
    { name: 'mgmtmode', value: 'OCTAL', help: 'Its permissions (default 0700)' },
    { name: 'quiet', short: 'q', help: 'Say nothing at the start' },
    HELP,
    VERSION
  ],
  operands: ['vnl'],
  stopAtOperand: false,
  unknown: 'refuse',
  exit: {
    usage: 255,
    help: 255,
    helpOn: 'stderr',
    statuses: [
      ['0', 'the network ended, shutdown on the console, SIGTERM, or ready in the background'],
      ['1', 'the network, a forward or a file could not be opened, or the TCP/IP stopped'],
      ['255', 'the command line is wrong, or help was asked for']
    ]
  },
  ignores: IGNORED,
  singleDashLong: true
}
