/** vdenet: its commands and their options. The first operand is the command; each takes some of the options. */
import { HELP, VERSION, type CommandSpec, type Option } from '../command.ts'
import { overviewOf, subcommandSpec, type Subcommand } from '../subcommand.ts'

/** The commands, in the order of help. */
export const COMMANDS: readonly Subcommand[] = [
  { name: 'apply', synopsis: 'FILE|PLAN', help: 'make the network of FILE run, or change what runs into it; or carry out a plan that was saved', options: ['json', 'host'], operands: [1, 1] },
  { name: 'plan', synopsis: 'FILE', help: 'say what apply would do', options: ['json', 'write', 'host'], operands: [1, 1] },
  { name: 'try', synopsis: 'FILE', help: 'apply that comes back by itself, unless confirmed', options: ['timeout', 'host'], operands: [1, 1] },
  { name: 'confirm', synopsis: '', help: 'keep what is being tried', options: [], operands: [0, 0] },
  { name: 'rollback', synopsis: '', help: 'go back to the network before the last apply', options: [], operands: [0, 0] },
  { name: 'check', synopsis: 'FILE', help: 'say what is wrong with FILE', options: ['host'], operands: [1, 1] },
  { name: 'status', synopsis: '', help: 'show what runs, and what does not any more', options: ['json'], operands: [0, 0] },
  { name: 'list', synopsis: '', help: 'show the networks that run', options: ['json'], operands: [0, 0] },
  { name: 'watch', synopsis: '', help: 'show what happens, as it happens', options: ['json'], operands: [0, 0] },
  { name: 'exec', synopsis: 'NODE COMMAND [ARGUMENT...]', help: 'run a command in a node', options: [], operands: [2, Infinity], stopAtOperand: true },
  { name: 'shell', synopsis: 'NODE', help: 'a shell in a node', options: [], operands: [1, 1] },
  { name: 'cp', synopsis: '[NODE:]PATH [NODE:]PATH', help: 'copy a file into a node, or out of one', options: [], operands: [2, 2] },
  { name: 'logs', synopsis: '[NODE]', help: 'show what the programs of the network have printed', options: ['follow'], operands: [0, 1] },
  {
    name: 'capture',
    synopsis: 'NODE:IF|LINK [FILTER]',
    help: 'record the frames of an interface, or of the first end of a link',
    options: ['write'],
    operands: [1, Infinity]
  },
  {
    name: 'link',
    synopsis: 'LINK [WORD...] | NODE NODE down|up',
    help: 'impair a link for now: down, delay=20ms; no word: as new; or all that is between two nodes',
    options: [],
    operands: [1, Infinity]
  },
  { name: 'move', synopsis: 'NODE X,Y', help: 'move a node on its radios, for now', options: [], operands: [2, 2], stopAtOperand: true },
  { name: 'radio', synopsis: 'show [RADIO]', help: 'show who hears whom on radios, and how well', options: ['json'], operands: [1, 2] },
  { name: 'test', synopsis: 'FILE', help: 'apply FILE, see whether its expect lines hold, and stop it', options: ['junit', 'keep', 'host'], operands: [1, 1] },
  { name: 'graph', synopsis: 'FILE', help: 'draw the network of FILE', options: ['write', 'dot'], operands: [1, 1] },
  { name: 'import', synopsis: 'kathara DIR', help: 'make a network file of a lab of Kathará', options: ['write'], operands: [2, 2] },
  { name: 'doctor', synopsis: '', help: 'say what this machine lacks, and the command that gives it', options: [], operands: [0, 0] },
  { name: 'stop', synopsis: '', help: 'end a network', options: [], operands: [0, 0] },
  { name: 'clean', synopsis: '', help: 'end every network, and remove whatever is left of any', options: [], operands: [0, 0] },
  { name: 'daemon', synopsis: '', help: 'what the others start when they need it', options: [], operands: [0, 0], hidden: true }
]

const LAB: Option = { name: 'lab', short: 'l', value: 'NAME', help: 'Which network, where several run' }

const OPTIONS: readonly Option[] = [
  LAB,
  { name: 'json', help: 'Print for programs (apply, plan, status, list, watch, radio)' },
  { name: 'timeout', short: 't', value: 'SECONDS', help: 'Time to confirm, of try (default 60)' },
  { name: 'host', value: 'NAME,...', help: 'Hosts of the file that this machine is (default: those that have one of its addresses)' },
  { name: 'follow', short: 'f', help: 'Go on as more is printed (logs)' },
  { name: 'write', short: 'w', value: 'FILE', help: 'Where to write (capture, graph, import; default standard output); of plan: save it for apply' },
  { name: 'junit', value: 'FILE', help: 'Write the results of test for programs that read JUnit' },
  { name: 'keep', help: 'Leave the network running after test' },
  { name: 'dot', help: 'Print what Graphviz reads in place of a picture (graph)' },
  HELP,
  VERSION
]

/** The command as a whole. */
export const spec: CommandSpec = {
  name: 'vdenet',
  summary: 'networks declared in a file, running as an ordinary user',
  ...overviewOf(COMMANDS),
  options: OPTIONS,
  stopAtOperand: true,
  unknown: 'refuse',
  exit: {
    usage: 2,
    help: 0,
    statuses: [
      ['0', 'done; of plan: nothing to do; of exec and shell: as the command'],
      ['1', 'the file is wrong, or the network could not be made: it is as it was before'],
      ['2', 'of plan: there is something to do; else the command line is wrong']
    ]
  },
  singleDashLong: false
}

/** The table that one command's words are read with. */
export const specOf = (command: Subcommand): CommandSpec => subcommandSpec(spec, command, [LAB.name])
