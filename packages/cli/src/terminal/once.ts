/**
 * unixcmd, vdecmd: one command, its data on standard output, its status as exit status.
 *
 * The original held every conversation by a script, and the script it came with always ended with 255. Here the protocol
 * is built in, and a script is followed only when one is named.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { ConsoleClient, type Reply } from '@vde-ts/console/client.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { UsageError, helpText, type Parsed } from '../command.ts'
import { ExitError, type Program } from '../run.ts'
import { Output } from './output.ts'
import { converse } from './utm-run.ts'
import { parseScript } from './utm.ts'

const FAILED = 255

export const run = async (program: Program, { values, operands, rest }: Parsed): Promise<void> => {
  const output = new Output(1)
  const words = [...operands, ...rest]
  if (words.length === 0) {
    await output.write(helpText(program.spec))
    program.exit(FAILED)
  }
  const path = values.text('sock') ?? `/var/run/${ownName()}`
  const trace = values.has('verbose') ? (text: string) => { void output.write(`${text}\n`) } : () => {}
  const script = values.text('rcfile')
  if (script === undefined) program.exit(await ask(program, path, words.join(' '), output, trace))
  const said = await converse(parseScript(readScript(script)), path, words, trace)
  await output.write(said.output)
  program.exit(said.status)
}

/** The name it was called by: a link called `vdecmd` talks to another socket. */
const ownName = (): string => basename(process.argv[1] ?? 'unixcmd').replace(/\.[cm]?[jt]s$/, '')

const readScript = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ExitError(FAILED, (error as Error).message, { cause: error })
  }
}

/** @returns the exit status. @throws {ExitError} no console, or it went away */
const ask = async (
  program: Program, path: string, line: string, output: Output, trace: (text: string) => void
): Promise<number> => {
  if (line.includes('\n')) throw new UsageError('Cannot send the command: it has more than one line')
  let reply: Reply
  let reason: string | null
  try {
    const client = await ConsoleClient.connect(path)
    trace(`connected to ${path}, prompt "${client.prompt}"`)
    trace(`send "${line}"`)
    reply = await client.command(line)
    reason = await client.reason(reply)
    client.close()
  } catch (error) {
    if (error instanceof VdeError) throw new ExitError(FAILED, error.message, { cause: error })
    throw error
  }
  trace(`status ${reply.code} "${reply.text}"`)
  await output.write(reply.lines.map((text) => `${text}\n`).join(''))
  if (reply.code > 0) program.log([line, reply.text, ...reason === null ? [] : [reason]].join(': '))
  return Math.max(reply.code, 0)
}
