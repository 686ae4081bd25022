/** Programs whose first operand is a command, each of which takes some of the options: what their tables have in common. */
import { UsageError, type CommandSpec } from './command.ts'

/** One command. */
export interface Subcommand {
  readonly name: string
  /** What follows the name. */
  readonly synopsis: string
  readonly help: string
  /** Names of the options it takes, besides `--help` and those of the whole. */
  readonly options: readonly string[]
  /** Fewest and most operands; Infinity: any number. */
  readonly operands: readonly [number, number]
  /** Its first operand ends the options: what follows is a command line of its own. */
  readonly stopAtOperand?: boolean
  /** For programs: not in help texts. */
  readonly hidden?: boolean
}

/** The commands that help texts show. */
export const visibleOf = (commands: readonly Subcommand[]): Subcommand[] => commands.filter(({ hidden }) => hidden !== true)

/** What the table of the program as a whole has of its commands. */
export const overviewOf = (commands: readonly Subcommand[]): Required<Pick<CommandSpec, 'synopsis' | 'description' | 'operands'>> => {
  const visible = visibleOf(commands)
  return {
    synopsis: visible.map(({ name, synopsis, options }) => `${name} ${options.length === 0 ? '' : '[OPTIONS] '}${synopsis}`.trimEnd()),
    description: visible.map(({ name, help }) => `${name}: ${help}`),
    operands: [visible.map(({ name }) => name)]
  }
}

/** The table that one command's words are read with. `global`: options of the whole that may also stand behind it. */
export const subcommandSpec = (whole: CommandSpec, command: Subcommand, global: readonly string[]): CommandSpec => ({
  ...whole,
  name: `${whole.name} ${command.name}`,
  summary: command.help,
  synopsis: [command.synopsis],
  description: [],
  options: whole.options.filter(({ name }) => command.options.includes(name) || global.includes(name) || name === 'help'),
  stopAtOperand: command.stopAtOperand ?? false
})

/** @throws {UsageError} there are too few operands, or too many */
export const checkOperands = ({ name: program }: CommandSpec, command: Subcommand, operands: readonly string[]): void => {
  const { name, synopsis, operands: [fewest, most] } = command
  if (operands.length >= fewest && operands.length <= most) return
  const wanted = synopsis === '' ? 'none is wanted' : `want ${synopsis}`
  throw new UsageError(`Cannot read the words of "${program} ${name}": ${operands.length} found, ${wanted}`)
}
