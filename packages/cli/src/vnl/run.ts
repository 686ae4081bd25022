/** vnl: explain, list, completion, and complete, which the shells call. */
import { listSchemes, loadSchemes } from '@vde-ts/schemes'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { specs } from '../specs.ts'
import { print } from '../stdout.ts'
import { complete, completionScript, type Vocabulary } from './completion.ts'
import { explain, explainText, type ExplainedVnl } from './explain.ts'

export const run = async (program: Program, { values, operands }: Parsed): Promise<void> => {
  const [what = '', ...args] = operands
  print(`${await answer(program, what, args, values.has('json'))}\n`)
  program.exit(0)
}

const answer = async (program: Program, what: string, args: readonly string[], isJson: boolean): Promise<string> => {
  switch (what) {
    case 'explain': return explained(await explain(only(args, 'the VNL')), isJson)
    case 'list': return await listed(program, isJson)
    case 'completion': return completionScript(shellOf(only(args, 'bash or zsh')), await vocabulary())
    case 'complete': return complete(args, await vocabulary()).join('\n')
    default: throw new UsageError(`Cannot read the command line: ${what === '' ? 'no word' : `"${what}"`} found, explain, list or completion wanted`)
  }
}

const explained = (vnl: ExplainedVnl, isJson: boolean): string => isJson ? JSON.stringify(vnl) : explainText(vnl)

const listed = async (program: Program, isJson: boolean): Promise<string> => {
  for (const { message } of await loadSchemes()) program.log(message)
  const schemes = listSchemes().map(({ name, summary, style, params }) => ({ name, summary, style, params }))
    .sort((a, b) => a.name < b.name ? -1 : 1)
  return isJson ? JSON.stringify(schemes) : schemes.map(({ name, summary }) => `${`${name}://`.padEnd(18)} ${summary}`).join('\n')
}

/** A package that cannot be loaded is no news while somebody types. */
const vocabulary = async (): Promise<Vocabulary> => {
  await loadSchemes()
  return { commands: specs, schemes: listSchemes() }
}

const only = (args: readonly string[], what: string): string => {
  const [first] = args
  if (first !== undefined && args.length === 1) return first
  throw new UsageError(`Cannot read the command line: ${args.length} words found, ${what} wanted`)
}

const shellOf = (name: string): 'bash' | 'zsh' => {
  if (name === 'bash' || name === 'zsh') return name
  throw new UsageError(`Cannot complete in "${name}": bash or zsh wanted`)
}
