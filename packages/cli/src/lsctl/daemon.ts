/** lsctld: see server.ts. */
import { resolve } from 'node:path'
import { Lsctl } from '@vde-ts/lsctl'
import { UsageError, type Parsed } from '../command.ts'
import { writePidFile } from '../pidfile.ts'
import type { Program } from '../run.ts'
import { outsideOf } from './outside.ts'
import { realiseOf } from './realise.ts'
import { serve } from './server.ts'

export const run = async (program: Program, { values, operands }: Parsed): Promise<void> => {
  const path = values.text('socket')
  const pidFile = values.text('pidfile')
  if (path === undefined || operands.length > 0) throw new UsageError('Cannot read the command line: want -s SOCKET, and that alone')
  const isBoth = values.has('foreground') && pidFile !== undefined
  if (isBoth) throw new UsageError('Cannot read the command line: found -p and -f, want one of them')
  // Whoever's turn it is gets what the interpreter prints.
  let write: (line: string) => void = () => {}
  const out = (text: string): void => { write(text) }
  const isPlan = values.has('plan')
  const outside = outsideOf(out, out, realiseOf(isPlan, program.name, out), isPlan)
  const lsctl = new Lsctl(outside, { argv0: program.name, argv: [], env: process.env })
  const stop = await serve(resolve(path), async (script, answer) => {
    write = answer
    return await lsctl.run(script)
  })
  program.cleanup.add(stop)
  if (pidFile !== undefined) program.cleanup.add(writePidFile(pidFile, `${process.pid}\n`, 'replace', program.name))
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) program.onSignal(signal, () => { program.exit(0) })
  program.ready()
}
