/** vdens: the command. */
import type { Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { planOf } from './plan.ts'
import { Session } from './session.ts'

export const run = async (program: Program, parsed: Parsed): Promise<void> => {
  await new Session(program, planOf(parsed, process.env)).run()
}
