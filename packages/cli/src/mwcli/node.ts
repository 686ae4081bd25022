/** Commands in nodes, whose output is wanted: written to a file, so that a command may print as much as it likes. */
import { closeSync, openSync, readFileSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { NodeControl } from '@vde-ts/lab/node/control.js'
import { RunningNode } from '@vde-ts/lab/node/node.js'
import { NODE_ENV } from '@vde-ts/lab/realm/settle.js'
import type { DaemonClient } from '@vde-ts/lab/daemon/client.js'
import { LAB_NAME } from '@vde-ts/miniworld'
import { sceneDir } from './scene.ts'

/** What a command printed and how it ended; `code` null: it took too long and was ended. */
export interface Ran {
  readonly code: number | null
  readonly out: string
}

let serial = 0

/** Runs a line of the shell in a node. @param timeoutMs null: as long as it takes. @throws {VdeError} there is no such node */
export const runInNode = async (client: DaemonClient, id: number, line: string, timeoutMs: number | null): Promise<Ran> => {
  const name = String(id)
  const { socket, cwd } = await client.ask({ op: 'where', lab: LAB_NAME, node: name })
  const path = join(sceneDir(), `out-${process.pid}-${++serial}`)
  const [writer, reader] = [openSync(path, 'wx', 0o600), openSync(path, 'r')]
  unlinkSync(path)
  const node = new RunningNode(name, NodeControl.connect(socket, name))
  let timer: NodeJS.Timeout | null = null
  let isLate = false
  try {
    const child = node.run({ command: ['sh', '-c', line], cwd, fds: [-1, writer, writer], env: NODE_ENV, pgid: 0 })
    if (timeoutMs !== null) timer = setTimeout(() => { isLate = true; endGroup(child.pid) }, timeoutMs)
    const { code } = await child.exited
    return { code: isLate ? null : code, out: readFileSync(reader, 'utf8') }
  } finally {
    if (timer !== null) clearTimeout(timer)
    closeSync(writer)
    closeSync(reader)
    node.close()
  }
}

/** The shell and what it has started: its process group. */
const endGroup = (pid: number): void => {
  try { process.kill(-pid, 'SIGKILL') } catch { /* it has just ended */ }
}

const TOGETHER = 16

/** Does something for each of many, so many at a time; the answers are in their order. @throws the first error of a round */
export const eachOf = async <T, R>(list: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = []
  for (let at = 0; at < list.length; at += TOGETHER) {
    const part = await Promise.allSettled(list.slice(at, at + TOGETHER).map(work))
    for (const one of part) {
      if (one.status === 'rejected') throw one.reason
      results.push(one.value)
    }
  }
  return results
}

/** The last line of what was printed, for the end of a message. */
export const said = (text: string): string => {
  const line = text.trim().split('\n').at(-1) ?? ''
  return line === '' ? '' : `: ${line}`
}
