/** vdenet: finds the command, reads its words, runs it. */
import { nearest } from '@vde-ts/vnl'
import { UsageError, helpText, parse, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { checkOperands, visibleOf } from '../subcommand.ts'
import { COMMANDS, spec, specOf } from './spec.ts'
import { applyCommand, checkCommand, confirmCommand, planCommand, rollbackCommand, tryCommand } from './change.ts'
import { captureCommand, cpCommand, execCommand, logsCommand, shellCommand } from './inside.ts'
import { cleanCommand, linkCommand, listCommand, statusCommand, stopCommand, watchCommand } from './control.ts'
import { daemonCommand } from './daemon.ts'
import { doctorCommand } from './doctor.ts'
import { graphCommand } from './graph.ts'
import { importCommand } from './import.ts'
import { moveCommand, radioCommand } from './radio.ts'
import { testCommand } from './test.ts'

/** A command's own part: its answer is the status to end with. */
type Command = (program: Program, parsed: Parsed) => Promise<number> | number

const TABLE: Readonly<Record<string, Command>> = {
  apply: applyCommand,
  plan: planCommand,
  try: tryCommand,
  confirm: confirmCommand,
  rollback: rollbackCommand,
  check: checkCommand,
  status: statusCommand,
  list: listCommand,
  watch: watchCommand,
  exec: execCommand,
  shell: shellCommand,
  cp: cpCommand,
  logs: logsCommand,
  capture: captureCommand,
  link: linkCommand,
  move: moveCommand,
  radio: radioCommand,
  test: testCommand,
  graph: graphCommand,
  import: importCommand,
  doctor: doctorCommand,
  stop: stopCommand,
  clean: cleanCommand,
  daemon: daemonCommand
}

/** @throws {UsageError} no such command, or not its words */
export const run = async (program: Program, outer: Parsed): Promise<void> => {
  const [name = '', ...words] = outer.operands
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) throw unknown(name)
  const lab = outer.values.text('lab')
  const parsed = parse(specOf(command), [...(lab === undefined ? [] : ['--lab', lab]), ...words])
  if (parsed.values.has('help')) {
    print(helpText(specOf(command)))
    program.exit(0)
  }
  checkOperands(spec, command, parsed.operands)
  program.exit(await TABLE[name]!(program, parsed))
}

const unknown = (name: string): UsageError => {
  const names = visibleOf(COMMANDS).map((one) => one.name)
  const near = nearest(name, names)
  const hint = near === null ? `one of ${names.join(', ')} is wanted` : `is "${near}" meant?`
  return new UsageError(`Cannot read the command line: ${name === '' ? 'no command' : `command "${name}"`} found, ${hint}`)
}
