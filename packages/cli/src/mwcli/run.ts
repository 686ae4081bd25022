/** mwcli: finds the command, reads its words, runs it. */
import { nearestHint } from '@vde-ts/vnl/nearest.js'
import { UsageError, helpText, parse, type Parsed, type Values } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { checkOperands, visibleOf } from '../subcommand.ts'
import { COMMANDS, spec, specOf } from './spec.ts'
import { execCommand, logsCommand, pingCommand, shellCommand } from './inside.ts'
import { infoCommand } from './info.ts'
import { loopCommand } from './loop.ts'
import { startCommand, stopCommand } from './start.ts'
import { refuseFailed } from './scene.ts'
import { stepCommand } from './step.ts'

/** A command's own part: its answer is the status to end with. */
type Command = (program: Program, parsed: Parsed) => Promise<number> | number

const TABLE: Readonly<Record<string, Command>> = {
  start: startCommand,
  step: stepCommand,
  stop: stopCommand,
  exec: execCommand,
  shell: shellCommand,
  ping: pingCommand,
  logs: logsCommand,
  info: infoCommand,
  loop: loopCommand
}
/** Commands that do not ask first whether the steps of a loop have failed: they end it, or are it. */
const UNCHECKED = ['start', 'stop', 'ping', 'loop']

/** @throws {UsageError} no such command, or not its words */
export const run = async (program: Program, outer: Parsed): Promise<void> => {
  const [name = '', ...words] = outer.operands
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) throw unknown(name)
  const parsed = parse(specOf(command), words)
  if (parsed.values.has('help')) {
    print(helpText(specOf(command)))
    program.exit(0)
  }
  checkGlobal(outer.values)
  checkGlobal(parsed.values)
  checkOperands(spec, command, parsed.operands)
  const isUnchecked = UNCHECKED.includes(name) || outer.values.has('no-check') || parsed.values.has('no-check')
  if (!isUnchecked) refuseFailed()
  program.exit(await TABLE[name]!(program, parsed))
}

const checkGlobal = (values: Values): void => {
  if (values.has('distributed')) throw new UsageError('Cannot run on several servers: --distributed is not offered, want one machine')
  const addr = values.text('addr') ?? 'localhost'
  if (!['localhost', '127.0.0.1', '::1'].includes(addr)) throw new UsageError(`Cannot reach "${addr}": only this machine is offered, want 127.0.0.1`)
}

const unknown = (name: string): UsageError => {
  const names = visibleOf(COMMANDS).map((one) => one.name)
  const what = name === '' ? 'no command' : `command "${name}"`
  return new UsageError(`Cannot read the command line: ${what} found, ${nearestHint(name, names) ?? `one of ${names.join(', ')} is wanted`}`)
}
