/** Command lines of the console's clients. */
import { HELP, VERSION, type CommandSpec } from '../command.ts'

const terminal = (name: string, summary: string, description: readonly string[]): CommandSpec => ({
  name,
  summary,
  synopsis: ['SOCKET'],
  description,
  options: [HELP, VERSION],
  stopAtOperand: false,
  unknown: 'refuse',
  exit: {
    usage: 255,
    help: 0,
    statuses: [['0', 'the session ended'], ['255', 'SOCKET could not be connected to, or wrong use']]
  },
  singleDashLong: true
})

/** Command line of unixterm, whose one operand is the socket. */
export const unixtermSpec: CommandSpec = terminal('unixterm', 'plain terminal for a console', [
  'Joins standard input and output with the stream socket SOCKET, byte for byte. At the end of the input the console ' +
  'answers what it was sent before this program ends. The command why tells the reason of the last refusal, where the console is ours.'
])

/** Command line of vdeterm, the same as that of unixterm. */
export const vdetermSpec: CommandSpec = terminal('vdeterm', 'console of a switch with line editing', [
  'Arrows, ^A, ^E, ^K, ^U, ^W, ^L edit and recall lines, TAB completes commands (twice: lists them), ^C clears the line, ' +
  '^D and logout end. In a pipe it answers line by line. Below the status of a refusal stands its reason, where the console is ours.'
])

const once = (name: string): CommandSpec => ({
  name,
  summary: 'one console command from a script',
  synopsis: ['[OPTIONS] COMMAND [ARGUMENT...]'],
  description: ['A refusal is told on standard error, with its reason where the console is ours.'],
  options: [
    HELP,
    VERSION,
    { name: 'sock', short: 's', value: 'SOCKET', help: `Management socket (default: /var/run/${name}, by the name of this program)` },
    { name: 'rcfile', short: 'f', value: 'FILE', help: 'Hold the conversation that the script FILE describes; without it the protocol is built in' },
    { name: 'verbose', short: 'v', help: 'Show the conversation, step by step, on standard output' }
  ],
  stopAtOperand: true,
  unknown: 'refuse',
  exit: {
    usage: 255,
    help: 0,
    statuses: [
      ['0', 'the console answered 1000'],
      ['1-254', 'the error number of its answer: 22 invalid argument, 38 no such command'],
      ['255', 'there is no console, or wrong use']
    ]
  },
  singleDashLong: true
})

/** Command line of unixcmd; vdecmd is the same with another default socket. */
export const unixcmdSpec: CommandSpec = once('unixcmd')
export const vdecmdSpec: CommandSpec = once('vdecmd')
