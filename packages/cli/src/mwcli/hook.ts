/**
 * The hook of a scenario, outside of the nodes, after each step that changed something: its working directory is its folder, its
 * one argument the names of the bridges that are new, parted by blanks (perhaps none), its standard input what has changed:
 *
 *     {"step":1,"bridges":["br_00001_00002"],"changes":[{"action":"open","from":1,"to":2,"quality":"rate=10mbit"},...]}
 */
import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { environment, startChild } from '@vde-ts/link/child.js'
import { bridgeName, qualityText, type Emulation, type StepResult } from '@vde-ts/miniworld'
import { sceneDir } from './scene.ts'

const PATH = 'network.backend.event_hook_script'

/** A hook that fails is told of and no more: the step is made. */
export const callHook = async (
  emulation: Emulation, dir: string, marksBefore: Readonly<Record<string, number>>, changes: StepResult['changes'], log: (line: string) => void
): Promise<void> => {
  const path = emulation.scenario.look<string>(PATH)
  if (path === null) return
  const file = resolve(dir, path)
  const { step, marks } = emulation.progress
  const isWired = emulation.network.mode === 'multi'
  const bridges = Object.keys(marks).filter((pair) => isWired && !Object.hasOwn(marksBefore, pair)).map((pair) => {
    const [a, b] = pair.split(',').map(Number) as [number, number]
    return bridgeName(a, b)
  })
  const told = changes.map((change) => ({
    action: change.action, from: Number(change.from), to: Number(change.to), ...(change.action === 'close' ? {} : { quality: qualityText(change.quality) })
  }))
  const input = join(sceneDir(), `hook-${process.pid}`)
  writeFileSync(input, `${JSON.stringify({ step, bridges, changes: told })}\n`, { mode: 0o600 })
  const fd = openSync(input, 'r')
  unlinkSync(input)
  try {
    const child = startChild({ file, argv: [basename(file), bridges.join(' ')], env: environment(), fds: [fd, 2, 2], cwd: dirname(file), pgid: -1 })
    const { code } = await child.exited
    if (code !== 0) log(`the hook "${path}" ended with ${code}`)
  } catch (error) {
    log((error as Error).message)
  } finally { closeSync(fd) }
}
