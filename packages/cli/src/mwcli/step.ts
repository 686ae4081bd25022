/**
 * mwcli: a step is made, and put into effect.
 *
 *     Emulation.step() -- no change --> done: no work, no check, no hook
 *                      -- changes ----> the lab changes, at once --> new links are checked --> the hook is told
 *                      -- the first --> commands of the nodes, once all that is done
 *
 * How far the scenario has come is remembered when the lab has changed: a check that fails takes nothing back.
 */
import type { DaemonClient } from '@vde-ts/lab/daemon/client.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { addressTowards, checkOf, labModel, type Emulation, type StepResult } from '@vde-ts/miniworld'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { needDaemon } from '../vdenet/control.ts'
import { allCommands, runCommands } from './commands.ts'
import { callHook } from './hook.ts'
import { eachOf, runInNode, said } from './node.ts'
import { asLine, emulationOf, needScene, recorder, saveScene, type SceneState } from './scene.ts'

const MOST_STEPS = 1_000_000

/** mwcli step [N] */
export const stepCommand = async (program: Program, { operands: [count = '1'] }: Parsed): Promise<number> => {
  if (!/^[1-9]\d{0,6}$/.test(count) || Number(count) > MOST_STEPS) {
    throw new UsageError(`Cannot make ${count} steps: want a number of 1 to ${MOST_STEPS}`)
  }
  let state = needScene()
  const client = await needDaemon()
  const emulation = asLine(() => emulationOf(state))
  for (let i = 0; i < Number(count); i++) state = await makeStep(client, state, emulation, (line) => { program.log(line) })
  return 0
}

/**
 * Makes the next step.
 * @param emulation of the same state; it goes on with it
 * @returns how far the scenario is then
 * @throws {VdeError} what failed; the links are as they should be
 */
export const makeStep = async (
  client: DaemonClient, state: SceneState, emulation: Emulation, log: (line: string) => void
): Promise<SceneState> => {
  const marksBefore = state.progress.marks
  const isFirst = state.progress.step === 0
  const { progress, changes, opened } = emulation.step()
  const now = { ...state, progress }
  if (changes.length > 0) {
    await client.ask({ op: 'apply', model: labModel(emulation), file: state.name, fileDir: state.dir, trialMs: null })
  }
  saveScene(now)
  if (changes.length > 0) {
    await checkLinks(client, emulation, opened)
    await callHook(emulation, state.dir, marksBefore, changes, log)
  }
  if (!isFirst) return now
  const commands = allCommands(emulation.scenario, 'post_network_start', recorder(state.dir, { ...state.files }))
  await runCommands(client, commands, log)
  return now
}

/** Every new link is asked for an answer: wired both ways. @throws {VdeError} EHOSTUNREACH naming pairs and addresses */
const checkLinks = async (client: DaemonClient, emulation: Emulation, opened: StepResult['opened']): Promise<void> => {
  const check = checkOf(emulation.scenario)
  if (check === null) return
  const { network } = emulation
  const pairs = opened.flatMap(([a, b]) => network.mode === 'multi' ? [[a, b], [b, a]] as const : [[a, b]] as const)
  const failures = await eachOf(pairs, async ([from, to]) => {
    const address = addressTowards(network, to, from)
    if (address === null) return null
    const { code, out } = await runInNode(client, from, check.command(address), check.timeoutSec * 1000)
    if (code === 0) return null
    return `${from} does not reach ${to} at ${address}${code === null ? ` in ${check.timeoutSec} s` : said(out)}`
  })
  const wrong = failures.filter((one) => one !== null)
  if (wrong.length > 0) throw new VdeError('EHOSTUNREACH', 'check the new links', wrong.join('; '))
}
