/** vdenet test: applies a file, tries its `expect` lines in their order, stops it. */
import type { Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { connectDaemon } from './connect.ts'
import { Examiner, type Outcome } from './expect.ts'
import { junit } from './junit.ts'
import { readNetwork } from './network-file.ts'
import { save } from './save.ts'

/** vdenet test FILE */
export const testCommand = async (_program: Program, { values, operands }: Parsed): Promise<number> => {
  const { model, file, fileDir } = readNetwork(operands[0]!, values.text('host'))
  const client = await connectDaemon()
  const wasRunning = (await client.ask({ op: 'list' })).some(({ name }) => name === model.name)
  await client.ask({ op: 'apply', model, file, fileDir, trialMs: null })
  const examiner = new Examiner(model, async (node) => await client.ask({ op: 'where', lab: model.name, node }))
  const outcomes: Outcome[] = []
  for (const one of model.expect) {
    const outcome = await examiner.examine(one)
    outcomes.push(outcome)
    print(outcome.failure === null ? `ok      ${outcome.text}\n` : `FAILED  ${outcome.text}: ${outcome.failure}\n`)
  }
  if (!wasRunning && !values.has('keep') && await client.ask({ op: 'stop', lab: model.name })) await client.ended
  const report = values.text('junit')
  if (report !== undefined) save(report, junit(model.name, outcomes))
  const failed = outcomes.filter(({ failure }) => failure !== null).length
  print(`${model.name}: ${outcomes.length - failed} of ${outcomes.length} hold\n`)
  return failed === 0 ? 0 : 1
}
