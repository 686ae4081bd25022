/** vde_top: its option table. */
import { HELP, VERSION, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'vde_top',
  summary: 'what the ports of running switches carry, lose and hold, in a full screen',
  synopsis: ['[OPTIONS] SOCKET...'],
  description: [
    'SOCKET is the management socket of a switch, as given to vde_switch -M.',
    'Keys: s sorts by the next column, r turns the order round, / filters by what follows up to Enter, a shows idle ports ' +
    'too, p pauses, + and - change the interval, q ends.'
  ],
  options: [
    { name: 'delay', short: 'd', value: 'SECONDS', help: 'Time between two looks, 0.1 to 3600 (default 1)' },
    { name: 'sort', short: 's', value: 'COLUMN', help: 'Column to sort by: port, in, out, lost, queue or addresses (default port)' },
    { name: 'filter', short: 'f', value: 'TEXT', help: 'Show ports only whose switch, number or endpoints have TEXT in them' },
    { name: 'all', short: 'a', help: 'Show idle ports too' },
    { name: 'once', short: '1', help: 'Look twice, print the screen as text, and end; needs no terminal' },
    { name: 'json', help: 'Print a line of JSON for each look in place of a screen; needs no terminal' },
    HELP,
    VERSION
  ],
  stopAtOperand: false,
  unknown: 'refuse',
  exit: {
    usage: 2,
    help: 0,
    statuses: [['0', 'ended by q, SIGTERM, or after --once'], ['1', 'no switch answers, or there is no terminal'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}
