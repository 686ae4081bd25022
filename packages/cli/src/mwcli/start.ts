/** mwcli: a scenario begins, and ends. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DaemonClient } from '@vde-ts/lab/daemon/client.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { fileError } from '@vde-ts/link/socket-file.js'
import {
  Emulation, LAB_NAME, checkOf, labModel, readConfig, readScenario, START, USUAL_CONFIG, type Config, type Scenario
} from '@vde-ts/miniworld'
import type { Program } from '../run.ts'
import { UsageError, type Parsed, type Values } from '../command.ts'
import { connectDaemon, findDaemon } from '../vdenet/connect.ts'
import { allCommands, runCommands, type Commands } from './commands.ts'
import { startLoop } from './loop.ts'
import { asLine, emulationOf, findScene, recorder, saveScene, type SceneState } from './scene.ts'
import { makeStep } from './step.ts'

/** mwcli start FILE */
export const startCommand = async (program: Program, { values, operands }: Parsed): Promise<number> => {
  const { state, emulation, commands, notes } = prepare(operands[0]!, values)
  const client = await connectDaemon()
  await refuseSecond(client, emulation.scenario.name)
  for (const line of notes) program.log(line)
  await client.ask({ op: 'apply', model: labModel(emulation), file: resolve(operands[0]!), fileDir: state.dir, trialMs: null })
  try {
    saveScene(state)
    await runCommands(client, commands, (line) => { program.log(line) })
    if (!values.has('auto-stepping')) return 0
    await makeStep(client, state, emulation, (line) => { program.log(line) })
    startLoop()
  } catch (error) {
    // All of it or nothing.
    await endLab(client)
    throw error
  }
  return 0
}

interface Prepared {
  readonly state: SceneState
  readonly emulation: Emulation
  /** Before the network, by node. */
  readonly commands: Commands
  /** What the user may not have meant, a line each. */
  readonly notes: readonly string[]
}

/** Reads everything that a start needs: whatever is wrong is said before anything is done. */
const prepare = (path: string, values: Values): Prepared => {
  const name = path
  const dir = dirname(resolve(path))
  const text = textOf(path)
  const change = values.text('custom-scenario') ?? null
  const files: Record<string, string> = {}
  const read = recorder(dir, files)
  return asLine(() => {
    const config = configOf(values)
    const scenario = readScenario({ name, text }, change)
    const ignored = ignoredKeys(scenario, values.text('nodes'))
    const emulation = new Emulation(scenario, config, read)
    checkOf(scenario)
    const commands = allCommands(scenario, 'pre_network_start', read)
    // Read now, for what is wrong with them, and so that they are remembered.
    allCommands(scenario, 'post_network_start', read)
    const state: SceneState = { version: 1, name, text, dir, change, config, files, progress: START, failure: null }
    return { state, emulation, commands, notes: [...ignored, ...emulation.notes] }
  })
}

const textOf = (path: string): string => {
  try { return readFileSync(path, 'utf8') } catch (error) { throw fileError(error, `read "${path}"`) }
}

const configOf = (values: Values): Config => {
  const named = values.text('config') ?? process.env['MW_CONFIG']
  if (named === undefined && !existsSync('config.json')) return USUAL_CONFIG
  const path = named ?? 'config.json'
  return readConfig({ name: path, text: textOf(path) })
}

const BOOT_KEYS = [
  'provisioning.image', 'provisioning.overlay_images', 'provisioning.regex_shell_prompt', 'provisioning.regex_boot_completed', 'qemu'
]

const ignoredKeys = (scenario: Scenario, kind: string | undefined): string[] => {
  const hint = 'or start it with --nodes namespace, which needs none'
  if (kind === undefined) {
    if (scenario.at('provisioning.image') === null) throw scenario.wrong('provisioning.image', 'no image', `one to boot; ${hint}`)
    throw scenario.wrong('provisioning.image', 'an image to boot', 'nodes that are not booted here: --nodes namespace')
  }
  if (kind !== 'namespace') throw new UsageError(`Cannot start nodes of the kind "${kind}": want --nodes namespace`)
  const ignored = BOOT_KEYS.filter((path) => scenario.at(path) !== null)
  return ignored.length === 0 ? [] : [`nodes are namespaces: ${ignored.join(', ')} ignored`]
}

const refuseSecond = async (client: DaemonClient, name: string): Promise<void> => {
  const labs = await client.ask({ op: 'list' })
  if (!labs.some((lab) => lab.name === LAB_NAME)) return
  const running = findScene()
  const found = running === null ? 'another one' : `"${asLine(() => emulationOf(running)).scenario.name}"`
  throw new VdeError('EEXIST', `start "${name}"`, `scenario ${found} runs, stop it first: mwcli stop`)
}

const endLab = async (client: DaemonClient): Promise<void> => {
  const isLast = await client.ask({ op: 'stop', lab: LAB_NAME })
  // So that nothing is left when we have ended.
  if (isLast) await client.ended
}

/** mwcli stop */
export const stopCommand = async (): Promise<number> => {
  const client = await findDaemon()
  const labs = client === null ? [] : await client.ask({ op: 'list' })
  if (client === null || !labs.some((lab) => lab.name === LAB_NAME)) throw new VdeError('ENOENT', 'stop the scenario', 'none runs')
  await endLab(client)
  return 0
}
