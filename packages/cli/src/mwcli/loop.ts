/**
 * mwcli: what start -as leaves behind: a process that makes a step each time step, until the scenario is stopped. A step that
 * takes longer is told of, and the next begins at once; what was missed is not made up for. A step that fails ends it, and the
 * next command says why.
 */
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { environment } from '@vde-ts/link/child.js'
import { errnoName, VdeError } from '@vde-ts/link/errors.js'
import { LAB_NAME, type Emulation } from '@vde-ts/miniworld'
import { native } from '@vde-ts/native'
import type { Program } from '../run.ts'
import { findDaemon } from '../vdenet/connect.ts'
import { emulationOf, findScene, saveScene, sceneDir } from './scene.ts'
import { makeStep } from './step.ts'

/** Starts the process. What it has to say is in `steps.log`, beside the scenario. @throws {VdeError} it cannot be started */
export const startLoop = (): void => {
  const log = openSync(join(sceneDir(), 'steps.log'), 'a', 0o600)
  const argv = [process.execPath, ...process.execArgv, process.argv[1]!, 'loop']
  const started = native.spawn({ file: process.execPath, argv, env: environment(), fds: [-1, log, log], cwd: '/', pgid: 0 })
  closeSync(log)
  if ('step' in started) throw new VdeError(errnoName(started.errno), 'start the steps', `${started.step}: ${native.strerror(started.errno)}`)
  native.close(started.pidfd)
}

/** mwcli loop */
export const loopCommand = async (program: Program): Promise<number> => {
  native.setsid()
  for (const signal of ['SIGHUP', 'SIGINT'] as const) program.onSignal(signal, () => {})
  const client = await findDaemon()
  if (client === null) return 0
  let isOver = false
  let wake = (): void => {}
  const over = (): void => { isOver = true; wake() }
  await client.watch(({ lab, event }) => { if (lab === LAB_NAME && event === 'stopped') over() })
  void client.ended.then(over)
  let emulation: Emulation | null = null
  for (let due = performance.now(); ;) {
    const scene = findScene()
    if (isOver || scene === null) return 0
    due += scene.config.timeStep * 1000
    const restMs = due - performance.now()
    if (restMs > 0) await new Promise<void>((resolve) => { wake = resolve; setTimeout(resolve, restMs) })
    else due = performance.now()
    const before = isOver ? null : findScene()
    if (before === null) return 0
    const begun = performance.now()
    try {
      // Somebody may have made a step by hand.
      if (emulation?.progress.step !== before.progress.step) emulation = emulationOf(before)
      await makeStep(client, before, emulation, (line) => { program.log(line) })
    } catch (error) {
      // The end of the scenario is no failure.
      const left = findScene()
      if (isOver || left === null) return 0
      saveScene({ ...left, failure: (error as Error).message })
      throw error
    }
    const tookSec = (performance.now() - begun) / 1000
    if (tookSec > before.config.timeStep) program.log(`step ${before.progress.step + 1} took ${tookSec.toFixed(2)} s, longer than the time step of ${before.config.timeStep} s`)
  }
}
