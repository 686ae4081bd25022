/** vdens: its option table. */
import { HELP, VERSION, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'vdens',
  summary: 'run a command in a network namespace joined to virtual networks',
  synopsis: ['[OPTIONS] [VNL [COMMAND [ARG...]]]', '-m [OPTIONS] VNL... [-- COMMAND [ARG...]]'],
  description: [
    'The command (default: $SHELL) runs in a user and a network namespace of its own, as the same user, with one Ethernet ' +
    'interface for each VNL: vde0, vde1, ... They are down and have no address; the command has the capabilities to change that.',
    'Without a VNL, or with "", "-" or "no" in its place, there is only lo. A VNL "=COMMAND LINE" runs the line as the other ' +
    'end of the wire, as cmd:// does. VNLs are opened outside, in the network of the caller.',
    'When a switch ends, its interface stays and vdens joins again as soon as it can.'
  ],
  options: [
    { name: 'multi', short: 'm', help: 'Take several VNLs; the command stands behind --' },
    { name: 'iface', short: 'i', value: 'PREFIX', help: 'Start of the interfaces\' names, "vde" unless given; with the number at most 15 octets' },
    { name: 'resolvconf', short: 'r', value: 'FILE', help: 'Show a private copy of FILE as /etc/resolv.conf inside; default $VDE_RESOLVCONF' },
    {
      name: 'resolvaddr',
      short: 'R',
      value: 'ADDR[,ADDR...]',
      help: 'Name servers for /etc/resolv.conf inside; beats -r; default $VDE_RESOLVADDR, which an explicit -r beats'
    },
    { name: 'sysadm', short: 's', help: 'Give the command CAP_SYS_ADMIN too, and a mount namespace' },
    { name: 'hostname', short: 'H', value: 'NAME', help: 'Set the hostname inside' },
    { name: 'mtu', value: 'N', help: 'Longest packet of the interfaces, 68 to 65521 octets; 1500 unless given, less where a network puts its own header around each frame' },
    {
      name: 'impair',
      value: 'WORDS',
      help: 'Put every network behind a bad link: the words of impair:// in vnl(7), parted by blanks, as in "delay=20ms in.loss=1%"; with mgmt=SOCKET, of one network, they are changed there while frames pass. vde_impair(1) needs neither'
    },
    {
      name: 'no-offload',
      help: 'Have the interfaces finish checksums and segments themselves, also towards a switch that takes them unfinished. ' +
        'What arrives may still be several segments in one, as behind any network card (GRO)'
    },
    {
      name: 'packet',
      help: 'Make the interfaces of veth pairs and packet sockets, without /dev/net/tun; done by itself, with a line on standard error, ' +
        'where that is missing or not for this user'
    },
    { name: 'clone', short: 'c', help: 'Taken for compatibility: the namespaces are always made by clone' },
    { name: 'unshare', short: 'u', help: 'Taken for compatibility, changes nothing: the namespaces are always made by clone' },
    HELP,
    VERSION
  ],
  operands: ['vnl', 'command'],
  stopAtOperand: true,
  unknown: 'refuse',
  exit: {
    usage: 1,
    help: 1,
    helpOn: 'stderr',
    statuses: [
      ['N', 'the command ended with status N'],
      ['128+N', 'signal N ended the command; where possible vdens dies of the same signal, which a shell shows as this number'],
      ['1', 'a VNL or the namespace could not be opened, or the command line is wrong'],
      ['126', 'the command cannot be run'],
      ['127', 'there is no such command']
    ]
  },
  singleDashLong: false
}
