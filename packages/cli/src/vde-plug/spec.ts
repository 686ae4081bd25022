/** Command line of vde_plug. */
import { DAEMON, HELP, IGNORED, VERSION, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'vde_plug',
  summary: 'a cable between virtual networks, or between a network and a program',
  synopsis: ['[OPTIONS] [VNL]', '[OPTIONS] VNL VNL', '[OPTIONS] [VNL] = COMMAND [ARGUMENT...]'],
  description: [
    'With one VNL or none (the default network) frames go to standard output and come from standard input, as a stream. With ' +
    'two the networks are joined. Behind = a command takes the place of the standard streams.',
    'Options end at the first VNL or =.'
  ],
  options: [
    HELP,
    VERSION,
    { name: 'port', value: 'N', help: 'Port of the first network, from 1 (better: VNL[N])' },
    { name: 'port2', value: 'N', help: 'Port of the second network' },
    { name: 'group', short: 'g', value: 'GROUP', help: 'Group of the socket towards the first network' },
    { name: 'group2', short: 'G', value: 'GROUP', help: 'Group of the socket towards the second network' },
    { name: 'mod', short: 'm', value: 'OCTAL', help: 'Mode of the socket towards the first network (default 0700)' },
    { name: 'mod2', short: 'M', value: 'OCTAL', help: 'Mode of the socket towards the second network (default 0700)' },
    { name: 'descr', short: 'D', value: 'TEXT', help: 'Description, shown by the switch (default vdeplug:)' },
    {
      name: 'impair',
      value: 'WORDS',
      help: 'Put the first network behind a bad link: the words of impair:// in vnl(7), parted by blanks; with mgmt=SOCKET they are changed there while frames pass. vde_impair(1) needs neither'
    },
    DAEMON,
    { name: 'pidfile', short: 'p', value: 'FILE', help: 'Write the process id to FILE, removed at the end' },
    { name: 'log', short: 'l', help: 'Log start and stop to syslog' },
    { name: 'iplog', short: 'L', help: 'As --log, and also each new IP address that enters the network from the stream' },
    { name: 'verbose', help: 'Print every frame on standard error' },
    { name: 'login', short: 'c', value: 'TEXT', hidden: true, help: 'What a login shell is asked to run' }
  ],
  operands: ['vnl'],
  stopAtOperand: true,
  operandSeparators: ['='],
  unknown: 'refuse',
  exit: {
    usage: 255,
    help: 255,
    helpOn: 'stderr',
    statuses: [
      ['0', 'the traffic ended, SIGTERM, or ready in the background (-d)'],
      ['1', 'a network cannot be opened or reached, the command not started, or the program of cmd:// failed'],
      ['N', 'the command behind = ended with status N, or 128 and the number of the signal that killed it'],
      ['255', 'the command line is wrong, or a login shell was asked for something else; also --help'],
      ['killed', 'by SIGINT or SIGHUP, after removing its files']
    ]
  },
  ignores: IGNORED,
  handsOn: true,
  singleDashLong: false
}
