/** lsctl, lsctld, lsctlc: their option tables. */
import { HELP, VERSION, type CommandSpec } from '../command.ts'

const LANGUAGE = 'Scripts are those of LSDN: settings, net, phys, virt, attach, detach, claimLocal, rule, flushVr, rate, validate, commit, ' +
  'cleanup, free and show, behind "namespace import lsdn::*", in the part of Tcl that such scripts use. None of its commands runs a program.'

const PLAN = {
  name: 'plan', short: 'n', help: 'Carry nothing out: commit and cleanup print what they would do'
}

/** lsctl */
export const lsctlSpec: CommandSpec = {
  name: 'lsctl',
  summary: "run a script of LSDN's configuration language",
  synopsis: ['[OPTIONS] [FILE [ARGUMENT...]]'],
  description: [
    LANGUAGE,
    'Without FILE commands are read from standard input, on a terminal with a prompt. What was committed stays in effect when lsctl ends; ' +
    'cleanup takes it away.'
  ],
  options: [PLAN, HELP, VERSION],
  stopAtOperand: true,
  unknown: 'refuse',
  exit: {
    usage: 2, help: 0, statuses: [['0', 'the script came to its end'], ['1', 'it failed, or cannot be read'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}

/** lsctld */
export const lsctldSpec: CommandSpec = {
  name: 'lsctld',
  summary: "a process that runs scripts of LSDN's configuration language, one after the other, in one interpreter",
  synopsis: ['-s SOCKET [OPTIONS]'],
  description: [
    LANGUAGE,
    'lsctlc sends scripts. Variables, procedures and the network stay from script to script. Only its own user may connect.'
  ],
  options: [
    { name: 'socket', short: 's', value: 'PATH', help: 'Listen here. What a dead process left is replaced, anything else is left alone' },
    { name: 'pidfile', short: 'p', value: 'FILE', help: 'Write the process number to FILE' },
    { name: 'foreground', short: 'f', help: 'Stay in the foreground; -p is refused then' },
    PLAN,
    HELP,
    VERSION
  ],
  stopAtOperand: false,
  unknown: 'refuse',
  foreground: 'foreground',
  exit: {
    usage: 2,
    help: 0,
    statuses: [['0', 'it runs (without -f), or SIGTERM ended it'], ['1', 'it cannot listen'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}

/** lsctlc */
export const lsctlcSpec: CommandSpec = {
  name: 'lsctlc',
  summary: 'send a script to lsctld',
  synopsis: ['[OPTIONS] SOCKET [WORD...]'],
  description: ['The words are one command. Without words the script is standard input. Prints what the script prints.'],
  options: [HELP, VERSION],
  stopAtOperand: true,
  unknown: 'refuse',
  exit: {
    usage: 2,
    help: 0,
    statuses: [['0', 'the script came to its end'], ['1', 'it failed, or lsctld cannot be reached'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}
