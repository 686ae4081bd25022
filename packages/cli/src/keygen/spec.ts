/** vde_keygen: its option table. */
import { HELP, VERSION, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'vde_keygen',
  summary: 'make keys for encrypted cables',
  synopsis: ['FILE', '--public FILE', '--psk FILE'],
  description: [
    'Makes a secret key in FILE, which only its owner may read, and prints the public key that belongs to it: that is for the ' +
    'VNL of the other end. FILE must not exist yet.'
  ],
  options: [
    { name: 'public', short: 'p', help: 'Make nothing: print the public key of the secret one in FILE' },
    { name: 'psk', short: 's', help: 'Make a secret that both ends share, for psk=FILE; nothing is printed' },
    HELP,
    VERSION
  ],
  stopAtOperand: false,
  unknown: 'refuse',
  exit: {
    usage: 2,
    help: 0,
    statuses: [['0', 'done'], ['1', 'the file cannot be made or read, or others may read it'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}
