/** vnl: its option table. */
import { HELP, VERSION, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'vnl',
  summary: 'say what a VNL means, and what schemes there are',
  synopsis: ['explain [--json] VNL', 'list [--json]', 'completion bash|zsh'],
  description: [
    'explain opens nothing: it reads the VNL as every command does, follows the default network and indirect files, and ' +
    'prints each part with its parameters. completion prints lines for a shell\'s start-up file, by which the commands of ' +
    'this suite complete their options, schemes and parameters.'
  ],
  options: [
    { name: 'json', help: 'Print for programs: one JSON value' },
    HELP,
    VERSION
  ],
  operands: [['explain', 'list', 'completion'], 'vnl'],
  stopAtOperand: false,
  unknown: 'refuse',
  exit: {
    usage: 2,
    help: 0,
    statuses: [['0', 'done'], ['1', 'the VNL cannot be read, or names an unknown scheme'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}
