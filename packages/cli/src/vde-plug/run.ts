import type { Parsed } from '../command.ts'
import type { Program } from '../run.ts'

export const run = (program: Program, parsed: Parsed): void => { program.log(String(parsed.operands.length)); program.ready() }
