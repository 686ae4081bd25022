/** mwcli: MiniWorld's commands and their options. Options of the whole stand before the command, as in the original. */
import { HELP, VERSION, type CommandSpec, type Option } from '../command.ts'
import { overviewOf, subcommandSpec, type Subcommand } from '../subcommand.ts'

const INFO = ['json']

/** The commands, in the order of help. */
export const COMMANDS: readonly Subcommand[] = [
  {
    name: 'start',
    synopsis: 'FILE',
    help: 'start the scenario of FILE; nothing is linked before the first step',
    options: ['nodes', 'auto-stepping', 'custom-scenario', 'force-snapshot', 'clear-cache', 'p', 'config'],
    operands: [1, 1]
  },
  { name: 'step', synopsis: '[N]', help: 'make N steps (default 1)', options: [], operands: [0, 1] },
  { name: 'stop', synopsis: '', help: 'end the scenario', options: [], operands: [0, 0] },
  {
    name: 'exec',
    synopsis: 'COMMAND...',
    help: 'run a command of the shell in all nodes, or in one',
    options: ['node-id', 'validate', 'timeout'],
    operands: [1, Infinity],
    stopAtOperand: true
  },
  { name: 'shell', synopsis: 'ID', help: 'a shell in a node', options: [], operands: [1, 1] },
  { name: 'ping', synopsis: '', help: 'say pong', options: [], operands: [0, 0] },
  { name: 'logs', synopsis: 'boot ID', help: 'what the commands of the scenario have printed in a node', options: [], operands: [2, 2] },
  {
    name: 'info',
    synopsis: 'connections|links|distances|bridges|scenario|addr|server',
    help: 'show what is linked, how well, how far; bridges and who is on them; the scenario; servers, of which there is one',
    options: ['interfaces', 'node-id', ...INFO],
    operands: [1, 1]
  },
  { name: 'loop', synopsis: '', help: 'what start -as leaves behind', options: [], operands: [0, 0], hidden: true }
]

const OPTIONS: readonly Option[] = [
  { name: 'addr', value: 'HOST', help: 'Of the server; only this machine is offered' },
  { name: 'no-check', aliases: ['nc'], help: 'Do not say first that the steps of start -as have failed' },
  { name: 'distributed', help: 'For several servers, which are not offered' },
  { name: 'nodes', value: 'KIND', help: 'What nodes are (start): namespace; image and boot keys are ignored then' },
  { name: 'auto-stepping', aliases: ['as'], help: 'Step once per time step (start); returns after the first' },
  { name: 'custom-scenario', aliases: ['cs'], value: 'JSON', help: 'Lay JSON over the file, key by key (start)' },
  { name: 'force-snapshot', aliases: ['fs'], help: 'Accepted: namespaces are not booted (start)' },
  { name: 'clear-cache', aliases: ['cc'], help: 'Accepted, as in the original (start)', hidden: true },
  { name: 'p', short: 'p', help: 'Accepted, as in the original (start)', hidden: true },
  { name: 'config', short: 'c', value: 'FILE', help: 'Global configuration (start; default MW_CONFIG, config.json)' },
  { name: 'node-id', aliases: ['ni'], value: 'ID', help: 'One node (exec, info)' },
  { name: 'validate', short: 'v', help: 'A status other than 0 is an error (exec)' },
  { name: 'timeout', short: 't', value: 'SEC', help: 'End the command after so long (exec; default 5)' },
  { name: 'interfaces', aliases: ['ii'], help: 'Show the classes of interfaces (info links)' },
  { name: 'json', help: 'Print for programs: pairs, numbers, both directions (info)' },
  HELP,
  VERSION
]

const GLOBAL = ['addr', 'no-check', 'distributed']

/** The command as a whole. */
export const spec: CommandSpec = {
  name: 'mwcli',
  summary: "MiniWorld's scenarios, running as an ordinary user",
  ...overviewOf(COMMANDS),
  options: OPTIONS,
  stopAtOperand: true,
  unknown: 'refuse',
  exit: {
    usage: 2,
    help: 0,
    statuses: [
      ['0', 'done; of shell: as the shell'],
      ['1', 'the scenario is wrong, or something failed; a failed start leaves nothing behind'],
      ['2', 'the command line is wrong']
    ]
  },
  singleDashLong: true
}

/** The table that one command's words are read with. */
export const specOf = (command: Subcommand): CommandSpec => subcommandSpec(spec, command, GLOBAL)
