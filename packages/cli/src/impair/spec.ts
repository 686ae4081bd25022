/** vde_impair: its option table. */
import { HELP, VERSION, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'vde_impair',
  summary: 'put a bad link in the way of a cable, an interface or a switch port that is running',
  synopsis: ['', 'TARGET', 'TARGET [in|out] WORD...', 'TARGET off'],
  description: [
    'TARGET is the process id of a cable of this user (vde_plug, vdens, vde_plug2tap, vde_pcapplug, wirefilter), behind it /NAME where ' +
    'it has several interfaces, or SWITCH[PORT] of one of his switches. WORDs are those of impair:// in vnl(7); they change what they ' +
    'name and leave the rest. Without a TARGET cables are listed, without WORDs what the bad link has done is told.'
  ],
  options: [HELP, VERSION],
  stopAtOperand: true,
  unknown: 'refuse',
  exit: {
    usage: 2,
    help: 0,
    statuses: [['0', 'done, or told'], ['1', 'there is no such cable, or a word is wrong: nothing is changed'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}
