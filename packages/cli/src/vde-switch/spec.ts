/** Command line of vde_switch. */
import { DAEMON, HELP, IGNORED, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'vde_switch',
  summary: 'a virtual Ethernet switch in user space',
  synopsis: ['[OPTIONS]'],
  description: [
    'Options may be typed with one dash or two, with = or a blank before the value, and abbreviated. An unknown option is ' +
    'reported and passed over. Numbers may be hexadecimal (0x) or octal (0); modes are always octal.'
  ],
  options: [
    HELP,
    { name: 'version', short: 'v', help: 'Show the version' },
    { name: 'sock', short: 's', aliases: ['vdesock', 'unix'], value: 'DIR', help: 'Control directory that clients name (default: /var/run/vde.ctl for root, else /tmp/vde.ctl)' },
    { name: 'numports', short: 'n', value: 'N', help: 'Number of ports, 1 to 65535 (default 32)' },
    { name: 'hub', short: 'x', help: 'Be a hub: every frame goes to every port. Wins over --fstp' },
    { name: 'fstp', short: 'F', help: 'Run the rapid spanning tree protocol (IEEE 802.1D-2004); it speaks the dialect of the C switch where it hears it' },
    { name: 'macaddr', value: 'MAC', help: 'Address of the switch itself, six hexadecimal octets parted by : or . (default: random)' },
    { name: 'priority', value: 'N', help: 'Bridge priority for the spanning tree, 0 to 65535; the standard wants steps of 4096 (default 0x8000)' },
    { name: 'hashsize', value: 'N', help: 'Size shown for the table of addresses, a power of two (default 128); the table itself grows as needed' },
    { name: 'mode', short: 'm', aliases: ['mod'], value: 'OCTAL', help: 'Mode of the sockets in the control directory (default 0600, or what --dirmode implies)' },
    { name: 'dirmode', value: 'OCTAL', help: 'Mode of the control directory (default 02700, or what --mode implies)' },
    { name: 'group', short: 'g', value: 'GROUP', help: 'Group of the control directory and its sockets' },
    { name: 'tap', short: 't', value: 'IF', many: true, help: 'Connect the TAP interface IF to the next free port; may be given several times' },
    {
      name: 'limit',
      isWhole: true,
      value: 'WHAT=N',
      many: true,
      help: 'Let in N endpoints at most, WHAT being user, port or total; may be given several times (default: total, as many as the limit of open files allows)'
    },
    { name: 'vlan-transparent', aliases: ['trunk'], isWhole: true, help: 'Let tagged frames of VLANs that are not defined pass, as an unmanaged switch does' },
    { name: 'takeover', isWhole: true, help: 'Go on in the place of the switch that serves DIR, unnoticed by everybody connected. What describes the switch is taken from it, not from this command line' },
    DAEMON,
    { name: 'pidfile', short: 'p', value: 'FILE', help: 'Write the process id to FILE, removed at the end' },
    { name: 'rcfile', short: 'f', value: 'FILE', help: 'Console commands to run at the start (default ~/.vde2/vde_switch.rc, then /etc/vde2/vde_switch.rc)' },
    {
      name: 'command',
      isWhole: true,
      value: 'LINE',
      many: true,
      help: 'Run this console command at the start, behind the files of --rcfile and --config; may be given several times. One that fails ends the switch'
    },
    {
      name: 'config',
      isWhole: true,
      value: 'FILE',
      help: 'Be what the configuration FILE (YAML) says; see CONFIGURATION. SIGHUP, and the command config/load, make a running switch what it says by then'
    },
    { name: 'mgmt', short: 'M', value: 'SOCK', help: 'Management socket, for unixterm, vdeterm and unixcmd' },
    { name: 'mgmtmode', value: 'OCTAL', help: 'Mode of the management socket (default 0600)' },
    { name: 'mgmtgroup', value: 'GROUP', help: 'Group of the management socket' },
    {
      name: 'metrics',
      isWhole: true,
      value: 'WHERE',
      help: 'Serve metrics for Prometheus at http://WHERE/metrics: a port of 127.0.0.1, ADDRESS:PORT, or the path of a unix socket'
    },
    { name: 'nostdin', help: 'Leave standard input alone; else it is a console, and its end stops the switch' },
    { name: 'debugclients', short: 'D', value: 'N', hidden: true, help: 'Accepted for old scripts, without effect' }
  ],
  stopAtOperand: false,
  unknown: 'warn',
  exit: {
    usage: 1,
    help: 1,
    statuses: [
      ['0', 'SIGTERM, the command shutdown, end of standard input, --version, or ready in the background (-d)'],
      ['1', 'the command line, the pid file, the management socket, an interface or the rc file is wrong, the running switch goes on instead of --takeover; also --help'],
      ['255', 'the control directory cannot be made, or is in use'],
      ['killed', 'by SIGINT, after removing its files']
    ]
  },
  ignores: IGNORED,
  singleDashLong: true
}
