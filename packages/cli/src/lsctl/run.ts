/** lsctl: a script from a file, from standard input, or line by line on a terminal. */
import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileError } from '@vde-ts/link/socket-file.js'
import { Lsctl, isComplete, type Outcome } from '@vde-ts/lsctl'
import type { Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { writeAll } from '../stderr.ts'
import { outsideOf } from './outside.ts'
import { realiseOf } from './realise.ts'

export const run = async (program: Program, { values, operands }: Parsed): Promise<void> => {
  const [file, ...argv] = operands
  const out = (text: string): void => { print(`${text}\n`) }
  const isPlan = values.has('plan')
  const origin = file === undefined ? program.name : resolve(file)
  const outside = outsideOf(out, (text) => { writeAll(2, `${program.name}: ${text}\n`) }, realiseOf(isPlan, origin, out), isPlan)
  const lsctl = new Lsctl(outside, { argv0: file ?? program.name, argv, env: process.env })
  if (file === undefined && process.stdin.isTTY) return interactive(program, lsctl, out)
  // A script beside another names it relative to where the command runs, as in tclsh.
  const outcome = await lsctl.run(file === undefined ? readInput('/dev/stdin') : readInput(file))
  if (!outcome.ok) failed(program, basename(file ?? 'standard input'), outcome)
  program.exit(outcome.ok ? 0 : 1)
}

/** @throws {VdeError} it cannot be read */
const readInput = (file: string): string => {
  try {
    return readFileSync(file === '/dev/stdin' ? 0 : file, 'utf8')
  } catch (error) { throw fileError(error, `read "${file}"`) }
}

const failed = (program: Program, what: string, { message }: Extract<Outcome, { ok: false }>): void => {
  for (const line of message.split('\n')) program.log(`${what}: ${line}`)
}

/** Commands as they are typed; one that fails is no end. */
const interactive = (program: Program, lsctl: Lsctl, out: (text: string) => void): void => {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '% ' })
  let text = ''
  let work = Promise.resolve()
  const obey = async (script: string): Promise<void> => {
    const outcome = await lsctl.run(script)
    if (!outcome.ok) failed(program, 'error', outcome)
    else if (outcome.value !== '') out(outcome.value)
    lines.prompt()
  }
  lines.on('line', (line) => {
    text += `${line}\n`
    if (!isComplete(text)) return
    const script = text
    text = ''
    work = work.then(async () => { await obey(script) })
  })
  lines.on('close', () => { void work.then(() => program.exit(0)) })
  lines.prompt()
}
