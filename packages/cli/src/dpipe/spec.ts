/** Command line of dpipe. */
import { DAEMON, HELP, VERSION, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'dpipe',
  summary: 'commands joined by pipes in both directions',
  synopsis: ['[OPTIONS] COMMAND [ARGUMENT...] = COMMAND [ARGUMENT...] [= COMMAND [ARGUMENT...]]...'],
  description: [
    'Around = the output of each command is the input of the other. A command between two others has its left neighbour on ' +
    'descriptors 0 and 1 and its right one on those named by ALTERNATE_STDIN and ALTERNATE_STDOUT (3 and 4).',
    '=} COMMAND }= is a filter for what flows to the right only, ={ COMMAND {= for what flows to the left; the other direction passes it by.'
  ],
  options: [
    HELP,
    VERSION,
    DAEMON,
    { name: 'pidfile', short: 'p', value: 'FILE', help: 'Write the process id to FILE, removed at the end' },
    { name: 'pgrpfile', short: 'P', value: 'FILE', help: 'Write the process group to FILE, ready for kill -- $(cat FILE), removed at the end' },
    { name: 'nowrapproc', short: 'n', help: 'Stand for the last command: its process id goes to the pid file, all signals go to it' },
    { name: 'nowrapnoclean', short: 'N', help: 'As -n, and leave the files behind' }
  ],
  operands: ['command'],
  stopAtOperand: true,
  unknown: 'warn',
  exit: {
    // The C program ends with 0 here, and kills the script that called it.
    usage: 2,
    help: 0,
    statuses: [
      ['N', 'that of the last command, after all have ended; 128 + N when signal N killed it'],
      ['0', 'SIGTERM, or ready in the background (-d)'],
      ['2', 'the command line is wrong'],
      ['126', 'a command cannot be executed'],
      ['127', 'a command is not found']
    ]
  },
  handsOn: true,
  singleDashLong: false
}
