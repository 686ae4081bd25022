/** mwcli: commands in nodes. */
import { readFileSync } from 'node:fs'
import { LAB_NAME } from '@vde-ts/miniworld'
import { VdeError } from '@vde-ts/link/errors.js'
import { UsageError, type Parsed } from '../command.ts'
import { ExitError, type Program } from '../run.ts'
import { print } from '../stdout.ts'
import { connectDaemon } from '../vdenet/connect.ts'
import { needDaemon } from '../vdenet/control.ts'
import { shellCommand as shellIn } from '../vdenet/inside.ts'
import { checkedNode } from './info.ts'
import { eachOf, runInNode, said } from './node.ts'
import { asLine, bootLog, emulationOf, needScene } from './scene.ts'

const TIMEOUT_SEC = 5

/** mwcli exec COMMAND: prints what one node said, or for all of them a map of node and text. */
export const execCommand = async (_program: Program, { values, operands }: Parsed): Promise<number> => {
  const timeout = Number(values.text('timeout') ?? TIMEOUT_SEC)
  if (!(timeout > 0 && timeout <= 1e6)) throw new UsageError('Cannot read -t: want seconds, more than 0')
  const emulation = asLine(() => emulationOf(needScene()))
  const one = values.text('node-id')
  const ids = one === undefined ? emulation.network.nodes.map(({ id }) => id) : [checkedNode(emulation, one)]
  const client = await needDaemon()
  const line = operands.join(' ')
  const results = await eachOf(ids, async (id) => ({ id, ...await runInNode(client, id, line, timeout * 1000) }))
  const late = results.filter(({ code }) => code === null)
  if (late.length > 0) throw new VdeError('ETIMEDOUT', `run "${line}"`, `no end after ${timeout} s in node ${late.map(({ id }) => id).join(', ')}`)
  const failed = values.has('validate') ? results.filter(({ code }) => code !== 0) : []
  if (failed.length > 0) {
    throw new ExitError(1, `Cannot run "${line}": ${failed.map(({ id, code, out }) => `in node ${id} it ended with ${code}${said(out)}`).join('; ')}`)
  }
  print(one === undefined ? `${JSON.stringify(Object.fromEntries(results.map(({ id, out }) => [id, out])), null, 4)}\n` : results[0]!.out)
  return 0
}

/** mwcli shell ID */
export const shellCommand = async (program: Program, { operands: [id = ''], ...parsed }: Parsed): Promise<number> => {
  const node = checkedNode(asLine(() => emulationOf(needScene())), id)
  const values = { has: () => true, text: () => LAB_NAME, list: () => [LAB_NAME] }
  return await shellIn(program, { ...parsed, values, operands: [String(node)] })
}

/** mwcli ping: whether the server lives. It is started by whoever asks, so it does. */
export const pingCommand = async (): Promise<number> => {
  await connectDaemon()
  print('pong\n')
  return 0
}

/** mwcli logs boot ID */
export const logsCommand = (_program: Program, { operands: [what, id = ''] }: Parsed): number => {
  if (what !== 'boot') throw new UsageError(`Cannot show the logs "${what}": want boot`)
  const node = checkedNode(asLine(() => emulationOf(needScene())), id)
  try {
    print(readFileSync(bootLog(node), 'utf8'))
  } catch (error) {
    // Nothing was run in it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return 0
}
