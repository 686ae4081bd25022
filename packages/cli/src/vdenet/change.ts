/** vdenet: commands that change what runs, or say what would change. */
import type { DaemonClient } from '@vde-ts/lab/daemon/client.js'
import { diff, emptyModel, interruptedOf, planJson, planStatus, planText, summaryOf, type Plan } from '@vde-ts/model'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { connectDaemon, findDaemon } from './connect.ts'
import { needDaemon } from './control.ts'
import { readNetwork } from './network-file.ts'
import { save } from './save.ts'
import { readSaved, savedText, type SavedPlan } from './saved-plan.ts'

const TRIAL_SEC = 60

/** vdenet apply FILE|PLAN */
export const applyCommand = async (_program: Program, { values, operands }: Parsed): Promise<number> => {
  const path = operands[0]!
  const saved = readSaved(path)
  const { plan, name } = saved === null ? await applied(path, values.text('host'), null) : await carried(saved)
  print(values.has('json') ? planJson(plan) : `${name}: ${sentence(plan)}\n`)
  return 0
}

/** vdenet try FILE */
export const tryCommand = async (_program: Program, { values, operands }: Parsed): Promise<number> => {
  const seconds = Number(values.text('timeout') ?? TRIAL_SEC)
  if (!(seconds > 0 && seconds <= 86_400)) throw new UsageError('Cannot read --timeout: want seconds, more than 0 and at most 86400')
  const { plan, name } = await applied(operands[0]!, values.text('host'), seconds * 1000)
  print(`${name}: ${sentence(plan)}\nIt goes back in ${seconds} s, unless you say: vdenet confirm --lab ${name}\n`)
  return 0
}

const applied = async (
  path: string, hosts: string | undefined, trialMs: number | null
): Promise<{ readonly plan: Plan, readonly name: string }> => {
  const { model, file, fileDir } = readNetwork(path, hosts)
  const client = await connectDaemon()
  const plan = await client.ask({ op: 'apply', model, file, fileDir, trialMs })
  return { plan, name: model.name }
}

/** A plan that was saved: carried out if what runs is still what it was made for. */
const carried = async ({ plan, file, fileDir }: SavedPlan): Promise<{ readonly plan: Plan, readonly name: string }> =>
  ({ plan: await (await connectDaemon()).ask({ op: 'carry', plan, file, fileDir }), name: plan.to })

/** What was done, for people. */
const sentence = (plan: Plan): string => {
  if (plan.steps.length === 0) return 'nothing to do'
  const { create, change, replug, delete: gone } = summaryOf(plan)
  const parts = [[create, 'created'], [change, 'changed in place'], [replug, 'replugged'], [gone, 'deleted']] as const
  const lost = interruptedOf(plan)
  const done = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`).join(', ')
  return lost.length === 0 ? done : `${done}; interrupted: ${lost.join(', ')}`
}

/** vdenet plan FILE */
export const planCommand = async (_program: Program, { values, operands }: Parsed): Promise<number> => {
  const { model, file, fileDir } = readNetwork(operands[0]!, values.text('host'))
  const client = await findDaemon()
  const plan = client === null ? diff(emptyModel(model.name), model) : await client.ask({ op: 'plan', model })
  const path = values.text('write')
  if (path !== undefined) save(path, savedText({ plan, file, fileDir }))
  print(values.has('json') ? planJson(plan) : planText(plan))
  return planStatus(plan)
}

/** vdenet check FILE */
export const checkCommand = (_program: Program, { values, operands }: Parsed): number => {
  readNetwork(operands[0]!, values.text('host'))
  return 0
}

/** vdenet rollback */
export const rollbackCommand = async (_program: Program, parsed: Parsed): Promise<number> => {
  const [client, lab] = await chosen(parsed)
  print(`${sentence(await client.ask({ op: 'rollback', lab }))}\n`)
  return 0
}

/** vdenet confirm */
export const confirmCommand = async (_program: Program, parsed: Parsed): Promise<number> => {
  const [client, lab] = await chosen(parsed)
  await client.ask({ op: 'confirm', lab })
  return 0
}

const chosen = async ({ values }: Parsed): Promise<readonly [DaemonClient, string | null]> =>
  [await needDaemon(), values.text('lab') ?? null]
